"""The record of a request holds the octets that the kernel took of it: no more, and no fewer.

What a kernel takes of a connection that breaks is a matter of moments. Here it is set by hand: `socket.send` takes what
a test says, and breaks when it says so. Everything else is real.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable, Iterator

import pytest
import trustme
from loops import LOOPS, run_on
from wire_server import Do, WireServer

from archive.exchange import Exchange, Failure
from crawler.resolver import LookUp
from crawler.wire_client import WireClient, WireLimits
from crawler.wire_message import WireRequest

HOST = "pages.example"
BODY = bytes(range(256)) * 4096
REFUSAL = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
APPLICATION_DATA = 23
"""RFC 8446, 5.1: the first octet of a TLS record with what an application says."""

Taking = Callable[[socket.socket, bytes], int | OSError]
"""How many octets of a piece the kernel takes, or why it takes none."""


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Callable[[Taking], bytearray]:
    """Let the kernel take what a test says; gives what it took, in a buffer that fills."""

    def take(taking: Taking) -> bytearray:
        octets = bytearray()
        send = socket.socket.send

        def some(connected: socket.socket, piece: bytes, flags: int = 0) -> int:
            if connected.family is not socket.AF_INET:
                return send(connected, piece, flags)  # asyncio wakes its loop over a socket
            most = taking(connected, piece)
            if isinstance(most, OSError):
                raise most
            count = send(connected, piece[:most], flags)
            octets.extend(piece[:count])
            return count

        monkeypatch.setattr(socket.socket, "send", some)
        return octets

    return take


@pytest.fixture
def fetched() -> Iterator[list[Exchange]]:
    """Exchanges of the test, to be closed after it."""
    exchanges: list[Exchange] = []
    yield exchanges
    for exchange in exchanges:
        exchange.close()


async def to_loopback(_host: str, _within: float) -> LookUp:
    return LookUp(("127.0.0.1",))


def fetch(fetched: list[Exchange], loop: str, *requests: WireRequest) -> list[Exchange]:
    async def run() -> None:
        client = WireClient(WireLimits(connect=20, head=20, body=20, idle=20), look_up=to_loopback)
        try:
            for request in requests:
                fetched.append(await client.fetch(request))
        finally:
            await client.close()

    run_on(loop, run())
    return fetched


def secured(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = version
    trustme.CA().issue_cert(HOST).configure_cert(context)
    return context


def readable(connected: socket.socket) -> None:
    assert select.select([connected], [], [], 20)[0], "the server said nothing"


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("pieces", [(), (1,), (50, 17), (70_000,), (65_536, 1, 65_536)])
def test_of_a_connection_that_breaks_what_was_taken_is_on_record(
    taken: Callable[[Taking], bytearray], fetched: list[Exchange], loop: str, pieces: tuple[int, ...]
) -> None:
    left = list(pieces)

    def some(_: socket.socket, _piece: bytes) -> int | OSError:
        return left.pop(0) if left else ConnectionResetError(104, "broken by hand")

    octets = taken(some)
    with WireServer({"*": [Do.HOLD]}) as server:
        [exchange] = fetch(fetched, loop, WireRequest(server.url(host=HOST), "POST", body=BODY))

    assert exchange.request.read() == bytes(octets)
    assert bool(octets) == bool(pieces)
    assert (exchange.outcome, exchange.stage) == ("reset", "send")
    assert exchange.failure is Failure.RESET_BEFORE_HEAD


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("error", [BrokenPipeError(32, "broken"), ConnectionResetError(104, "broken")])
def test_an_answer_that_came_before_the_break_is_kept(
    taken: Callable[[Taking], bytearray], fetched: list[Exchange], loop: str, error: OSError
) -> None:
    """Sending finds the connection broken while the answer lies there unread."""
    turns = iter((1000,))

    def some(connected: socket.socket, _piece: bytes) -> int | OSError:
        readable(connected)
        return next(turns, error)

    octets = taken(some)
    with WireServer({"*": [OK]}, greeting=[REFUSAL, Do.HOLD]) as server:
        [exchange] = fetch(fetched, loop, WireRequest(server.url(host=HOST), "POST", body=BODY))

    assert (exchange.outcome, exchange.status) == ("response", 413)
    assert exchange.response.read() == REFUSAL
    assert exchange.request.read() == bytes(octets)
    assert len(octets) == 1000


@pytest.mark.parametrize("loop", LOOPS)
def test_of_a_full_kernel_what_it_took_is_on_record_and_the_rest_is_not(
    taken: Callable[[Taking], bytearray], fetched: list[Exchange], loop: str
) -> None:
    """The answer comes when the kernel is full; the connection is closed with octets that were never sent."""
    full = BlockingIOError(11, "full")
    turns = iter((70_000, 3, 0))

    def some(connected: socket.socket, _piece: bytes) -> int | OSError:
        count = next(turns, None)
        if count == 0:
            readable(connected)
        return count or full

    octets = taken(some)
    with WireServer({"*": [OK]}, greeting=[REFUSAL, Do.HOLD]) as server:
        [exchange] = fetch(fetched, loop, WireRequest(server.url(host=HOST), "POST", body=BODY))

    assert exchange.status == 413
    assert exchange.request.read() == bytes(octets)
    assert 3 < len(octets) < len(BODY)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("whole", [0, 1, 2, 5])
def test_under_tls_what_stands_in_a_whole_record_is_on_record(
    taken: Callable[[Taking], bytearray], fetched: list[Exchange], loop: str, version: ssl.TLSVersion, whole: int
) -> None:
    """The kernel takes some TLS records of the request whole, and of one more all but its last octet."""
    pieces: list[int] = []
    broken = ConnectionResetError(104, "broken by hand")

    def some(_: socket.socket, piece: bytes) -> int | OSError:
        # the handshake's own records are shorter; in the middle of one no other begins
        if len(pieces) == whole + 1:
            return broken
        if piece[0] != APPLICATION_DATA or len(piece) < 1000:
            return len(piece)
        pieces.append(len(piece))
        return len(piece) - (len(pieces) > whole)

    octets = taken(some)
    with WireServer({"*": [Do.HOLD]}, tls=secured(version)) as server:
        request = WireRequest(server.url(host=HOST), "POST", body=BODY)
        [exchange] = fetch(fetched, loop, request)

    recorded = exchange.request.read()
    assert len(recorded) == whole * (16 << 10)
    assert recorded.partition(b"\r\n\r\n")[2] == BODY[: max(0, len(recorded) - recorded.find(b"\r\n\r\n") - 4)]
    assert sum(pieces) > len(recorded)
    assert len(octets) >= sum(pieces) - 1
    assert exchange.failure is Failure.RESET_BEFORE_HEAD


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("version", [None, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("most", [1, 7, 1000, 20_000])
def test_a_kernel_that_takes_little_at_a_time_gets_everything(
    taken: Callable[[Taking], bytearray],
    fetched: list[Exchange],
    loop: str,
    version: ssl.TLSVersion | None,
    most: int,
) -> None:
    """Every other call it is full."""
    full = BlockingIOError(11, "full")
    calls = iter(range(1 << 30))
    taken(lambda _, piece: full if next(calls) % 2 else min(most, len(piece)))
    body = BODY[: most * 100]
    with WireServer({"*": [OK]}, tls=None if version is None else secured(version)) as server:
        first, second = fetch(
            fetched, loop, *(WireRequest(server.url(host=HOST), method, body=body) for method in ("POST", "PUT"))
        )

    assert (first.outcome, first.error, second.outcome) == ("response", None, "response")
    assert [one.request.read() for one in (first, second)] == [seen.request for seen in server.seen]
    assert first.request.read().endswith(b"\r\n\r\n" + body)
    assert server.connections == 1
