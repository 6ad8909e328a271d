"""The wire client against servers of raw sockets: every octet that crossed the wire is in the exchange."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import resource
import socket
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from dns_server import DnsServer, Reply
from loops import run_on
from wire_server import Do, Pause, Repeat, Script, Turns, WireServer

from archive.digest import digest
from archive.errors import KhronikaError, StorageError
from archive.exchange import DnsAnswer, Exchange, Failure, Outcome
from archive.header import is_uri
from archive.spool import Spool
from crawler.resolver import LookUp
from crawler.wire_client import WireClient, WireLimits
from crawler.wire_message import WireRequest

T = TypeVar("T")

FAST = WireLimits(connect=5, head=5, body=10, idle=5)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return run_on("uvloop", coroutine)


MADE: list[Exchange] = []
"""Exchanges of the running test: they are its to close. One that nobody closes is an error of pytest's."""


@pytest.fixture(autouse=True)
def _close_exchanges() -> Iterator[None]:
    yield
    while MADE:
        MADE.pop().close()


class Client(WireClient):
    """A client whose exchanges are closed after the test."""

    async def fetch(self, request: WireRequest) -> Exchange:
        exchange = await super().fetch(request)
        MADE.append(exchange)
        return exchange


@contextlib.asynccontextmanager
async def a_client(limits: WireLimits = FAST, **wiring: Any) -> AsyncIterator[WireClient]:
    client = Client(limits, **wiring)
    try:
        yield client
    finally:
        await client.close()


def fetch_all(*requests: WireRequest | str, limits: WireLimits = FAST, **wiring: Any) -> list[Exchange]:
    """Fetch one after the other with one client."""

    async def fetch() -> list[Exchange]:
        async with a_client(limits, **wiring) as client:
            return [
                await client.fetch(WireRequest(request) if isinstance(request, str) else request)
                for request in requests
            ]

    return run(fetch())


