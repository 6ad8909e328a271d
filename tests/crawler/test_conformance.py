"""Every octet, over every way to a server, whatever the server does: 32 exchanges at a time, one collection each way.

Held against each other are what the server received and sent (`conformance_server`), what the WARC holds (read by
FastWARC and by our own reader), what was expected (`conformance_behaviours`), and what the standard library's HTTP
client reads in the same octets.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
import itertools
import random
import ssl
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import trustme
import urllib3
import uvloop
from archive_samples import collection as new_collection
from conformance_behaviours import (
    BEHAVIOURS,
    LATE,
    SMALL_BODY,
    SMALL_HEAD,
    SPIDER_LIMIT,
    SPLITS,
    TOO_LATE,
    Behaviour,
    Limits,
)
from conformance_records import Stored, digest_of, read_warcs
from conformance_server import AbsoluteProxy, ConformanceServer, Seen
from proxy_server import ProxyServer
from scrapy import Request
from scrapy.http import Response, TextResponse

from archive.capture import Capture
from archive.check import check_file
from archive.collection import Collection
from archive.errors import KhronikaError
from archive.exchange import Exchange, Occasion
from archive.writer import Writer
from crawler.route import Route, parse_proxy
from crawler.wire import FetchFailed, WireHandler
from crawler.wire_client import WireClient, WireLimits

TOGETHER = 32
HOST = "pages.example"
REST = 0.5
"""Seconds between two waves, in which late octets come in."""

PATIENT = WireLimits(connect=30, head=60, body=60, idle=60)
LIMITS: dict[Limits, WireLimits] = {
    "patient": PATIENT,
    "hasty": replace(PATIENT, head=1.5, body=1.5, idle=1.2),
    "small": replace(PATIENT, max_size=SMALL_BODY, head_size=SMALL_HEAD),
}


class Storing:
    """The session of a crawl as far as the handler needs one, over the real writer."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def store(self, exchange: Exchange, occasion: Occasion) -> Capture:
        return await asyncio.wrap_future(self._writer.store(exchange, occasion))

    def give_up(self, error: KhronikaError) -> None:
        raise error


@dataclass(frozen=True)
class Way:
    """A way to a server: what is started for it, and what the client is told."""

    secured: bool = False
    address: str = "127.0.0.1"
    host: str | None = None
    """The name to ask for; None: the address."""
    proxy: str | None = None
    vantage: str = "direct"
    loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    repetitions: int = 2


WAYS = {
    "plain": Way(repetitions=3),
    "tls": Way(secured=True, repetitions=3),
    "plain on asyncio": Way(loop=asyncio.new_event_loop),
    "tls on asyncio": Way(secured=True, loop=asyncio.new_event_loop),
    "ipv6": Way(address="::1"),
    "http proxy": Way(host=HOST, proxy="http", vantage="http proxy"),
    "connect proxy": Way(host=HOST, proxy="http", secured=True, vantage="connect proxy"),
    "socks5 proxy": Way(host=HOST, proxy="socks5", vantage="socks5 proxy"),
    "socks5 proxy and tls": Way(host=HOST, proxy="socks5", secured=True, vantage="socks5 proxy"),
}


@dataclass
class Result:
    """What became of one request, told from three sides."""

    name: str
    url: str
    seen: list[Seen]
    """As the server saw it: more than once where a kept connection was found dead."""
    stored: Stored
    capture: Capture
    response: Response | None
    error: FetchFailed | None


@dataclass
class Crowd:
    """All exchanges of one way, made 32 at a time."""

    way: Way
    results: dict[str, list[Result]]
    """By name of the behaviour."""
    collection: Collection
    connections: int
    requests: int
    stored_twice: list[str]
    unasked: set[str]
    """Addresses in the WARC that nobody asked for."""
    readers_agree: bool
    findings: list[str]


