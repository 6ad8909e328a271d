"""`[crawl] profile = "discreet"`: what sites are told, and how a crawl behaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_server import serving

from archive.collection import Collection
from archive.errors import ConfigError
from archive.warc import read_records
from crawler.config import Config, load_config, read_config
from crawler.runner import _Asked, _jobs, run_crawl
from spiders.definition import SiteDefinition

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
OPERATOR = '[operator]\nname = "N. N."\nmail = "nn@archive.example"\n'
DISCREET = f'{OPERATOR}[crawl]\nprofile = "discreet"\nuser-agent = "{AGENT}"\naccept-language = "ru,en;q=0.5"\n'


def config(text: str) -> Config:
    return read_config(text.encode())


def test_it_needs_a_user_agent_that_is_not_ours() -> None:
    with pytest.raises(ConfigError, match=r'line 2: profile = "discreet" needs user-agent'):
        config('[crawl]\nprofile = "discreet"\n')


def test_pauses_are_longer_and_less_regular_and_requests_one_at_a_time() -> None:
    policy = config(DISCREET + "connections = 40\nconnections-per-host = 4\n").crawl

    assert (policy.delay, policy.jitter, policy.connections, policy.per_host) == (10.0, 2.0, 1, 1)
    assert config(DISCREET + "delay = 60\n").crawl.delay == 60.0
    assert config(OPERATOR).crawl.jitter == 0.5


def test_one_process_fetches(tmp_path: Path) -> None:
    sites = tuple(SiteDefinition(name, (f"http://{name}.example/",)) for name in ("a", "b", "c"))
    asked = _Asked(sites, None, None, None, fresh=False, reading=False)

    (job,) = _jobs(config(DISCREET + "fetch-processes = 3\n"), asked, "crawl", tmp_path)

    assert (job.agent, job.mail, job.sites) == (AGENT, "", sites)


def test_no_request_and_no_record_about_it_names_khronika_or_the_operators_address(tmp_path: Path) -> None:
    with serving({"/": '<a href="/a">a</a>', "/a": "a page"}) as server, Collection.create(tmp_path / "c", "") as kept:
        kept.config_path.write_text(DISCREET)
        site = SiteDefinition("ledger", (server.url(),))
        run_crawl(kept, load_config(kept.config_path), sites=[site], delay=0, reading=False)
        assert server.paths == ["/robots.txt", "/", "/a"]
        (warc,) = kept.archive_folder.glob("*.warc.gz")
        requests = [record.block.read() for record in read_records(warc) if record.type == "request"]
        warcinfo = next(iter(read_records(warc))).block.read()

        for asked in server.asked:
            assert asked.header("From") is None
            assert asked.header("User-Agent") == AGENT
            assert asked.header("Accept-Language") == "ru,en;q=0.5"
    assert len(requests) == 3
    for request in requests:
        assert b"hronika" not in request
        assert b"archive.example" not in request
    assert f"http-header-user-agent: {AGENT}\r\n".encode() in warcinfo
    assert b"http-header-from" not in warcinfo