def fetch(request: WireRequest | str, limits: WireLimits = FAST, **wiring: Any) -> Exchange:
    return fetch_all(request, limits=limits, **wiring)[0]


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that comes about, however long the machine takes."""
    while not true():
        await asyncio.sleep(0.01)


FAILURE_OF_CUT = {"disconnect": "reset-in-body", "time": "body-timeout", "length": "too-large"}


def facts_of(exchange: Exchange) -> tuple[str, str | None, str | None]:
    return exchange.outcome, exchange.stage, exchange.truncated


def assert_octets(server: WireServer, exchanges: Sequence[Exchange]) -> None:
    """Requests and responses equal what the server received and sent, in order, octet for octet."""
    assert [exchange.request.read() for exchange in exchanges] == [seen.request for seen in server.seen]
    assert [exchange.response.read() for exchange in exchanges] == [bytes(seen.response) for seen in server.seen]


# name: (script, payload, whether the connection can be used again)
HTTP = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HTTP + b"Transfer-Encoding: chunked\r\n"
GZIPPED = gzip.compress(b"a page", mtime=0)
RESPONSES: dict[str, tuple[Script, bytes, bool]] = {
    "plain": ([OK], b"ok", True),
    "empty": ([HTTP + b"Content-Length: 0\r\n\r\n"], b"", True),
    "head and body apart": (
        [HTTP + b"Content-Length: 4\r\n\r\n", Pause(0.02), b"bo", Pause(0.02), b"dy"],
        b"body",
        True,
    ),
    "octet by octet": ([octet.to_bytes() for octet in OK], b"ok", True),
    "no content": ([b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"], b"", True),
    "not modified": ([b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"], b"", True),
    "odd names": ([HTTP + b"x-ODD: 1\r\nSet-Cookie: a\r\nset-cookie: b\r\nCONTENT-length:2\r\n\r\nok"], b"ok", True),
    "odd reason": ([b"HTTP/1.1 299  So (so)\xe9 \r\nContent-Length: 2\r\n\r\nok"], b"ok", True),
    "no reason": ([b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"], b"ok", True),
    "bare LF": ([b"HTTP/1.1 200 OK\nContent-Length: 2\nX: y\n\nok"], b"ok", True),
    "mixed line ends": ([b"HTTP/1.1 200 OK\nContent-Length: 2\r\nX: y\n\r\nok"], b"ok", True),
    "folded": ([HTTP + b"X-Long: a\r\n b\r\n\tc\r\nContent-Length: 2\r\n\r\nok"], b"ok", True),
    "colon-less": ([HTTP + b"this is no field\r\nContent-Length: 2\r\n\r\nok"], b"ok", True),
    "latin-1": ([HTTP + b"X-Name: \xe9t\xe9\r\nContent-Length: 2\r\n\r\nok"], b"ok", True),
    "1xx": ([b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n", OK], b"ok", True),
    "chunked": (
        [HTTP + b"Transfer-Encoding: chunked\r\n\r\n", b"5;ext=1\r\nhello\r\n", b"1\r\n!\r\n0\r\nTrailer: t\r\n\r\n"],
        b"hello!",
        True,
    ),
    "chunked and a length": (
        [HTTP + b"Transfer-Encoding: Chunked\r\nContent-Length: 3\r\n\r\n2\r\nok\r\n0\r\n\r\n"],
        b"ok",
        True,
    ),
    "chunked in HTTP/1.0": (
        [b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"],
        b"ok",
        False,
    ),
    "chunked gzip": (
        [CHUNKED + b"Content-Encoding: gzip\r\n\r\n%x\r\n" % len(GZIPPED), GZIPPED, b"\r\n0\r\n\r\n"],
        GZIPPED,
        True,
    ),
    "until the end": ([HTTP + b"\r\nto the", b" end", Do.CLOSE], b"to the end", False),
    "HTTP/1.0": ([b"HTTP/1.0 200 OK\r\n\r\nold", Do.CLOSE], b"old", False),
    "HTTP/1.0 kept": ([b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 3\r\n\r\nold"], b"old", True),
    "close announced": ([HTTP + b"Connection: close\r\nContent-Length: 2\r\n\r\nok"], b"ok", False),
    "surplus": ([OK + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother"], b"ok", False),
    "surplus after chunks": ([HTTP + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n\r\n"], b"", False),
    "surplus after no content": ([b"HTTP/1.1 204 No Content\r\n\r\nbut yes"], b"", False),
    "equal lengths": ([HTTP + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok"], b"ok", True),
    "length that is none": ([HTTP + b"Content-Length: two\r\n\r\nok", Do.CLOSE], b"ok", False),
}


@pytest.mark.parametrize("name", RESPONSES)
def test_each_response_is_kept_octet_for_octet(name: str) -> None:
    script, payload, reusable = RESPONSES[name]
    with WireServer({"/": script, "/next": [OK]}) as server:
        first, second = exchanges = fetch_all(server.url(), server.url("/next"))

    assert_octets(server, exchanges)
    assert facts_of(first) == ("response", None, None)
    assert (first.error, first.failure, first.dns) == (None, None, None)
    assert (first.vantage, first.vantage_label) == ("direct", None)
    assert (first.payload_digest, first.payload_length) == (digest(payload), len(payload))
    assert (second.outcome, second.response.read()) == ("response", OK)
    assert server.connections == (1 if reusable else 2)


def test_an_exchange_says_what_was_measured() -> None:
    began, before = datetime.now(UTC), time.monotonic()
    with WireServer(
        {"/a": [HTTP + b"Content-Type: Text/HTML; charset=x\r\nContent-Length: 2\r\n\r\n", Pause(0.1), b"ok"]}
    ) as server:
        exchange = fetch(server.url("/a#part"))
        elapsed = time.monotonic() - before

    assert exchange.url == server.url("/a")
    assert (exchange.method, exchange.status, exchange.mime) == ("GET", 200, "text/html")
    assert exchange.response.read(exchange.head_length) == b"ok"
    assert began <= exchange.began_at <= datetime.now(UTC)
    assert exchange.began_at.utcoffset() == timedelta(0)
    # Half of the pause, because some machines' clock moves in steps and a timer may end one step early.
    assert 0.05 <= exchange.duration <= elapsed
    assert (exchange.peer, exchange.protocol, exchange.tls) == ("127.0.0.1", "http/1.1", None)


def test_the_clock_is_an_argument() -> None:
    then = datetime(2026, 11, 22, 3, 4, 5, 678901, UTC)
    with WireServer({"/": [OK]}) as server:
        assert fetch(server.url(), clock=lambda: then).began_at == then


def test_a_request_is_the_url_and_the_fields_as_given() -> None:
    request = "/p%7Eath/../x;y=1?q=%d0%b0&q=a+b&empty=?'(!)"
    headers = [
        (b"User-Agent", b"khronika/0"),
        (b"x-lower", b"\xe9t\xe9"),
        (b"Host", b"elsewhere"),
        (b"X-Lower", b"again"),
    ]
    with WireServer({"*": [OK]}) as server:
        exchange = fetch(WireRequest(server.url(f"{request}#fragment?"), headers=headers))

    assert exchange.request.read() == (
        f"GET {request} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUser-Agent: khronika/0\r\n".encode()
        + b"x-lower: \xe9t\xe9\r\nX-Lower: again\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\r\n"
    )
    assert_octets(server, [exchange])


def test_a_post_sends_its_body_with_its_length() -> None:
    big = bytes(range(256)) * 8192
    with WireServer({"*": [OK]}) as server:
        exchanges = fetch_all(
            WireRequest(server.url("/form"), "POST", [(b"Content-Type", b"text/plain")], b"a=b"),
            WireRequest(server.url("/form"), "POST"),
            WireRequest(server.url("/form"), "POST", body=big),
        )

    assert_octets(server, exchanges)
    assert exchanges[0].request.read().endswith(b"\r\nContent-Length: 3\r\n\r\na=b")
    assert exchanges[1].request.read().endswith(b"\r\nContent-Length: 0\r\n\r\n")
    assert exchanges[2].request.read().endswith(b"\r\n\r\n" + big)


def test_a_head_request_has_no_body_and_its_connection_is_kept() -> None:
    head = HTTP + b"Content-Length: 1000\r\nContent-Encoding: gzip\r\n\r\n"
    with WireServer({"/": [head], "/next": [OK]}) as server:
        first, second = exchanges = fetch_all(WireRequest(server.url(), "HEAD"), server.url("/next"))

    assert_octets(server, exchanges)
    assert (first.payload_length, first.head_length) == (0, len(head))
    assert (second.outcome, server.connections) == ("response", 1)


def test_connections_are_used_again_and_by_one_fetch_at_a_time() -> None:
    async def crowd(server: WireServer) -> list[Exchange]:
        async with a_client() as client:
            return [
                exchange
                for _ in range(4)
                for exchange in await asyncio.gather(
                    *(client.fetch(WireRequest(server.url(f"/{n}"))) for n in range(32))
                )
            ]

    bodies = {f"/{n}": HTTP + b"Content-Length: %d\r\n\r\n" % (n * 997) + bytes([n]) * (n * 997) for n in range(32)}
    scripts: dict[str, Script] = {path: [body[:40], Pause(0.005), body[40:]] for path, body in bodies.items()}
    with WireServer(scripts) as server:
        exchanges = run(crowd(server))

    assert len(server.seen) == 128
    assert server.connections == 32
    for exchange in exchanges:
        assert exchange.outcome is Outcome.RESPONSE
        assert exchange.response.read() == bodies["/" + exchange.url.rpartition("/")[2]]
    assert sorted(exchange.request.read() for exchange in exchanges) == sorted(seen.request for seen in server.seen)


@pytest.mark.parametrize("ending", [Do.CLOSE, Do.RESET])
def test_a_kept_connection_that_died_is_replaced_and_the_exchange_says_so(ending: Do) -> None:
    """The server closes when the second request comes: by then the client has no way to know."""
    with WireServer({"/": [OK], "/next": Turns([ending], [OK])}) as server:
        exchanges = fetch_all(server.url(), server.url("/next"))

    assert [facts_of(exchange) for exchange in exchanges] == [("response", None, None)] * 2
    assert [seen.connection for seen in server.seen] == [0, 0, 1]
    assert exchanges[1].response.read() == OK
    assert [exchange.sent_before for exchange in exchanges] == [None, len(server.seen[1].request)]


def test_a_dead_connection_is_retried_once_only() -> None:
    with WireServer({"/": [OK], "/next": [Do.RESET]}) as server:
        exchange = fetch_all(server.url(), server.url("/next"))[1]

    assert facts_of(exchange) == ("reset", "head", None)
    assert len(server.seen) == 3


def test_no_exchange_holds_octets_of_another() -> None:
    """Every way for a message to end, in any order, 32 at a time."""

    def script(n: int) -> Script:
        body = b"<%d>" % n * (n % 50 + 1)
        length = b"Content-Length: %d\r\n\r\n" % len(body)
        chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        ways: list[Script] = [
            [HTTP + length + body],
            [HTTP + length, body],
            [CHUNKED + b"\r\n" + chunks],
            [HTTP + length + body + b"surplus of %d" % n],
            [HTTP + b"\r\n" + body, Do.CLOSE],
            [HTTP + length + body, Do.CLOSE],
            [HTTP + length + body[:-1], Do.CLOSE],
            [b"HTTP/1.1 204 \r\n\r\n"],
            [b"HTTP/1.1 100 \r\n\r\n" + CHUNKED + b"\r\n" + chunks[:-3], Do.CLOSE],
        ]
        return ways[n % len(ways)]

    async def crowd(server: WireServer) -> list[Exchange]:
        at_a_time = asyncio.Semaphore(32)

        async def one(client: WireClient, n: int) -> Exchange:
            async with at_a_time:
                return await client.fetch(WireRequest(server.url(f"/{n}")))

        async with a_client() as client:
            return await asyncio.gather(*(one(client, n) for n in range(400)))

    scripts = {f"/{n}": script(n) for n in range(400)}
    with WireServer(scripts) as server:
        exchanges = run(crowd(server))

    for exchange in exchanges:
        steps = scripts["/" + exchange.url.rpartition("/")[2]]
        assert exchange.response.read() == b"".join(step for step in steps if isinstance(step, bytes))
    assert server.connections < 400


@pytest.mark.parametrize("ending", [Do.CLOSE, Do.RESET])
def test_a_message_cut_anywhere_is_kept_up_to_there(ending: Do) -> None:
    message = b"HTTP/1.1 103 \r\nA: b\r\n\r\n" + CHUNKED + b"\r\n2;x\r\nok\r\n0\r\nT: u\r\n\r\n"
    head_ends = message.index(b"2;x")
    # the pause lets the client take everything in before the connection breaks
    scripts = {
        f"/{cut}": [message[:cut], *([Pause(0.02)] if ending is Do.RESET else []), ending]
        for cut in range(len(message))
    }
    with WireServer(scripts) as server:
        exchanges = fetch_all(*(server.url(path) for path in scripts))

    for cut, exchange in enumerate(exchanges):
        assert exchange.response.read() == message[:cut]
        assert exchange.outcome == ("reset" if cut < head_ends else "truncated")
        assert (exchange.head_length, exchange.payload_length) == (
            (0, 0) if cut < head_ends else (head_ends, max(0, min(2, cut - head_ends - 5)))
        )


def test_a_kept_connection_that_dies_after_an_octet_is_a_failure_on_record() -> None:
    with WireServer({"/": [OK], "/next": [b"H", Do.CLOSE]}) as server:
        exchange = fetch_all(server.url(), server.url("/next"))[1]

    assert facts_of(exchange) == ("reset", "head", None)
    assert exchange.response.read() == b"H"
    assert len(server.seen) == 2


def test_a_connection_that_closed_while_kept_is_not_used() -> None:
    async def two(server: WireServer) -> list[Exchange]:
        async with a_client() as client:
            first = await client.fetch(WireRequest(server.url()))
            await until(lambda: client._kept[0][1].ended)
            return [first, await client.fetch(WireRequest(server.url("/next")))]

    with WireServer({"/": [OK, Pause(0.05), Do.CLOSE], "/next": [OK]}) as server:
        exchanges = run(two(server))

    assert_octets(server, exchanges)
    assert [seen.connection for seen in server.seen] == [0, 1]


def test_octets_that_come_while_a_connection_is_kept_get_into_no_exchange() -> None:
    async def two(server: WireServer) -> list[Exchange]:
        async with a_client() as client:
            first = await client.fetch(WireRequest(server.url()))
            await until(lambda: client._kept[0][1].has_octets)
            return [first, await client.fetch(WireRequest(server.url("/next")))]

    late = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"
    with WireServer({"/": [OK, Pause(0.05), late], "/next": [OK]}) as server:
        exchanges = run(two(server))

    assert [exchange.response.read() for exchange in exchanges] == [OK, OK]
    assert server.connections == 2


def test_a_post_never_goes_over_a_kept_connection() -> None:
    with WireServer({"*": [OK]}) as server:
        fetch_all(server.url(), WireRequest(server.url(), "POST", body=b"x"))

    assert server.connections == 2


def test_an_old_connection_is_not_used() -> None:
    async def two(server: WireServer) -> None:
        async with a_client(WireLimits(keep=0.1)) as client:
            await client.fetch(WireRequest(server.url()))
            await asyncio.sleep(0.2)
            await client.fetch(WireRequest(server.url()))

    with WireServer({"*": [OK]}) as server:
        run(two(server))

    assert server.connections == 2


def test_only_so_many_connections_are_kept() -> None:
    async def crowd(server: WireServer) -> None:
        async with a_client(WireLimits(kept=2)) as client:
            for _ in range(2):
                await asyncio.gather(*(client.fetch(WireRequest(server.url())) for _ in range(5)))

    with WireServer({"*": [Pause(0.1), OK]}) as server:
        run(crowd(server))

    assert server.connections == 8


CUT: dict[str, tuple[Script, bytes, tuple[str, str, str], str]] = {
    "length, closed": (
        [HTTP + b"Content-Length: 9\r\n\r\nabc", Do.CLOSE],
        b"abc",
        ("truncated", "body", "disconnect"),
        "6 octets",
    ),
    "length, reset": (
        [HTTP + b"Content-Length: 9\r\n\r\nabc", Pause(0.1), Do.RESET],
        b"abc",
        ("truncated", "body", "disconnect"),
        "reset",
    ),
    "end, reset": ([HTTP + b"\r\nabc", Pause(0.1), Do.RESET], b"abc", ("truncated", "body", "disconnect"), "reset"),
    "in a chunk": ([CHUNKED + b"\r\n9\r\nabc", Do.CLOSE], b"abc", ("truncated", "body", "disconnect"), "last chunk"),
    "before the last chunk": (
        [CHUNKED + b"\r\n3\r\nabc\r\n", Do.CLOSE],
        b"abc",
        ("truncated", "body", "disconnect"),
        "last chunk",
    ),
    "in the trailers": (
        [CHUNKED + b"\r\n3\r\nabc\r\n0\r\nA: b\r\n", Do.CLOSE],
        b"abc",
        ("truncated", "body", "disconnect"),
        "last chunk",
    ),
    "damaged chunk": (
        [CHUNKED + b"\r\n3\r\nabc\r\nZ\r\n", Do.HOLD],
        b"abc",
        ("truncated", "body", "unspecified"),
        "chunk size",
    ),
    "silence": (
        [HTTP + b"Content-Length: 9\r\n\r\nabc", Do.HOLD],
        b"abc",
        ("truncated", "body", "time"),
        "nothing more",
    ),
    "slowness": (
        [HTTP + b"Content-Length: 900\r\n\r\nxxxxx", *[step for _ in range(895) for step in (b"x", Pause(0.05))]],
        b"xxxxx",
        ("truncated", "body", "time"),
        "not all of the body",
    ),
    "two lengths, the shorter sent": (
        [HTTP + b"Content-Length: 3\r\nContent-Length: 9\r\n\r\nabc", Do.CLOSE],
        b"abc",
        ("truncated", "body", "disconnect"),
        "expected one Content-Length, found 3 and 9",
    ),
}


@pytest.mark.parametrize("name", CUT)
def test_a_body_that_breaks_off_is_kept_up_to_there(name: str) -> None:
    script, payload, expected, words = CUT[name]
    with WireServer({"/": script}) as server:
        # one limit at a time: on a busy machine two that lie close together are over at once
        exchange = fetch(server.url(), WireLimits(body=0.7) if name == "slowness" else WireLimits(idle=0.4))

    sent = bytes(server.seen[0].response)
    received = exchange.response.read()
    assert facts_of(exchange) == expected
    assert exchange.failure == ("damaged-body" if name == "damaged chunk" else FAILURE_OF_CUT[expected[2]])
    assert exchange.error is not None
    assert words in exchange.error.lower() or words in exchange.error
    assert exchange.has_head
    if name == "slowness":
        # how many octets come in time is the machine's to say
        assert sent.startswith(received)
        assert received[exchange.head_length :].startswith(payload)
        assert len(received) < exchange.head_length + 900
        payload = received[exchange.head_length :]
    else:
        assert received == sent
    assert (exchange.payload_digest, exchange.payload_length) == (digest(payload), len(payload))


def test_conflicting_lengths_are_read_to_the_longest_and_told() -> None:
    response = HTTP + b"Content-Length: 2\r\nContent-Length: 4\r\n\r\nokok"
    with WireServer({"/": [response], "/next": [OK]}) as server:
        first, second = exchanges = fetch_all(server.url(), server.url("/next"))

    assert_octets(server, exchanges)
    assert (first.outcome, first.error) == ("response", "expected one Content-Length, found 2 and 4")
    assert (second.response.read(), server.connections) == (OK, 2)


def test_a_body_over_the_limit_is_cut_there() -> None:
    limits = WireLimits(max_size=1000)
    with WireServer(
        {
            "/": [HTTP + b"Content-Length: 5000\r\n\r\n", b"x" * 5000],
            "/fits": [HTTP + b"Content-Length: 1000\r\n\r\n" + b"y" * 1000],
        }
    ) as server:
        cut, fits = fetch_all(server.url(), server.url("/fits"), limits=limits)

    assert facts_of(cut) == ("truncated", "body", "length")
    assert cut.failure is Failure.TOO_LARGE
    assert cut.error == "cut after 1000 octets of the body"
    assert cut.response.read() == bytes(server.seen[0].response)[: cut.head_length + 1000]
    assert cut.payload_digest == digest(b"x" * 1000)
    assert facts_of(fits) == ("response", None, None)


def test_a_body_that_comes_with_its_head_is_cut_too() -> None:
    with WireServer({"/": [HTTP + b"\r\n" + b"x" * 5000, Do.CLOSE]}) as server:
        exchange = fetch(server.url(), WireLimits(max_size=10))

    assert exchange.response.read(exchange.head_length) == b"x" * 10
    assert exchange.truncated == "length"


def test_one_request_may_be_cut_earlier_and_none_later() -> None:
    with WireServer({"/": [HTTP + b"\r\n" + b"x" * 5000, Do.CLOSE]}) as server:
        lengths = []
        for max_size in (10, 500):
            exchange = fetch(WireRequest(server.url(), max_size=max_size), WireLimits(max_size=100))
            lengths.append((len(exchange.response.read(exchange.head_length)), exchange.error))

    assert lengths == [(10, "cut after 10 octets of the body"), (100, "cut after 100 octets of the body")]


def test_large_bodies_are_spooled_and_memory_stays_flat() -> None:
    piece = hashlib.sha256(b"piece").digest() * 8192
    times = 512
    with WireServer(
        {"/": [HTTP + b"Content-Length: %d\r\n\r\n" % (times * len(piece)), Repeat(piece, times)]}
    ) as server:
        tracemalloc.start()
        exchange = fetch(server.url(), WireLimits(body=60))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert (exchange.outcome, exchange.payload_length) == ("response", 128 << 20)
    assert exchange.response.digest == "sha256:" + server.seen[0].hash.hexdigest()
    # the server keeps up to 16 MiB of what it sent; the client holds 1 MiB of a message, and some pieces
    assert peak < 24 << 20


def long_body(length: int) -> bytes:
    return HTTP + b"Content-Length: %d\r\n\r\n" % length


@pytest.mark.parametrize(
    ("script", "limits", "failure"),
    [
        ([long_body(3 << 20), bytes(3 << 20)], FAST, None),
        ([long_body(3 << 20), bytes(5 << 19), Do.CLOSE], FAST, Failure.RESET_IN_BODY),
        ([long_body(3 << 20), bytes(5 << 19), Do.HOLD], WireLimits(idle=0.3), Failure.BODY_TIMEOUT),
        ([long_body(3 << 20), bytes(3 << 20)], WireLimits(max_size=5 << 19), Failure.TOO_LARGE),
        ([CHUNKED + b"\r\n" + (b"100000\r\n" + bytes(1 << 20) + b"\r\n") * 3 + b"Z\r\n"], FAST, Failure.DAMAGED_BODY),
    ],
    ids=["whole", "cut off", "silent", "too long", "damaged"],
)
def test_a_long_body_leaves_the_loop_and_ends_as_a_short_one_does(
    script: Script, limits: WireLimits, failure: Failure | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    writers = set()
    write = Spool.write

    def remember(spool: Spool, octets: bytes) -> None:
        writers.add((threading.current_thread() is threading.main_thread(), len(spool) > 2 << 20))
        write(spool, octets)

    monkeypatch.setattr(Spool, "write", remember)
    with WireServer({"/": script}) as server:
        exchange = fetch(server.url(), limits)

    sent = bytes(server.seen[0].response)
    assert exchange.failure == failure
    assert exchange.response.read() == sent[: len(exchange.response)]
    assert len(exchange.response) == (exchange.head_length + (5 << 19) if failure is Failure.TOO_LARGE else len(sent))
    assert exchange.response.digest == digest(sent[: len(exchange.response)])
    # the long part is written by no other thread than those that may wait for a disk
    assert (False, True) in writers
    assert (True, True) not in writers


def test_a_long_body_whose_fetch_is_cancelled_while_the_disk_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The spools must not be closed under the thread that writes to them."""
    begun, goes_on, errors = threading.Event(), threading.Event(), []
    write = Spool.write

    def slow(spool: Spool, octets: bytes) -> None:
        if threading.current_thread() is not threading.main_thread():
            begun.set()
            goes_on.wait(10)
        try:
            write(spool, octets)
        except BaseException as error:
            errors.append(error)
            raise

    async def cancel(server: WireServer) -> None:
        async with a_client() as client:
            task = asyncio.create_task(client.fetch(WireRequest(server.url())))
            await asyncio.to_thread(begun.wait, 10)
            task.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not task.done()
            goes_on.set()
            with pytest.raises(asyncio.CancelledError):
                await task

    monkeypatch.setattr(Spool, "write", slow)
    with WireServer({"/": [long_body(4 << 20), bytes(4 << 20), Do.HOLD]}) as server:
        run(cancel(server))

    assert errors == []