def certificate(authority: trustme.CA) -> ssl.SSLContext:
    """A server's context, with a chain of three certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2", "http/1.1"])
    authority.create_child_ca().create_child_ca().issue_cert(HOST, "127.0.0.1").configure_cert(context)
    return context


@contextlib.contextmanager
def proxied(way: Way) -> Iterator[Route]:
    """The proxy of a way, while it is used."""
    names = {HOST: way.address}
    if way.proxy is None:
        yield Route()
    elif way.proxy == "http" and not way.secured:
        with AbsoluteProxy(names) as forwarder:
            yield Route(parse_proxy(f"http://{forwarder.host}:{forwarder.port}"))
        assert all(head.split(b" ")[1].startswith(f"http://{HOST}:".encode()) for head in forwarder.asked)
    else:
        with ProxyServer(names) as proxy:
            yield Route(parse_proxy(proxy.url("http" if way.proxy == "http" else "socks5")))
        assert {(asked.kind, asked.host) for asked in proxy.asked} == {
            ("connect" if way.proxy == "http" else "socks5", HOST)
        }


Wanted = list[tuple[str, str, Behaviour]]
"""Name, path and behaviour of each request."""


def under(behaviour: Behaviour, way: Way) -> Behaviour:
    """What is expected of a behaviour on a way."""
    if way.secured:
        behaviour = replace(behaviour, **behaviour.tls)
    if way.vantage == "http proxy" and behaviour.outcome == "reset" and not behaviour.octets:
        # a proxy that forwards and says nothing has failed itself: what reached the server, nobody can say
        behaviour = replace(behaviour, outcome="proxy")
    return behaviour


async def fetch_all(
    server: ConformanceServer, way: Way, route: Route, writer: Writer, waves: Sequence[Wanted], together: int
) -> dict[str, tuple[Capture, Response | None, FetchFailed | None]]:
    """Ask for everything wanted, as Scrapy's downloader would, with a rest after each wave; by path."""
    session = Storing(writer)
    at_a_time = asyncio.Semaphore(together)
    handlers = {
        name: WireHandler(
            WireClient(limits), session, lambda _: Occasion("c1", "made-up"), spider_limit=SPIDER_LIMIT, route=route
        )
        for name, limits in LIMITS.items()
    }

    async def one(path: str, behaviour: Behaviour) -> tuple[Capture, Response | None, FetchFailed | None]:
        request = Request(
            server.url(path, host=way.host),
            method=behaviour.method,
            body=behaviour.sends,
            headers={"User-Agent": "conformance/1", "Accept": "*/*"},
        )
        async with at_a_time:
            try:
                response = await handlers[behaviour.limits].download_request(request)
            except FetchFailed as error:
                return error.capture, None, error
        return request.meta["capture"], response, None

    done = {}
    try:
        for wave in waves:
            outcomes = await asyncio.gather(*(one(path, behaviour) for _, path, behaviour in wave))
            done.update({path: outcome for (_, path, _), outcome in zip(wave, outcomes, strict=True)})
            if wave is not waves[-1]:
                await asyncio.sleep(REST)
    finally:
        for handler in handlers.values():
            await handler.close()
    return done


def crowd(
    way: Way,
    behaviours: Mapping[str, Behaviour],
    folder: Path,
    *,
    waves: Sequence[Sequence[str]] = (),
    together: int = TOGETHER,
) -> Crowd:
    """Meet behaviours, many at a time, and read back what was kept.

    `waves` are names of behaviours, in their order; without them each is met several times, and in no order.
    """
    if not waves:
        names = [name for name in behaviours for _ in range(way.repetitions)]
        random.Random(len(names)).shuffle(names)
        waves = [names]
    turns = itertools.count()
    wanted = [[(name, f"/{name}/{next(turns)}", under(behaviours[name], way)) for name in wave] for wave in waves]
    collection = new_collection(folder)
    tls = certificate(trustme.CA()) if way.secured else None
    with (
        ConformanceServer(behaviours, tls=tls, host=way.address) as server,
        proxied(way) as route,
        collection.writer() as writer,
        asyncio.Runner(loop_factory=way.loop) as runner,
    ):
        writer.begin_crawl("c1")
        done = runner.run(fetch_all(server, way, route, writer, wanted, together))
    stored, twice, agree = read_warcs(collection.archive_folder)
    results: dict[str, list[Result]] = defaultdict(list)
    for name, path, _ in itertools.chain.from_iterable(wanted):
        url = server.url(path, host=way.host)
        results[name].append(Result(name, url, server.seen[path], stored.pop(url, Stored()), *done[path]))
    return Crowd(
        way,
        results,
        collection,
        server.connections,
        sum(map(len, server.seen.values())),
        twice,
        set(stored),
        agree,
        [str(finding) for path in collection.archive_folder.iterdir() for finding in check_file(path)],
    )


