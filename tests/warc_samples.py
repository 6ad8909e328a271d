"""Exchanges of every outcome, as the wire handler would make them; a WARC writer with a fixed clock and fixed ids."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archive.capture import Capture
from archive.digest import digest
from archive.exchange import Exchange, Occasion, Outcome, TlsFacts
from archive.spool import Spool
from archive.warc import WarcWriter, WrittenRecord

BEGAN = datetime(2026, 11, 22, 1, 0, 1, 123456, tzinfo=UTC)
OCCASION = Occasion(
    crawl="20261122010000-demo",
    site="memory-of-the-north",
    via="http://site.example/cases/",
    hops="LL",
    notes=(("robots", "allowed"),),
)
WARCINFO = (("operator", "Archive of the North <archive@north.example>"), ("isPartOf", "20261122010000-demo"))
TLS = TlsFacts(
    version="TLSv1.3",
    cipher="TLS_AES_128_GCM_SHA256",
    alpn="http/1.1",
    chain=(b"leaf in DER", b"issuer in DER"),
    verdict="self-signed certificate in certificate chain",
    roots="certifi 2026.10.18",
)
PAGE = "<h1>Дело № 17</h1><p>Пять лет</p>\n".encode() * 20


def ids(start: int = 1) -> Callable[[], str]:
    """Record ids in a row: `urn:uuid:00000001-0000-4000-8000-000000000001` and so on."""
    counter = itertools.count(start)
    return lambda: "urn:uuid:{0:08x}-0000-4000-8000-{0:012x}".format(next(counter))


def request_bytes(path: str = "/cases/17", method: str = "GET", body: bytes = b"") -> bytes:
    """A request as the wire handler sends it."""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: site.example\r\n{length}\r\n".encode() + body


def exchange(
    url: str = "http://site.example/cases/17",
    *,
    head: bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n",
    body: bytes = PAGE,
    payload: bytes | None = None,
    status: int = 200,
    after: timedelta = timedelta(),
    request: bytes | None = None,
    **more: Any,
) -> Exchange:
    """An exchange with a complete head; `payload` where it differs from the body's octets."""
    head = head.replace(b"%d", str(len(body)).encode())
    payload = body if payload is None else payload
    values: dict[str, Any] = {
        "method": "GET",
        "duration": 0.25,
        "outcome": Outcome.RESPONSE,
        "mime": "text/html",
        "payload_digest": digest(payload),
        "payload_length": len(payload),
        "peer": "192.0.2.17",
    }
    values.update(more)
    return Exchange(
        url=url,
        began_at=BEGAN + after,
        request=Spool(request_bytes() if request is None else request),
        response=Spool(head + body),
        status=status,
        head_length=len(head),
        **values,
    )


def failure(
    outcome: Outcome,
    url: str = "http://site.example/cases/18",
    *,
    request: bytes = b"",
    received: bytes = b"",
    after: timedelta = timedelta(),
    **more: Any,
) -> Exchange:
    """An exchange without a complete head."""
    return Exchange(
        url=url,
        method="GET",
        began_at=BEGAN + after,
        duration=1.5,
        outcome=outcome,
        request=Spool(request),
        response=Spool(received),
        **more,
    )


CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED_BODY = b"6;of=two\r\nfive, \r\n5\r\neight\r\n0\r\nX-Trailer: yes\r\n\r\n"


KINDS = (
    *("ordinary", "tls", "chunked", "continued", "empty", "head", "posted", "moved", "truncated", "large"),
    *("reset", "malformed", "late", "unresolved", "robots"),
)


