"""Fetching through proxies: the records are the server's, and nothing of the proxy's gets into them."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Literal

import pytest
import trustme
from loops import run_on
from proxy_server import Fault, ProxyServer
from wire_server import Do, Pause, Script, WireServer

from archive.exchange import Exchange, Failure, Outcome
from crawler.route import Route, parse_proxy
from crawler.wire_client import WireClient, WireLimits
from crawler.wire_message import WireRequest

HOST = "pages.example"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
USER = ("operator", "se:cret~")
TO_LOOPBACK = {HOST: "127.0.0.1"}
FAST = WireLimits(connect=5, head=5, body=5, idle=5)

Kind = Literal["http", "connect", "socks5"]
KINDS: list[Kind] = ["http", "connect", "socks5"]
VANTAGES = {"http": "http proxy", "connect": "connect proxy", "socks5": "socks5 proxy"}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def fetched() -> Iterator[list[Exchange]]:
    """Exchanges of the test, to be closed after it."""
    exchanges: list[Exchange] = []
    yield exchanges
    for exchange in exchanges:
        exchange.close()


def context(authority: trustme.CA) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(made)
    return made


async def no_look_up(host: str, _within: float) -> Any:
    raise AssertionError(f"{host} was looked up here")


def fetch(
    fetched: list[Exchange],
    proxy: str,
    *requests: str | WireRequest,
    limits: WireLimits = FAST,
    label: str | None = "a flat",
) -> Exchange:
    """Fetch one after the other with one client; give the last exchange."""
    route = Route(parse_proxy(proxy), label)

    async def run() -> None:
        client = WireClient(limits, look_up=no_look_up)
        try:
            for request in requests:
                url, method, body = (
                    (request, "GET", b"") if isinstance(request, str) else (request.url, request.method, request.body)
                )
                fetched.append(await client.fetch(WireRequest(url, method, [(b"X-Of", b"us")], body, route)))
        finally:
            await client.close()

    run_on("uvloop", run())
    return fetched[-1]


def scheme_of(kind: Kind) -> Literal["http", "socks5"]:
    return "socks5" if kind == "socks5" else "http"


def assert_nothing_of(proxy: ProxyServer, exchange: Exchange) -> None:
    """Neither the address nor the credentials of the proxy are anywhere in an exchange."""
    text = "\n".join(
        repr(getattr(exchange, one.name)) for one in fields(exchange) if one.name not in ("request", "response")
    )
    octets = text.encode() + exchange.request.read() + exchange.response.read()
    for secret in (f":{proxy.port}", *USER, "Proxy-", "proxy-authorization", "who?"):
        assert secret.encode() not in octets, secret
    assert exchange.peer is None
    assert exchange.dns is None


@pytest.mark.parametrize("credentials", [None, USER], ids=["open", "with credentials"])
@pytest.mark.parametrize("octet_by_octet", [False, True], ids=["at once", "octet by octet"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_records_are_those_of_a_direct_fetch(
    authority: trustme.CA,
    fetched: list[Exchange],
    kind: Kind,
    octet_by_octet: bool,
    credentials: tuple[str, str] | None,
) -> None:
    tls = context(authority) if kind == "connect" else None
    with (
        WireServer({"*": [OK]}, tls=tls) as server,
        ProxyServer(TO_LOOPBACK, credentials=credentials, octet_by_octet=octet_by_octet) as proxy,
    ):
        user = ":".join(credentials) if credentials else None
        exchange = fetch(fetched, proxy.url(scheme_of(kind), user=user), server.url("/a?b#c", host=HOST))

    assert (exchange.outcome, exchange.failure, exchange.error) == ("response", None, None)
    assert exchange.request.read() == server.seen[0].request
    assert exchange.request.read() == (
        f"GET /a?b HTTP/1.1\r\nHost: {HOST}:{server.port}\r\n".encode()
        + b"X-Of: us\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\r\n"
    )
    assert exchange.response.read() == OK
    assert (exchange.vantage, exchange.vantage_label) == (VANTAGES[kind], "a flat")
    assert (exchange.tls is not None) == (kind == "connect")
    assert_nothing_of(proxy, exchange)
    [asked] = proxy.asked
    assert (asked.kind, asked.host, asked.port) == ("absolute" if kind == "http" else kind, HOST, server.port)
    assert asked.credentials == credentials


def test_an_http_proxy_is_asked_in_absolute_form(fetched: list[Exchange]) -> None:
    with WireServer({"*": [OK]}) as server, ProxyServer(TO_LOOPBACK, credentials=USER) as proxy:
        fetch(fetched, proxy.url("http", user=":".join(USER)), server.url("/a?b", host=HOST))

    lines = proxy.asked[0].message.split(b"\r\n")
    assert lines[0] == b"GET http://%b:%d/a?b HTTP/1.1" % (HOST.encode(), server.port)
    assert lines[1] == b"Host: %b:%d" % (HOST.encode(), server.port)
    assert lines[2].startswith(b"Proxy-Authorization: Basic ")


def test_credentials_do_not_go_to_the_server(authority: trustme.CA, fetched: list[Exchange]) -> None:
    with (
        WireServer({"*": [OK]}, tls=context(authority)) as server,
        ProxyServer(TO_LOOPBACK, credentials=USER) as proxy,
    ):
        fetch(fetched, proxy.url("http", user=":".join(USER)), server.url(host=HOST))

    assert b"Proxy" not in server.seen[0].request


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_is_passed_on_as_an_address(authority: trustme.CA, fetched: list[Exchange], kind: Kind) -> None:
    tls = context(authority) if kind == "connect" else None
    with WireServer({"*": [OK]}, tls=tls) as server, ProxyServer() as proxy:
        exchange = fetch(fetched, proxy.url(scheme_of(kind)), server.url())

    assert exchange.outcome == "response"
    assert proxy.asked[0].host == "127.0.0.1"


def test_a_post_through_a_forwarding_proxy_is_recorded_as_the_server_gets_it(fetched: list[Exchange]) -> None:
    body = bytes(range(256)) * 1024
    with WireServer({"*": [OK]}) as server, ProxyServer(TO_LOOPBACK, credentials=USER) as proxy:
        url = server.url("/form", host=HOST)
        exchange = fetch(fetched, proxy.url("http", user=":".join(USER)), WireRequest(url, "POST", body=body))

    assert exchange.request.read() == server.seen[0].request
    assert exchange.request.read().endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize("kind", KINDS)
def test_each_request_behind_a_proxy_has_a_connection_of_its_own(
    authority: trustme.CA, fetched: list[Exchange], kind: Kind
) -> None:
    """A proxy delays octets: over a kept connection those of one answer could be taken for the next one."""
    tls = context(authority) if kind == "connect" else None
    names = {HOST: "127.0.0.1", "other.example": "127.0.0.1"}
    with WireServer({"*": [OK]}, tls=tls) as server, ProxyServer(names) as proxy:
        urls = [server.url(path, host=host) for path in ("/1", "/2") for host in names]
        fetch(fetched, proxy.url(scheme_of(kind)), *urls)

    assert [exchange.outcome for exchange in fetched] == ["response"] * 4
    assert [asked.connection for asked in proxy.asked] == [0, 1, 2, 3]


def test_no_connection_of_one_route_serves_another(fetched: list[Exchange]) -> None:
    async def run(server: WireServer, *proxies: ProxyServer) -> None:
        client = WireClient(FAST)
        routes = [
            Route(),
            *(Route(parse_proxy(proxy.url(scheme))) for proxy in proxies for scheme in ("http", "socks5")),
        ]
        try:
            for route in routes * 2:
                fetched.append(await client.fetch(WireRequest(server.url(), route=route)))
        finally:
            await client.close()

    with WireServer({"*": [OK]}) as server, ProxyServer() as one, ProxyServer() as other:
        run_on("uvloop", run(server, one, other))

    assert [exchange.outcome for exchange in fetched] == ["response"] * 10
    assert [exchange.peer for exchange in fetched] == ["127.0.0.1", None, None, None, None] * 2
    assert (one.connections, other.connections) == (4, 4)


EXTRAS = {
    "fields": b"HTTP/1.1 200 Connection established\r\nVia: 1.1 some\r\nProxy-Agent: x\r\n\r\n",
    "a length": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "a length that means nothing": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.0": b"HTTP/1.0 200 \r\n\r\n",
    "another success": b"HTTP/1.1 204 No Content\r\n\r\n",
    "bare LF": b"HTTP/1.1 200 OK\nVia: x\n\n",
    "a long head": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000 + b"\r\n",
}


@pytest.mark.parametrize("octet_by_octet", [False, True], ids=["at once", "octet by octet"])
@pytest.mark.parametrize("name", EXTRAS)
def test_whatever_a_proxy_adds_to_its_answer_the_tunnel_begins_after_it(
    authority: trustme.CA, fetched: list[Exchange], name: str, octet_by_octet: bool
) -> None:
    with (
        WireServer({"*": [OK]}, tls=context(authority)) as server,
        ProxyServer(
            TO_LOOPBACK, answer=EXTRAS[name], octet_by_octet=octet_by_octet and len(EXTRAS[name]) < 999
        ) as proxy,
    ):
        exchange = fetch(fetched, proxy.url("http"), server.url(host=HOST))

    assert (exchange.outcome, exchange.error) == ("response", None)
    assert exchange.response.read() == OK


def test_octets_of_the_tunnel_that_come_with_the_answer_are_the_servers(fetched: list[Exchange]) -> None:
    """A server that answers before it is asked: its octets follow the proxy's in one packet."""
    with WireServer({"*": []}, greeting=[OK]) as server, ProxyServer(TO_LOOPBACK, eager=True) as proxy:
        exchange = fetch(fetched, proxy.url("socks5"), server.url(host=HOST))

    assert exchange.response.read() == OK


