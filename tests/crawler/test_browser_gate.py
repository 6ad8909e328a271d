"""What stands between a browser and the network, and the heads above what it decoded; without a browser."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from loops import run_on

from archive.digest import digest
from archive.exchange import Exchange, Failure, Made, Outcome
from archive.http import parse_head
from archive.spool import Spool
from crawler.browser_gate import Gate, Hosts, _Tunnel
from crawler.browser_load import decoded_head, request_head
from crawler.exchange_pipe import ExchangePipe
from crawler.resolver import Resolver
from crawler.route import DIRECT
from spiders.definition import SiteDefinition

SITE = SiteDefinition(
    name="rowan",
    start=("https://www.rowan.example/", "http://127.0.0.1:8000/"),
    mirrors=("rowan.test",),
    requisite_hosts=("cdn.birch.example", "fonts.example:8443"),
)


@pytest.mark.parametrize(
    ("host", "port", "admitted"),
    [
        ("rowan.example", 443, True),
        ("WWW.Rowan.example.", 80, True),
        ("img.cdn.rowan.example", 443, True),
        ("rowan.test", 443, True),
        ("127.0.0.1", 8000, True),
        ("cdn.birch.example", 443, True),
        ("fonts.example", 8443, True),
        ("rowan.example", 8443, False),
        ("birch.example", 443, False),
        ("other.birch.example", 443, False),
        ("a.cdn.birch.example", 443, True),
        ("fonts.example", 443, False),
        ("notrowan.example", 443, False),
        ("rowan.example.evil.example", 443, False),
        ("example", 443, False),
        ("127.0.0.1", 8001, False),
        ("1.127.0.0.1", 8000, False),
        ("accounts.google.com", 443, False),
    ],
)
def test_a_sites_own_hosts_their_subdomains_and_those_of_its_requisites_are_admitted(
    host: str, port: int, admitted: bool
) -> None:
    assert Hosts.of(SITE).admit(host, port) is admitted


class Server:
    """Answers each line with it, in capitals; never a line that begins with `wait`."""

    def __init__(self) -> None:
        self.connections = 0
        self.lines = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while line := await reader.readline():
            self.lines += 1
            if not line.startswith(b"wait"):
                writer.write(line.upper())
        writer.close()


Connected = tuple[asyncio.StreamReader, asyncio.StreamWriter, int]


OPEN: list[asyncio.StreamWriter] = []


async def through(gate_port: int, host: str, port: int) -> Connected:
    reader, writer = await asyncio.open_connection("127.0.0.1", gate_port)
    OPEN.append(writer)
    writer.write(b"\x05\x01\x00" + b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + port.to_bytes(2, "big"))
    assert await reader.readexactly(2) == b"\x05\x00"
    reply = await reader.readexactly(10)
    # RFC 1928, 6: with the bound address left out, which would be one of this machine's
    assert (reply[0], reply[2:]) == (5, b"\x00\x01" + bytes(6))
    return reader, writer, reply[1]


def with_gate(act: Callable[[Gate, int, int, Server], Awaitable[None]], *, patience: float = 5.0) -> None:
    async def run() -> None:
        server = Server()
        listening = await asyncio.start_server(server, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        gate = Gate(Hosts({("localhost", port)}), DIRECT, Resolver().look_up, within=5, patience=patience)
        gate_port = await gate.open()
        try:
            await asyncio.wait_for(act(gate, gate_port, port, server), 20)
        finally:
            for writer in OPEN:
                writer.close()
                await writer.wait_closed()
            OPEN.clear()
            await gate.close()
            listening.close()

    run_on("uvloop", run())


def test_octets_pass_and_it_is_known_how_the_server_was_reached() -> None:
    async def act(gate: Gate, gate_port: int, port: int, server: Server) -> None:
        reader, writer, code = await through(gate_port, "localhost", port)
        writer.write(b"word\n")

        assert (code, await reader.readline()) == (0, b"WORD\n")
        assert gate.ways.peer(("localhost", port)) in {"127.0.0.1", "::1"}
        assert gate.ways.answers["localhost"].rcode == "NOERROR"
        assert not gate.taken_refusals()

    with_gate(act)


def test_another_server_is_refused_and_counted_and_not_asked() -> None:
    async def act(gate: Gate, gate_port: int, port: int, server: Server) -> None:
        # the same server by another name: what is admitted is the name
        for _ in range(2):
            _, _, code = await through(gate_port, "127.0.0.1", port)
            assert code == 2

        assert gate.taken_refusals() == {("127.0.0.1", port): 2}
        assert not gate.taken_refusals()
        assert server.connections == 0

    with_gate(act)


def test_a_server_that_is_not_there_is_told() -> None:
    async def act(gate: Gate, gate_port: int, port: int, server: Server) -> None:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            gone = nobody.getsockname()[1]
            gate._hosts = Hosts({("localhost", gone)})
            _, _, code = await through(gate_port, "localhost", gone)

        no_way = gate.ways.failures["localhost", gone]
        assert (code, no_way.outcome, no_way.failure) == (5, Outcome.REFUSED, Failure.CONNECT_REFUSED)

    with_gate(act)


def test_a_host_sees_another_connection_when_the_first_is_idle() -> None:
    async def act(gate: Gate, gate_port: int, port: int, server: Server) -> None:
        reader, writer, _ = await through(gate_port, "localhost", port)
        writer.write(b"word\n")
        await reader.readline()
        second = asyncio.ensure_future(through(gate_port, "localhost", port))
        await asyncio.wait_for(second, 4)

        assert server.connections == 2

    with_gate(act, patience=60)


def test_a_host_that_does_not_answer_sees_another_connection_after_a_while() -> None:
    async def act(gate: Gate, gate_port: int, port: int, server: Server) -> None:
        _, writer, _ = await through(gate_port, "localhost", port)
        writer.write(b"wait\n")
        while not server.lines:
            await asyncio.sleep(0.01)
        began = asyncio.get_running_loop().time()
        await through(gate_port, "localhost", port)

        # the gate's own clock: it begins to wait no earlier, and a busy machine makes it no shorter
        assert asyncio.get_running_loop().time() - began >= 0.6
        assert server.connections == 2

    with_gate(act, patience=0.6)


def test_a_head_is_made_true_of_a_decoded_body() -> None:
    fields = [("Content-Type", "text/html"), ("content-encoding", "br"), ("Content-Length", "10"), ("X-A", "1\r\nB: 2")]

    octets = decoded_head("HTTP/1.1 200 OK", fields, 25)

    assert octets == (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Orig-content-encoding: br\r\nX-Orig-Content-Length: 10\r\n"
        b"X-A: 1  B: 2\r\nContent-Length: 25\r\n\r\n"
    )
    head = parse_head(octets)
    assert head is not None
    assert head.status == 200
    chunked = decoded_head("HTTP/1.1 200 OK", [("Transfer-Encoding", "chunked")], 3)
    assert chunked == b"HTTP/1.1 200 OK\r\nX-Orig-Transfer-Encoding: chunked\r\n\r\n"
    # above no body it stays as it came
    assert decoded_head("HTTP/1.1 304 ", [("Content-Length", "10")], None).endswith(b"\r\nContent-Length: 10\r\n\r\n")


def test_a_request_is_told_in_the_form_of_http_1_1() -> None:
    fields = [(":authority", "rowan.example"), (":method", "GET"), ("accept", "*/*")]

    octets = request_head("GET", "https://rowan.example/case?n=1#top", fields)

    assert octets == b"GET /case?n=1 HTTP/1.1\r\nHost: rowan.example\r\naccept: */*\r\n\r\n"


def test_what_was_made_of_a_page_crosses_the_pipe_with_its_exchange() -> None:
    near, far = (ExchangePipe(end) for end in socket.socketpair())
    large = bytes(3 << 20)
    made = (
        Made("urn:dom:https://rowan.example/", "text/html", Spool(b"<html>")),
        Made("urn:view:https://rowan.example/", "image/png", Spool(large, memory_limit=1)),
    )
    exchange = Exchange(
        "https://rowan.example/",
        "GET",
        datetime.now(UTC),
        0.0,
        Outcome.RESPONSE,
        request=Spool(b"GET / HTTP/1.1\r\n\r\n"),
        response=Spool(b"HTTP/1.1 200 OK\r\n\r\n"),
        made=made,
    )

    near.send(exchange)
    taken: Exchange = far.receive()

    assert [(one.target, one.mime) for one in taken.made] == [(one.target, one.mime) for one in made]
    assert taken.made[0].octets.read() == b"<html>"
    assert taken.made[1].octets.digest == digest(large)
    for end in (near, far):
        end.close()
    exchange.close()
    taken.close()


def test_two_connections_to_a_host_that_have_said_as_much_are_two() -> None:
    """Taken for one, the end of the first would be noted as that of the second."""
    one, other = _Tunnel(), _Tunnel()
    tunnels = [one, other]
    tunnels.remove(other)

    assert tunnels[0] is one