# where it fails: (greeting, script, outcome, stage, octets received, words of the error)
FAILURES: dict[str, tuple[Script, Script, str, str, bytes, str]] = {
    "closed at once": ([Pause(0.1), Do.CLOSE], [], "reset", "head", b"", ""),
    "reset unread": ([Pause(0.1), Do.RESET], [], "reset", "head", b"", "Connection reset by peer"),
    "closed unanswered": ([], [Do.CLOSE], "reset", "head", b"", "closed by the server after no octet of a response"),
    "reset unanswered": ([], [Do.RESET], "reset", "head", b"", "Connection reset by peer"),
    "closed in the head": (
        [],
        [b"HTTP/1.1 200 OK\r\nX:", Do.CLOSE],
        "reset",
        "head",
        b"HTTP/1.1 200 OK\r\nX:",
        "19 octets of a head",
    ),
    "reset in the head": (
        [],
        [b"HTTP/1.1 2", Pause(0.1), Do.RESET],
        "reset",
        "head",
        b"HTTP/1.1 2",
        "Connection reset by peer",
    ),
    "closed after 1xx": (
        [],
        [b"HTTP/1.1 100 \r\n\r\n", Do.CLOSE],
        "reset",
        "head",
        b"HTTP/1.1 100 \r\n\r\n",
        "octets of a head",
    ),
    "silent": ([], [Do.HOLD], "timeout", "head", b"", "no complete head within 0.5 s"),
    "silent in the head": (
        [],
        [b"HTTP/1.1 200 OK\r\n", Do.HOLD],
        "timeout",
        "head",
        b"HTTP/1.1 200 OK\r\n",
        "no complete head within 0.5 s",
    ),
    "another protocol": ([b"SSH-2.0-x\r\n", Do.HOLD], [], "malformed", "head", b"SSH-2.0-x\r\n", "expected"),
    "a page without a head": (
        [],
        [b"<html>hello", Do.CLOSE],
        "malformed",
        "head",
        b"<html>hello",
        "expected HTTP/, found b'<html>hello'",
    ),
    "an endless head": (
        [],
        [HTTP + b"X: y\r\n" * 500, Do.HOLD],
        "malformed",
        "head",
        HTTP + b"X: y\r\n" * 500,
        "no end of the head in 2000 octets",
    ),
    "a head over the limit": (
        [],
        [HTTP + b"X: y\r\n" * 500 + b"\r\n", Do.HOLD],
        "malformed",
        "head",
        HTTP + b"X: y\r\n" * 500 + b"\r\n",
        "no end of the head in 2000 octets",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_is_an_exchange_with_its_stage_and_octets(name: str) -> None:
    greeting, script, outcome, stage, received, words = FAILURES[name]
    with WireServer({"/": script}, greeting=greeting) as server:
        # short only for who says nothing: a busy machine must not come too late to what was said
        exchange = fetch(server.url(), WireLimits(head=0.5 if outcome == "timeout" else 60, head_size=2000))

    assert (exchange.outcome, exchange.truncated, exchange.status) == (outcome, None, None)
    assert exchange.stage == stage
    assert exchange.failure == {
        "reset": "reset-in-head" if received else "reset-before-head",
        "timeout": "head-timeout",
        "malformed": "malformed",
    }.get(outcome)
    assert exchange.response.read() == received
    assert not exchange.has_head
    assert exchange.payload_digest is None
    assert exchange.error is not None
    assert words in exchange.error
    assert exchange.peer == "127.0.0.1"
    if server.seen:
        assert exchange.request.read() == server.seen[0].request


def test_a_connection_that_is_reset_at_once_is_a_failure_wherever_it_is_noticed() -> None:
    with WireServer({"*": [OK]}, greeting=[Do.RESET]) as server:
        exchanges = fetch_all(*[server.url()] * 20)

    assert {exchange.outcome for exchange in exchanges} == {Outcome.RESET}
    assert {exchange.failure for exchange in exchanges} == {Failure.RESET_BEFORE_HEAD}
    assert {exchange.stage for exchange in exchanges} <= {"connect", "send", "head"}
    assert all(exchange.peer == "127.0.0.1" or exchange.stage == "connect" for exchange in exchanges)
    assert all(exchange.error for exchange in exchanges)


def test_a_head_that_drips_in_is_not_parsed_at_each_drop() -> None:
    lines = [b"X-%d: %b\r\n" % (n, b"y" * 90) for n in range(1500)]
    with WireServer({"/": [HTTP, *lines, b"Content-Length: 2\r\n\r\nok"]}) as server:
        exchange = fetch(server.url(), WireLimits(head=20))

    assert_octets(server, [exchange])
    assert exchange.duration < 3


def test_interim_heads_without_end_cost_no_more_than_their_octets() -> None:
    """Each comes alone: what came before must not be read again with it."""
    interim = b"HTTP/1.1 100 C\r\n\r\n"
    times = 2000
    with WireServer({"/": [*[interim, Pause(0.0005)] * times, OK]}) as server:
        began = time.process_time()
        exchange = fetch(server.url(), WireLimits(head=60))
        took = time.process_time() - began

    assert (exchange.status, exchange.head_length) == (200, len(interim) * times + len(OK) - 2)
    assert_octets(server, [exchange])
    assert took < 1.2


def test_a_server_that_takes_no_request_is_a_time_out_of_sending() -> None:
    """The kernel's buffers are filled, the server reads nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        exchange = fetch(WireRequest(url, "POST", body=bytes(64 << 20)), WireLimits(head=0.5))

    assert facts_of(exchange) == ("timeout", "send", None)
    assert exchange.failure is Failure.HEAD_TIMEOUT
    assert exchange.error == "the request not taken within 0.5 s"
    assert 0 < len(exchange.request) < 64 << 20


def test_a_server_that_breaks_off_while_we_send_is_a_failure_of_sending() -> None:
    with WireServer({"*": [OK]}, greeting=[Pause(0.2), Do.RESET]) as server:
        exchange = fetch(WireRequest(server.url(), "POST", body=bytes(64 << 20)))

    assert facts_of(exchange) == ("reset", "send", None)
    assert exchange.failure is Failure.RESET_BEFORE_HEAD
    assert len(exchange.request) < 64 << 20


def test_an_answer_before_all_was_sent_is_taken_and_the_connection_closed() -> None:
    response = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"
    with WireServer({"*": [OK]}, greeting=[response, Pause(0.5), Do.CLOSE]) as server:
        exchange = fetch(WireRequest(server.url(), "POST", body=bytes(64 << 20)))

    assert (exchange.outcome, exchange.status) == ("response", 413)
    assert exchange.response.read() == response
    assert len(exchange.request) < 64 << 20


def test_what_the_kernel_takes_while_an_early_answer_comes_is_recorded_too() -> None:
    """The kernel is full when the answer begins, and takes the rest of a piece before the answer ends."""
    body = bytes(range(256)) * (64 << 12)
    seen = bytearray()

    def serve(listener: socket.socket) -> None:
        connected, _ = listener.accept()
        with connected:
            time.sleep(0.3)
            connected.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nn")
            time.sleep(0.1)
            connected.settimeout(0.3)
            with contextlib.suppress(TimeoutError):
                while octets := connected.recv(65536):
                    seen.extend(octets)
            connected.sendall(b"o")
            with contextlib.suppress(OSError):
                while octets := connected.recv(65536):
                    seen.extend(octets)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=serve, args=(listener,))
        serving.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        exchange = fetch(WireRequest(url, "POST", body=body))
        serving.join()

    assert (exchange.outcome, exchange.response.read()[-2:]) == ("response", b"no")
    assert exchange.request.read() == bytes(seen)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_a_refused_connection() -> None:
    port = unused_port()
    exchange = fetch(f"http://127.0.0.1:{port}/")

    assert facts_of(exchange) == ("refused", "connect", None)
    assert exchange.failure is Failure.CONNECT_REFUSED
    assert exchange.error == f"no connection to port {port}: Connection refused"
    assert (len(exchange.request), len(exchange.response), exchange.peer) == (0, 0, None)


@pytest.mark.parametrize(
    ("reply", "failure", "outcome", "rcode"),
    [
        (Reply.NXDOMAIN, Failure.NXDOMAIN, "unresolved", "NXDOMAIN"),
        ([], Failure.NO_ADDRESS, "unresolved", "NOERROR"),
        (Reply.SERVFAIL, Failure.SERVFAIL, "unresolved", "SERVFAIL"),
        (Reply.SILENCE, Failure.DNS_TIMEOUT, "timeout", "TIMEOUT"),
    ],
)
def test_why_a_name_has_no_address_is_on_record(
    reply: Reply | list[str], failure: Failure, outcome: str, rcode: str
) -> None:
    with DnsServer({"case.example.": reply}) as names:
        exchange = fetch("http://case.example/", WireLimits(connect=1), nameservers=[names.address])

    assert facts_of(exchange) == (outcome, "resolve", None)
    assert exchange.failure is failure
    assert exchange.dns == DnsAnswer("case.example", exchange.dns.looked_up_at if exchange.dns else NEVER, rcode, ())
    assert exchange.error is not None
    assert exchange.error.startswith("no address for case.example: ")
    assert str(names.port) not in exchange.error
    assert (len(exchange.request), len(exchange.response), exchange.peer) == (0, 0, None)


def test_each_exchange_names_the_look_up_that_its_connection_was_made_after() -> None:
    record = "case.example. 0 IN A 127.0.0.1"
    times = (NEVER + timedelta(seconds=count) for count in range(1000))
    close = HTTP + b"Connection: close\r\nContent-Length: 2\r\n\r\nok"
    with DnsServer({"case.example.": [record]}) as names, WireServer({"/close": [close], "*": [OK]}) as server:
        first, kept, new, literal = fetch_all(
            *(server.url(path, host="case.example") for path in ("/", "/close", "/")),
            server.url(),
            nameservers=[names.address],
            clock=lambda: next(times),
        )

    assert first.dns is not None
    assert (first.dns.host, first.dns.rcode, first.dns.records) == ("case.example", "NOERROR", (record,))
    assert first.dns.looked_up_at > first.began_at
    assert kept.dns is first.dns
    assert kept.dns.looked_up_at < kept.began_at
    assert new.dns is not None
    assert new.dns.looked_up_at > new.began_at
    assert literal.dns is None
    assert len(names.questions) == 4


NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http:///path", "expected a host name"),
        ("http://host:99999/", "expected a port from 1 to 65535, found '99999'"),
        ("http://host:0x50/", "expected a port"),
        ("http://[::1/", "expected an IPv6 address in brackets"),
        ("ftp://host.example/", "expected an address that begins with http:// or https://"),
        (f"http://{'a' * 64}.example/", "not a host name"),
        ("http://a..b/", "not a host name"),
        ("http://user:secret@host:99999/a b#c", "expected a port"),
        ('ftp://host.example/"a"<b>', "expected an address that begins with http:// or https://"),
        ("http://a<b>.invalid/", "no address for"),
    ],
)
def test_an_address_that_cannot_be_fetched_is_a_failure_on_record(url: str, words: str) -> None:
    with DnsServer({}) as names:
        exchange = fetch(url, nameservers=[names.address])

    assert facts_of(exchange) == ("unresolved", "resolve", None)
    assert exchange.failure is (Failure.NXDOMAIN if words == "no address for" else Failure.NO_NAME)
    assert exchange.error is not None
    assert words in exchange.error
    assert "secret" not in exchange.url + exchange.error
    assert is_uri(exchange.url)


def test_what_cannot_stand_in_a_record_is_sent_as_it_is_and_recorded_percent_encoded() -> None:
    with WireServer({"*": [OK]}) as server:
        exchange = fetch(server.url('/"a"?<b>'))

    assert server.seen[0].request.startswith(b'GET /"a"?<b> HTTP/1.1\r\n')
    assert exchange.url == server.url("/%22a%22?%3Cb%3E")
    assert is_uri(exchange.url)


def test_a_server_that_accepts_no_connection_is_a_time_out() -> None:
    """With its queue full, Linux lets the handshake of another connection wait."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        exchange = fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/", WireLimits(connect=0.5))
        for one in waiting:
            one.close()

    assert facts_of(exchange) == ("timeout", "connect", None)
    assert exchange.failure is Failure.CONNECT_TIMEOUT
    assert exchange.error == "no connection within 0.5 s"


def look_up_of(*addresses: str) -> Any:
    async def look_up(_host: str, _within: float) -> LookUp:
        return LookUp(addresses)

    return look_up


def test_the_next_address_is_tried_when_one_refuses() -> None:
    with WireServer({"/": [OK]}) as server:
        exchange = fetch(
            f"http://two.example:{server.port}/",
            look_up=look_up_of("127.0.0.2", "::1", "127.0.0.1"),
        )

    assert (exchange.outcome, exchange.peer) == ("response", "127.0.0.1")
    assert exchange.request.read().startswith(b"GET / HTTP/1.1\r\nHost: two.example:%d\r\n" % server.port)


@pytest.mark.skipif(sys.platform != "linux", reason="the route is Linux's")
def test_an_address_without_a_way_to_it_is_unreachable() -> None:
    exchange = fetch("http://none.example/", look_up=look_up_of("255.255.255.255"))

    assert facts_of(exchange) == ("unreachable", "connect", None)
    assert exchange.failure is Failure.UNREACHABLE


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
def test_ipv6_addresses_are_written_canonically() -> None:
    with WireServer({"/": [OK]}, host="::1") as server:
        exchange = fetch(f"http://[0:0::0:1]:{server.port}/")

    assert_octets(server, [exchange])
    assert exchange.peer == "::1"
    assert exchange.request.read().startswith(b"GET / HTTP/1.1\r\nHost: [::1]:%d\r\n" % server.port)


def test_a_disk_that_refuses_is_not_told_of_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with WireServer({"/": [HTTP + b"Content-Length: 2000000\r\n\r\n" + bytes(2_000_000)], "/next": [OK]}) as server:
        with pytest.raises(StorageError, match=r"expected room for temporary files .*found: No such file or directory"):
            fetch(server.url())
        with pytest.raises(StorageError):
            fetch(WireRequest(server.url("/next"), "POST", body=bytes(2_000_000)))


def test_a_disk_that_refuses_the_last_octets_is_not_told_of_the_server() -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with WireServer({"/": [HTTP + b"Content-Length: 2000000\r\n\r\n" + bytes(2_000_000)]}) as server:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, before[1]))  # of all but the head: octets of the buffer
        try:
            with pytest.raises(StorageError, match="expected room for temporary files"):
                fetch(server.url())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_cancelled_fetch_closes_its_connection_and_is_no_exchange() -> None:
    async def cancel(server: WireServer) -> None:
        async with a_client() as client:
            task = asyncio.create_task(client.fetch(WireRequest(server.url())))
            await until(lambda: bool(server.seen))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await client.fetch(WireRequest(server.url("/next")))

    with WireServer({"/": [b"HTTP/1.1 2", Do.HOLD], "/next": [OK]}) as server:
        run(cancel(server))

    assert server.connections == 2


def test_a_client_that_is_closed_during_a_fetch_blames_no_server() -> None:
    async def close(server: WireServer) -> None:
        async with a_client() as client:
            task = asyncio.create_task(client.fetch(WireRequest(server.url())))
            await until(lambda: bool(server.seen))
            await client.close()
            with pytest.raises(KhronikaError, match="closed during the fetch"):
                await task
            with pytest.raises(KhronikaError, match="found a closed one"):
                await client.fetch(WireRequest(server.url()))

    with WireServer({"/": [b"HTTP/1.1 2", Do.HOLD]}) as server:
        run(close(server))


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "GET /x"},
        {"method": ""},
        {"headers": [(b"A b", b"c")]},
        {"headers": [(b"", b"c")]},
        {"headers": [(b"A", b"b\r\nEvil: yes")]},
    ],
)
def test_a_request_that_would_end_a_line_early_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected .* found"):
        WireRequest("http://a.example/", **wrong)