def test_octets_in_the_tunnel_before_the_handshake_are_not_taken_for_the_proxys(fetched: list[Exchange]) -> None:
    with WireServer({}, greeting=[b"SSH-2.0-x\r\n", Do.HOLD]) as server, ProxyServer(TO_LOOPBACK, eager=True) as proxy:
        exchange = fetch(fetched, proxy.url("http"), f"https://{HOST}:{server.port}/")

    assert (exchange.outcome, exchange.stage, exchange.failure) == ("tls", "tls", Failure.TLS_REFUSED)


# name: what the proxy does
BROKEN: dict[str, dict[str, Any]] = {
    "closes": {"fault": Fault.CLOSE},
    "resets": {"fault": Fault.RESET},
    "closes when asked": {"fault": Fault.CLOSE_ASKED},
    "resets when asked": {"fault": Fault.RESET_ASKED},
    "is silent": {"fault": Fault.HOLD},
    "wants credentials": {"credentials": USER},
    "speaks another protocol": {"fault": Fault.GARBAGE},
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_that_fails_says_nothing_about_the_server(
    authority: trustme.CA, fetched: list[Exchange], kind: Kind, name: str
) -> None:
    # short only where nothing, or no end of it, comes: a busy machine must not come too late to what was said
    endless = name in ("is silent", "speaks another protocol")
    limits = WireLimits(connect=0.5, head=0.5) if endless else WireLimits(connect=60, head=60)
    tls = context(authority) if kind == "connect" else None
    with WireServer({"*": [OK]}, tls=tls) as server, ProxyServer(TO_LOOPBACK, **BROKEN[name]) as proxy:
        exchange = fetch(fetched, proxy.url(scheme_of(kind)), server.url(host=HOST), limits=limits)

    assert server.connections == 0
    assert_nothing_of(proxy, exchange)
    assert (exchange.vantage, exchange.vantage_label) == (VANTAGES[kind], "a flat")
    if kind == "http" and endless:
        # what a forwarding proxy passes on, and what it says itself, cannot be told apart
        assert exchange.failure in (Failure.HEAD_TIMEOUT, Failure.MALFORMED)
        return
    assert (exchange.outcome, exchange.failure, exchange.status) == (Outcome.PROXY, Failure.PROXY, None)
    assert (len(exchange.request), len(exchange.response), exchange.tls) == (0, 0, None)
    assert exchange.error
    assert "proxy" in exchange.error


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_credentials_are_the_proxys_failure_and_are_not_told(
    authority: trustme.CA, fetched: list[Exchange], kind: Kind
) -> None:
    tls = context(authority) if kind == "connect" else None
    with WireServer({"*": [OK]}, tls=tls) as server, ProxyServer(TO_LOOPBACK, credentials=("a", "b")) as proxy:
        exchange = fetch(fetched, proxy.url(scheme_of(kind), user=":".join(USER)), server.url(host=HOST))

    assert (exchange.outcome, exchange.failure) == (Outcome.PROXY, Failure.PROXY)
    assert_nothing_of(proxy, exchange)


@pytest.mark.parametrize("status", [301, 400, 403, 404, 407, 429, 502, 503, 504])
def test_a_tunnel_refused_is_the_proxys_failure(fetched: list[Exchange], status: int) -> None:
    answer = b"HTTP/1.1 %d said by 10.0.0.1\r\nContent-Length: 4\r\n\r\nwho?" % status
    with ProxyServer(TO_LOOPBACK, answer=answer) as proxy:
        exchange = fetch(fetched, proxy.url("http"), f"https://{HOST}/")

    assert (exchange.outcome, exchange.failure, exchange.stage) == (Outcome.PROXY, Failure.PROXY, "connect")
    assert exchange.error is not None
    assert exchange.error.startswith(f"the proxy answered {status} to CONNECT")
    assert "10.0.0.1" not in exchange.error
    assert_nothing_of(proxy, exchange)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, b"SSH-2.0-x\r\n", b"HTTP/1.1 2", b"HTTP/1.1 abc OK\r\n\r\n"]
)
def test_an_answer_to_connect_that_is_none_is_the_proxys_failure(fetched: list[Exchange], answer: bytes) -> None:
    with WireServer({"*": [Do.CLOSE]}, greeting=[Do.CLOSE]) as server, ProxyServer(TO_LOOPBACK, answer=answer) as proxy:
        exchange = fetch(fetched, proxy.url("http"), f"https://{HOST}:{server.port}/")

    assert (exchange.outcome, exchange.failure) == (Outcome.PROXY, Failure.PROXY)