def all_exchanges() -> dict[str, Exchange]:
    """One exchange of every kind, each a second after the one before."""
    seconds = (timedelta(seconds=n) for n in itertools.count())
    return {
        "ordinary": exchange(after=next(seconds), peer="2001:DB8:0:0::17"),
        "tls": exchange("https://site.example/cases/17?a=1&b=2", after=next(seconds), tls=TLS),
        "chunked": exchange(
            "http://site.example/chunked",
            head=CHUNKED_HEAD,
            body=CHUNKED_BODY,
            payload=b"five, eight",
            after=next(seconds),
        ),
        "continued": exchange(
            "http://site.example/continued",
            head=b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n",
            after=next(seconds),
            mime=None,
        ),
        "empty": exchange(
            "http://site.example/empty",
            head=b"HTTP/1.1 204 No Content\r\n\r\n",
            body=b"",
            status=204,
            mime=None,
            after=next(seconds),
        ),
        "head": exchange(
            "http://site.example/head",
            head=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12345\r\n\r\n",
            body=b"",
            method="HEAD",
            request=request_bytes("/head", "HEAD"),
            after=next(seconds),
        ),
        "posted": exchange(
            "http://site.example/search",
            method="POST",
            request=request_bytes("/search", "POST", "q=имя".encode()),
            after=next(seconds),
        ),
        "moved": exchange(
            "http://site.example/old",
            head=b"HTTP/1.1 301 Moved\r\nLocation: /cases/17\r\nContent-Length: 0\r\n\r\n",
            body=b"",
            status=301,
            mime=None,
            after=next(seconds),
        ),
        "truncated": exchange(
            "http://site.example/truncated",
            head=b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 99999\r\n\r\n",
            mime="text/plain",
            outcome=Outcome.TRUNCATED,
            truncated="disconnect",
            stage="body",
            error="expected 99999 octets of the body, found fewer",
            after=next(seconds),
        ),
        "large": exchange(
            "http://site.example/large",
            head=b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: %d\r\n\r\n",
            body=bytes(range(256)) * 12_000,
            mime="application/pdf",
            after=next(seconds),
        ),
        "reset": failure(
            Outcome.RESET,
            request=request_bytes("/cases/18"),
            stage="head",
            error="the server closed the connection\r\n without an answer",
            peer="192.0.2.18",
            after=next(seconds),
        ),
        "malformed": failure(
            Outcome.MALFORMED,
            "http://site.example/ssh",
            request=request_bytes("/ssh"),
            received=b"SSH-2.0-OpenSSH_9.2\r\n\x00\xff",
            stage="head",
            error="expected HTTP",
            peer="fe80::1%eth0",
            after=next(seconds),
        ),
        "late": failure(
            Outcome.TIMEOUT,
            "http://site.example/late",
            request=request_bytes("/late"),
            received=b"HTTP/1.1 200",
            stage="head",
            truncated="time",
            error="nothing came for 30 s",
            after=next(seconds),
        ),
        "unresolved": failure(
            Outcome.UNRESOLVED,
            "http://nowhere.invalid/",
            stage="resolve",
            error="no address for nowhere.invalid",
            after=next(seconds),
        ),
        "robots": failure(
            Outcome.ROBOTS, "http://site.example/private/", stage="policy", error="robots.txt: /", after=next(seconds)
        ),
    }


def writer(folder: Path, *, serial: int = 0, start: int = 1) -> WarcWriter:
    """A file begun at a fixed time with fixed ids."""
    return WarcWriter.create(folder, prefix="khronika", warcinfo=WARCINFO, now=BEGAN, serial=serial, new_id=ids(start))


def store(
    warc: WarcWriter, each: Exchange, original: Capture | None = None, *, occasion: Occasion = OCCASION
) -> tuple[Capture, list[WrittenRecord]]:
    """Append an exchange and free it."""
    try:
        return warc.append(each, occasion, original=original)
    finally:
        each.close()


def full_warc(folder: Path) -> Path:
    """A closed WARC with every kind of exchange, and a revisit of the first at the end."""
    warc = writer(folder)
    originals = {}
    for kind, each in all_exchanges().items():
        originals[kind], _ = store(warc, each)
    store(warc, exchange(after=timedelta(days=1)), originals["ordinary"])
    closed = warc.close()
    return folder / closed.name