CROWDS: dict[str, Crowd] = {}


@pytest.fixture
def crowd_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Crowd]:
    """The crowd of a way, made by the first test that asks for it."""

    def make(way: str) -> Crowd:
        if way not in CROWDS:
            CROWDS[way] = crowd(WAYS[way], BEHAVIOURS, tmp_path_factory.mktemp("way"))
        return CROWDS[way]

    return make


def assert_octets(result: Result, expected: Behaviour) -> bytes:
    """Requests and responses are those of the server; gives the stored response, whole head or not."""
    seen, stored = result.seen[-1], result.stored
    for earlier in result.seen[:-1]:
        assert (earlier.response, earlier.turn > 0) == (b"", True), "an answer that is nowhere"
        assert earlier.request == seen.request
    request = stored.blocks.get("request", b"")
    if expected.early:
        assert request.startswith(seen.request)
        assert len(request) > 1000
    elif expected.outcome == "proxy":
        assert request == b""
    else:
        assert request == seen.request
    assert ("response" in stored.blocks) == (expected.payload is not None or expected.trickles)
    assert ("resource" in stored.blocks) == (expected.payload is None and bool(expected.octets))
    response = stored.blocks.get("response", stored.blocks.get("resource", b""))
    if expected.kept == "all":
        assert not seen.left
        assert response == bytes(seen.response)
        assert response == expected.octets
    else:
        assert bytes(seen.response).startswith(response)
        assert expected.octets.startswith(response)
        assert expected.least <= len(response) <= (expected.most or len(seen.response))
    return response


def assert_record(result: Result, expected: Behaviour, response: bytes) -> None:
    """Digest of the payload, and what the record's fields and the capture say."""
    stored, capture = result.stored, result.capture
    assert (capture.outcome, capture.truncated) == (expected.outcome, expected.truncated)
    for kind, block in stored.blocks.items():
        assert stored.fields[kind]["warc-block-digest"] == digest_of(block)
    if "response" not in stored.blocks:
        assert capture.status is None
        return
    payload = response[response.index(b"\r\n\r\n") + 4 :] if expected.trickles else expected.payload
    assert payload is not None
    fields = stored.fields["response"]
    assert fields["warc-payload-digest"] == digest_of(payload)
    assert fields.get("warc-truncated") == expected.truncated
    assert (capture.status, capture.payload_digest) == (expected.status, digest_of(payload))
    assert capture.payload_length == len(payload)


def assert_page(result: Result, expected: Behaviour) -> None:
    """What a spider is given."""
    response = result.response
    if expected.payload is None and not expected.trickles:
        assert result.error is not None
        assert result.error.exchange_outcome == expected.outcome
        return
    assert response is not None
    assert response.status == expected.status
    assert tuple(response.flags) == expected.flags
    if not expected.trickles:
        assert response.body == (expected.payload if expected.body is None else expected.body)
    for name, values in expected.fields.items():
        assert response.headers.getlist(name) == values
    if expected.text is not None:
        assert isinstance(response, TextResponse)
        assert response.text == expected.text
    if expected.reference:
        status, headers, body = read_by_reference(expected)
        assert response.status == status
        assert response.body == body
        given = {name.lower(): values for name, values in response.headers.items() if name != b"Content-Encoding"}
        assert given == headers