# reply code: (outcome, failure)
REPLIES = {
    1: (Outcome.PROXY, Failure.PROXY),
    2: (Outcome.PROXY, Failure.PROXY),
    3: (Outcome.UNREACHABLE, Failure.UNREACHABLE),
    4: (Outcome.UNREACHABLE, Failure.UNREACHABLE),
    5: (Outcome.REFUSED, Failure.CONNECT_REFUSED),
    6: (Outcome.UNREACHABLE, Failure.UNREACHABLE),
    7: (Outcome.PROXY, Failure.PROXY),
    8: (Outcome.PROXY, Failure.PROXY),
    99: (Outcome.PROXY, Failure.PROXY),
}


@pytest.mark.parametrize("code", REPLIES)
def test_what_a_socks_reply_says_of_the_server_is_the_servers(fetched: list[Exchange], code: int) -> None:
    with ProxyServer(TO_LOOPBACK, reply=code) as proxy:
        exchange = fetch(fetched, proxy.url("socks5"), f"http://{HOST}/")

    assert (exchange.outcome, exchange.failure) == REPLIES[code]
    assert exchange.stage == "connect"
    assert exchange.error is not None
    if exchange.outcome is not Outcome.PROXY:
        assert exchange.error.endswith("as the proxy says")
    assert_nothing_of(proxy, exchange)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_a_server_that_refuses_behind_a_socks_proxy_is_on_record_as_that(fetched: list[Exchange]) -> None:
    with ProxyServer(TO_LOOPBACK) as proxy:
        exchange = fetch(fetched, proxy.url("socks5"), f"http://{HOST}:{unused_port()}/")

    assert (exchange.outcome, exchange.failure) == (Outcome.REFUSED, Failure.CONNECT_REFUSED)


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_a_proxy_that_is_not_there(fetched: list[Exchange], scheme: str) -> None:
    port = unused_port()
    exchange = fetch(fetched, f"{scheme}://127.0.0.1:{port}", f"http://{HOST}/", f"https://{HOST}/")

    for one in fetched:
        assert (one.outcome, one.failure, one.stage) == (Outcome.PROXY, Failure.PROXY, "connect")
    assert exchange.error == "no connection to the proxy: Connection refused"


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_a_proxys_name_is_in_no_error(fetched: list[Exchange], scheme: str) -> None:
    exchange = fetch(fetched, f"{scheme}://hidden-proxy.localhost.invalid:1", f"http://{HOST}/")

    assert (exchange.outcome, exchange.error) == (Outcome.PROXY, "the proxy's name has no address")


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_a_name_is_asked_of_no_proxy(fetched: list[Exchange], kind: Kind) -> None:
    with ProxyServer() as proxy:
        url = f"{'https' if kind == 'connect' else 'http'}://{'a' * 64}.example/"
        exchange = fetch(fetched, proxy.url(scheme_of(kind)), url)

    assert (exchange.outcome, exchange.failure) == (Outcome.UNRESOLVED, Failure.NO_NAME)
    assert proxy.asked == []


