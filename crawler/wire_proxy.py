"""The way through a proxy of the operator's, up to a socket whose octets are the server's (RFC 9110, 9.3.6; RFC 1928).

Names go to the proxy and are not looked up here. Nothing said here holds the proxy's address, its credentials, or
words of its own: they could name either.
"""

from __future__ import annotations

import asyncio
import socket

from archive.exchange import Failure, Outcome
from archive.http import MalformedHeadError, parse_head
from crawler.resolver import literal_address, sockets_of, system_addresses
from crawler.route import Proxy
from crawler.wire_connection import connect_any, said
from crawler.wire_message import Target, proxy_fields

_HEAD_LIMIT = 64 << 10

# RFC 1928, 6: what a reply says of the server; the others speak of the proxy.
_OF_THE_SERVER: dict[int, tuple[Outcome, Failure, str]] = {
    3: (Outcome.UNREACHABLE, Failure.UNREACHABLE, "network unreachable"),
    4: (Outcome.UNREACHABLE, Failure.UNREACHABLE, "host unreachable"),
    5: (Outcome.REFUSED, Failure.CONNECT_REFUSED, "connection refused"),
    6: (Outcome.UNREACHABLE, Failure.UNREACHABLE, "TTL expired"),
}
_OF_THE_PROXY = {
    1: "general failure",
    2: "not allowed by its rules",
    7: "command not supported",
    8: "address type not supported",
}


class ProxyWayError(Exception):
    """No way through the proxy, by its own fault or, as it says, by the server's."""

    def __init__(self, error: str, outcome: Outcome = Outcome.PROXY, failure: Failure = Failure.PROXY) -> None:
        super().__init__(error)
        self.outcome = outcome
        self.failure = failure


async def way_through(proxy: Proxy, target: Target) -> socket.socket:
    """A socket to write the target's octets to; for plain http over an HTTP proxy, which forwards, the proxy's own.

    Raises ProxyWayError. The socket does not block, and the caller closes it.
    """
    if proxy.scheme == "socks5":
        return await _by_socks(proxy, target)
    try:
        connected, _ = await connect_any(sockets_of(await _addresses(proxy), proxy.port))
    except OSError as error:
        raise ProxyWayError(f"no connection to the proxy: {said(error)}") from error
    if target.scheme == "http":
        return connected
    try:
        await _open_tunnel(connected, proxy, target)
    except BaseException:
        connected.close()
        raise
    return connected


async def _addresses(proxy: Proxy) -> list[str]:
    literal = literal_address(proxy.host)
    if literal is not None:
        return [literal]
    try:
        return list(dict.fromkeys(await system_addresses(proxy.host)))
    except (OSError, UnicodeError) as error:
        raise ProxyWayError("the proxy's name has no address") from error


# CONNECT


async def _open_tunnel(connected: socket.socket, proxy: Proxy, target: Target) -> None:
    host = f"[{target.host}]" if ":" in target.host else target.host
    authority = f"{host}:{target.port}".encode("ascii")
    lines = [b"CONNECT %b HTTP/1.1" % authority, b"Host: %b" % authority, *proxy_fields(proxy)]
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_sendall(connected, b"\r\n".join(lines) + b"\r\n\r\n")
        status = await _status_of_answer(connected)
    except MalformedHeadError as error:
        raise ProxyWayError("the proxy's answer to CONNECT is not HTTP") from error
    except OSError as error:
        raise ProxyWayError(f"the proxy broke off before its answer to CONNECT: {said(error)}") from error
    if not 200 <= status < 300:
        words = ": it asks for a user and password, or refuses the ones it got" if status == 407 else ""
        raise ProxyWayError(f"the proxy answered {status} to CONNECT{words}")


async def _status_of_answer(connected: socket.socket) -> int:
    """Status of the answer to CONNECT; takes no octet more than its head, for what follows is the server's.

    RFC 9110, 9.3.6: a length or a transfer coding that a successful answer names means nothing.
    """
    loop = asyncio.get_running_loop()
    received = bytearray()
    while len(received) < _HEAD_LIMIT:
        octet = await loop.sock_recv(connected, 1)
        if not octet:
            raise ProxyWayError("the proxy closed the connection before its answer to CONNECT")
        received += octet
        if received.endswith((b"\n\n", b"\n\r\n")) or len(received) == 5:
            head = parse_head(bytes(received))
            if head is not None:
                return head.status
    raise ProxyWayError(f"the proxy's answer to CONNECT has no end in {_HEAD_LIMIT} octets")


# SOCKS5


async def _by_socks(proxy: Proxy, target: Target) -> socket.socket:
    from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError, ProxyType
    from python_socks.async_.asyncio import Proxy as SocksProxy

    refusal: OSError | None = None
    for address in await _addresses(proxy):
        way = SocksProxy(ProxyType.SOCKS5, address, proxy.port, proxy.user, proxy.password, rdns=True)
        try:
            # The caller's own time-out is the shorter one: this only has to be out of its way.
            return await way.connect(target.host.rstrip("."), target.port, timeout=86_400)
        except ProxyConnectionError as error:
            refusal = error
        except ProxyError as error:
            raise _socks_error(error.error_code) from error
        except ProxyTimeoutError as error:
            raise ProxyWayError("no answer of the proxy") from error
        except OSError as error:
            raise ProxyWayError(f"the proxy broke off: {said(error)}") from error
        except (UnicodeError, ValueError) as error:
            raise ProxyWayError(f"{target.host} cannot be asked of the proxy") from error
    raise ProxyWayError(f"no connection to the proxy: {said(refusal) if refusal else 'no address'}") from refusal


def _socks_error(code: int | None) -> ProxyWayError:
    if code is None:
        return ProxyWayError("the proxy broke off, refused the user and password, or does not speak SOCKS5")
    code = int(code)
    if code in _OF_THE_SERVER:
        outcome, failure, words = _OF_THE_SERVER[code]
        return ProxyWayError(f"{words} (reply {code}), as the proxy says", outcome, failure)
    return ProxyWayError(f"the proxy answered: {_OF_THE_PROXY.get(code, 'failure')} (reply {code})")