class _Wire:
    """Octets as the standard library's client reads a socket."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._octets)


def read_by_reference(behaviour: Behaviour) -> tuple[int, dict[bytes, list[bytes]], bytes]:
    """Status, fields but Content-Encoding, and decoded body, as http.client and urllib3 read the same octets."""
    raw = http.client.HTTPResponse(_Wire(behaviour.octets), method=behaviour.method)  # type: ignore[arg-type]
    raw.begin()
    fields: dict[bytes, list[bytes]] = defaultdict(list)
    for name, value in raw.getheaders():
        if name.lower() != "content-encoding":
            fields[name.lower().encode("latin-1")].append(value.strip().encode("latin-1"))
    coded = urllib3.HTTPResponse(
        raw, raw.getheaders(), raw.status, request_method=behaviour.method, preload_content=False
    )
    return raw.status, dict(fields), coded.read(decode_content=True)


def assert_exact(crowd: Crowd, behaviours: Mapping[str, Behaviour]) -> None:
    """Every exchange of a crowd is as expected, and there is no other."""
    for name, results in crowd.results.items():
        expected = under(behaviours[name], crowd.way)
        for result in results:
            assert_record(result, expected, assert_octets(result, expected))
            assert_page(result, expected)
    assert_nothing_else(crowd)


def assert_nothing_else(crowd: Crowd) -> None:
    """One exchange for each request, sound records, and nothing that nobody asked for."""
    assert crowd.unasked == set()
    assert crowd.stored_twice == []
    assert crowd.readers_agree
    assert crowd.findings == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", BEHAVIOURS)
def test_every_octet_is_kept_and_read_right(crowd_of: Callable[[str], Crowd], name: str, way: str) -> None:
    crowd = crowd_of(way)
    expected = under(BEHAVIOURS[name], crowd.way)

    assert len(crowd.results[name]) == crowd.way.repetitions
    for result in crowd.results[name]:
        response = assert_octets(result, expected)
        assert_record(result, expected, response)
        assert_page(result, expected)
        assert result.capture.vantage == (None if crowd.way.proxy is None else crowd.way.vantage)
        assert (result.capture.certificate is not None) == crowd.way.secured


@pytest.mark.parametrize("way", WAYS)
def test_a_crowd_leaves_one_exchange_for_each_request_and_nothing_else(
    crowd_of: Callable[[str], Crowd], way: str
) -> None:
    crowd = crowd_of(way)

    assert_nothing_else(crowd)
    assert len(BEHAVIOURS) * crowd.way.repetitions <= crowd.requests
    # connections are kept, but never behind a proxy
    assert (crowd.connections < crowd.requests) == (crowd.way.proxy is None)


def test_there_are_more_than_a_hundred_behaviours_and_most_are_read_alike_by_another_client() -> None:
    assert len(BEHAVIOURS) >= 300
    assert len({behaviour.octets for behaviour in BEHAVIOURS.values()}) >= 250
    assert sum(behaviour.reference for behaviour in BEHAVIOURS.values()) >= 150


@pytest.mark.parametrize("way", ["plain", "tls", "http proxy", "plain on asyncio"])
def test_a_message_may_be_split_after_any_of_its_octets(tmp_path: Path, way: str) -> None:
    crowd_of_splits = crowd(replace(WAYS[way], repetitions=1), SPLITS, tmp_path)

    assert len(crowd_of_splits.results) == len(SPLITS) > 100
    assert_exact(crowd_of_splits, SPLITS)


STALE = [name for name, behaviour in BEHAVIOURS.items() if behaviour.stale is not None]


@pytest.mark.parametrize("way", ["plain", "tls"])
def test_a_kept_connection_that_is_dead_is_replaced_once_and_told_of(tmp_path: Path, way: str) -> None:
    met = crowd(WAYS[way], BEHAVIOURS, tmp_path, waves=[["length", *STALE]], together=1)

    assert_exact(met, BEHAVIOURS)
    assert len(STALE) == 3
    for name in STALE:
        [result] = met.results[name]
        assert [(seen.turn > 0, bool(seen.response)) for seen in result.seen] == [(True, False), (False, True)]


@pytest.mark.parametrize("way", ["plain", "tls", "http proxy", "socks5 proxy"])
def test_octets_that_come_late_are_in_no_other_exchange(tmp_path: Path, way: str) -> None:
    """They come when their exchange is over: it is stored without them, and its connection is used no more."""
    behaviours = {**TOO_LATE, "length": BEHAVIOURS["length"], "chunks": BEHAVIOURS["chunks"]}
    late, usual = list(TOO_LATE) * 8, ["length", "chunks"] * 8

    met = crowd(WAYS[way], behaviours, tmp_path, waves=[late, usual, late, usual])

    assert_exact(met, behaviours)
    for result in itertools.chain.from_iterable(met.results.values()):
        assert (LATE in result.stored.blocks["response"]) <= (result.name in TOO_LATE)