@pytest.mark.parametrize("kind", ["connect", "socks5"])
def test_a_tunnel_that_breaks_is_the_servers_failure(
    authority: trustme.CA, fetched: list[Exchange], kind: Kind
) -> None:
    tls = context(authority) if kind == "connect" else None
    scripts: dict[str, Script] = {
        "/closed": [Do.CLOSE],
        "/head": [b"HTTP/1.1 2", Pause(0.1), Do.CLOSE],
        "/body": [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", Pause(0.1), Do.CLOSE],
    }
    with WireServer(scripts, tls=tls) as server, ProxyServer(TO_LOOPBACK) as proxy:
        fetch(fetched, proxy.url(scheme_of(kind)), *(server.url(path, host=HOST) for path in scripts))

    assert [exchange.failure for exchange in fetched] == [
        Failure.RESET_BEFORE_HEAD,
        Failure.RESET_IN_HEAD,
        Failure.RESET_IN_BODY,
    ]
    assert [exchange.response.read() for exchange in fetched] == [bytes(seen.response) for seen in server.seen]


def test_a_407_of_the_server_in_a_tunnel_is_a_response(fetched: list[Exchange]) -> None:
    answer = b"HTTP/1.1 407 Odd\r\nContent-Length: 2\r\n\r\nno"
    with WireServer({"*": [answer]}) as server, ProxyServer(TO_LOOPBACK) as proxy:
        exchange = fetch(fetched, proxy.url("socks5"), server.url(host=HOST))

    assert (exchange.outcome, exchange.status, exchange.response.read()) == ("response", 407, answer)


@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_with_an_ipv6_address(authority: trustme.CA, fetched: list[Exchange], kind: Kind) -> None:
    try:
        proxy = ProxyServer(TO_LOOPBACK, host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    tls = context(authority) if kind == "connect" else None
    with WireServer({"*": [OK]}, tls=tls) as server, proxy:
        exchange = fetch(fetched, proxy.url(scheme_of(kind)), server.url(host=HOST))

    assert exchange.outcome == "response"


def test_fields_meant_for_a_proxy_are_never_sent_to_a_server(fetched: list[Exchange]) -> None:
    async def run(url: str) -> None:
        client = WireClient(FAST)
        headers = [(b"Proxy-Authorization", b"Basic x"), (b"proxy-connection", b"close")]
        try:
            fetched.append(await client.fetch(WireRequest(url, headers=headers)))
        finally:
            await client.close()

    with WireServer({"*": [OK]}) as server:
        run_on("uvloop", run(server.url()))

    assert b"roxy" not in server.seen[0].request
    assert (fetched[0].vantage, fetched[0].vantage_label) == ("direct", None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected http://host:port or socks5://host:port"),
        ("proxy.example:8080", "expected http://host:port"),
        ("socks4://proxy.example:1080", "kind http or socks5, found 'socks4'"),
        ("http://proxy.example", "expected a port after the proxy's host"),
        ("http://proxy.example:0", "from 1 to 65535, found 0"),
        ("http://proxy.example:8080/path", "expected http://host:port"),
        ("http://:8080", "the name or address of the proxy's host"),
        ("http://[::g]:8080", "an IPv6 address in brackets"),
        ("http://user@proxy.example:8080", "one of the two missing"),
        ("http://a%3Ab:c@proxy.example:8080", "without a colon"),
        (f"socks5://a:{'b' * 256}@proxy.example:1080", "up to 255 octets"),
        ("socks5://a:%C3%A9@proxy.example:1080", "in ASCII"),
    ],
)
def test_what_is_no_proxy_is_refused_without_its_credentials(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="expected") as refusal:
        parse_proxy(text)

    assert words in str(refusal.value)
    for secret in ("user", "bbb", "a%3Ab"):
        assert secret + "@" not in str(refusal.value)
