"""A whole crawl of 32 hosts at once, robots.txt and redirects and all: every octet that their servers sent is kept.

The behaviours are those of `test_conformance`, as far as a crawl asks for them: it sends GET alone, and has one limit
for all.
"""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from archive_samples import collection as new_collection
from conformance_behaviours import BEHAVIOURS
from conformance_records import Stored, digest_of, read_warcs
from conformance_server import ConformanceServer, Seen

from archive.check import check_file
from crawler.config import load_config
from crawler.policy import CrawlPolicy
from crawler.runner import run_crawl
from spiders.definition import SiteDefinition

HOSTS = 32
POLICY = CrawlPolicy(connections=HOSTS, retries=0, timeout_connect=20, timeout_head=4, timeout_body=4, dedup=False)
ASKED = {name: one for name, one in BEHAVIOURS.items() if one.method == "GET" and one.limits != "small"}


def the_wire(servers: list[ConformanceServer]) -> dict[str, list[Seen]]:
    """What was asked for, by address, over all servers."""
    return {server.url(path): seen for server in servers for path, seen in server.seen.items()}


def test_a_crawl_of_many_hosts_keeps_every_octet(tmp_path: Path) -> None:
    collection = new_collection(tmp_path)
    config = replace(load_config(collection.config_path), crawl=POLICY)
    names = random.Random(5).sample(sorted(ASKED), len(ASKED))
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(ConformanceServer(ASKED)) for _ in range(HOSTS)]
        sites = [
            SiteDefinition(
                name=f"site-{n}",
                start=tuple(server.url(f"/{name}/0") for name in names[n::HOSTS]),
                follow=False,
            )
            for n, server in enumerate(servers)
        ]
        summary = run_crawl(collection, config, sites=sites, reading=False)
    stored, twice, agree = read_warcs(collection.archive_folder)
    wire = the_wire(servers)

    assert summary.reason == "finished"
    assert [str(finding) for path in collection.archive_folder.iterdir() for finding in check_file(path)] == []
    assert (twice, agree) == ([], True)
    assert set(stored) == set(wire)
    for url, seen in wire.items():
        assert_kept(url, seen, stored[url])
        [capture] = collection.catalogue.captures_of(url)
        expected = ASKED.get(urlsplit(url).path.split("/")[1])
        if expected is not None:
            assert (capture.outcome, capture.truncated) == (expected.outcome, expected.truncated)
            if expected.payload is not None and not expected.trickles:
                assert capture.payload_digest == digest_of(expected.payload)
                if capture.truncated is None:
                    assert collection.payload(capture).head.status == expected.status
    paths = Counter(urlsplit(url).path for url in wire)
    assert paths["/robots.txt"] == HOSTS
    assert paths["/elsewhere"] > 0
    assert {path.split("/")[1] for path in paths} >= ASKED.keys()
    collection.close()


def assert_kept(url: str, seen: list[Seen], stored: Stored) -> None:
    """Request and response of an address are those of the server; before them only kept connections that were dead."""
    assert all(earlier.turn > 0 and not earlier.response for earlier in seen[:-1]), url
    assert stored.blocks["request"] == seen[-1].request
    sent = bytes(seen[-1].response)
    kept = stored.blocks.get("response", stored.blocks.get("resource", b""))
    expected = ASKED.get(urlsplit(url).path.split("/")[1])
    if expected is None or expected.kept == "all":
        assert kept == sent, url
    else:
        assert sent.startswith(kept), url
        assert len(kept) >= expected.least
