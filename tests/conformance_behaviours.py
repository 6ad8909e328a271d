"""What servers do: each behaviour by name, as octets to send, with what must be kept of it and what is read from it.

The expectations are written by hand or built beside the octets, and owe nothing to the code under test.
"""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import brotli
import zstandard
from wire_server import Do, Pause, Repeat, Script

Limits = Literal["patient", "hasty", "small"]
"""Under which limits a behaviour is met: ample ones, short times, or few octets (`SMALL_BODY`, `SMALL_HEAD`)."""

SMALL_BODY = 1000
SMALL_HEAD = 2000
SPIDER_LIMIT = 4 << 20
"""Octets of a body that a spider is given."""


@dataclass(frozen=True)
class Behaviour:
    """What a server sends in answer to one request, and what is expected of it."""

    script: Script
    payload: bytes | None = b"ok"
    """The entity body: transfer codings removed, content codings kept. None: no complete head."""
    body: bytes | None = None
    """What a spider is given; None: the payload."""
    status: int = 200
    outcome: str = "response"
    truncated: str | None = None
    flags: tuple[str, ...] = ()
    kept: Literal["all", "prefix"] = "all"
    """Whether all that was sent is kept. `prefix`: the client may leave before it has all, or breaks off itself."""
    least: int = 0
    """Octets that are kept at least, of a prefix."""
    most: int | None = None
    """Octets that are kept at most."""
    trickles: bool = False
    """The payload is whatever came after the head until the time was up."""
    reference: bool = True
    """Whether the standard library's client reads the same from the octets; else the expectations here decide."""
    fields: Mapping[bytes, list[bytes]] = field(default_factory=dict)
    """Some of the fields that a spider is given, by lower-case name."""
    text: str | None = None
    """What the page's octets mean, where its charset must be told."""
    method: str = "GET"
    sends: bytes = b""
    """The request's body."""
    limits: Limits = "patient"
    stale: Do | None = None
    """How a connection ends that the request comes over as another than its first one; nothing is sent then."""
    early: bool = False
    """The answer comes before the request's body is read."""
    tls: Mapping[str, Any] = field(default_factory=dict)
    """What is different under TLS, which tells an end from a cut."""

    @property
    def octets(self) -> bytes:
        """All that is sent, when nobody leaves."""
        return b"".join(
            step if isinstance(step, bytes) else step.octets * step.times
            for step in self.script
            if isinstance(step, bytes | Repeat)
        )


PAGE = (
    "<!doctype html><html><head><meta charset=utf-8><title>Вигадана справа</title></head><body>"
    + "<p>Особи тут вигадані, як і їхні справи; числа нічого не значать.</p>" * 12
    + "</body></html>"
).encode()
NOISE = random.Random(3).randbytes(40_000)
OK = b"HTTP/1.1 200 OK\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LAST = b"0\r\n\r\n"


def sized(body: bytes, *fields: bytes, status: bytes = b"HTTP/1.1 200 OK", name: bytes = b"Content-Length") -> bytes:
    """A whole message with a length."""
    lines = b"".join(line + b"\r\n" for line in fields)
    return status + b"\r\n" + lines + b"%b: %d\r\n\r\n" % (name, len(body)) + body


def chunks(body: bytes, size: int = 600, form: bytes = b"%x", extension: bytes = b"", end: bytes = b"\r\n") -> bytes:
    """A body in chunks, without the last one."""
    parts = (body[at : at + size] for at in range(0, len(body), size))
    return b"".join(form % len(part) + extension + end + part + end for part in parts)


def chunked(body: bytes, *fields: bytes, size: int = 600) -> bytes:
    """A whole message in chunks."""
    return OK + b"".join(line + b"\r\n" for line in fields) + CHUNKED + b"\r\n" + chunks(body, size) + LAST


def by_octet(octets: bytes, pause: float = 0.0) -> Script:
    """Each octet in a packet of its own."""
    return [step for octet in octets for step in ((bytes([octet]), Pause(pause)) if pause else (bytes([octet]),))]


def deflated(octets: bytes) -> bytes:
    """deflate without the zlib format around it."""
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(octets) + compressor.flush()


def gzipped(octets: bytes) -> bytes:
    """gzip, the same octets every time."""
    return gzip.compress(octets, mtime=0)


def coded(payload: bytes, coding: bytes, body: bytes = PAGE, **more: Any) -> Behaviour:
    """A page with a content coding."""
    return Behaviour([sized(payload, HTML.strip(), b"Content-Encoding: " + coding)], payload, body, **more)


def redirect(status: int, *fields: bytes, body: bytes = b"", **more: Any) -> Behaviour:
    """A redirect that nobody follows here."""
    return Behaviour([sized(body, *fields, status=b"HTTP/1.1 %d Elsewhere" % status)], body, status=status, **more)


def headed(*lines: bytes, **more: Any) -> Behaviour:
    """A small message with these lines in its head."""
    return Behaviour([sized(b"ok", *lines)], **more)


def cut(*script: Any, payload: bytes = b"", **more: Any) -> Behaviour:
    """A body that ends before its end."""
    facts = {"outcome": "truncated", "truncated": "disconnect", "flags": ("truncated",), "reference": False, **more}
    return Behaviour(script, payload, **facts)


def no_http(*script: Any, outcome: str = "malformed", **more: Any) -> Behaviour:
    """Octets without a complete head."""
    return Behaviour(script, None, outcome=outcome, reference=False, **more)


LENGTHS = {
    "length": Behaviour([sized(PAGE, HTML.strip())], PAGE),
    "length-of-nothing": Behaviour([sized(b"")], b""),
    "length-in-a-body-of-one-octet": Behaviour([sized(b"x")], b"x"),
    "length-twice-the-same": Behaviour([OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok"]),
    "length-as-a-list-of-equals": Behaviour([OK + b"Content-Length: 2, 2\r\n\r\nok"], reference=False),
    "length-twice-and-different": Behaviour(
        [OK + b"Content-Length: 2\r\nContent-Length: 4\r\n\r\nokok"], b"okok", reference=False
    ),
    "length-of-letters": Behaviour([OK + b"Content-Length: two\r\n\r\nok", Do.CLOSE]),
    "length-below-zero": Behaviour([OK + b"Content-Length: -2\r\n\r\nok", Do.CLOSE]),
    "length-of-no-number": Behaviour([OK + b"Content-Length:\r\n\r\nok", Do.CLOSE], reference=False),
    "length-with-a-plus": Behaviour([OK + b"Content-Length: +2\r\n\r\nok", Do.CLOSE], reference=False),
    "length-in-hexadecimal": Behaviour([OK + b"Content-Length: 0x2\r\n\r\nok", Do.CLOSE]),
    "length-with-leading-zeros": Behaviour([OK + b"Content-Length: 00002\r\n\r\nok"]),
    "length-that-no-disk-holds": Behaviour(
        [OK + b"Content-Length: 99999999999999999999999\r\n\r\nok", Do.CLOSE], reference=False
    ),
    "length-of-a-terabyte-and-closed": cut(OK + b"Content-Length: 1000000000000\r\n\r\nok", Do.CLOSE, payload=b"ok"),
    "length-beside-chunks": Behaviour([OK + b"Content-Length: 3\r\n" + CHUNKED + b"\r\n" + chunks(PAGE) + LAST], PAGE),
    "length-after-chunks-field": Behaviour([OK + CHUNKED + b"Content-Length: 99999\r\n\r\n2\r\nok\r\n" + LAST]),
    "no-content": Behaviour([b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"], b"", status=204),
    "no-content-with-a-length": Behaviour([b"HTTP/1.1 204 No Content\r\nContent-Length: 10\r\n\r\n"], b"", status=204),
    "not-modified": Behaviour(
        [b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 1000\r\n\r\n'], b"", status=304
    ),
    "not-modified-with-chunks": Behaviour(
        [b"HTTP/1.1 304 Not Modified\r\n" + CHUNKED + b"\r\n"], b"", status=304, reference=False
    ),
    "reset-content": Behaviour([b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"], b"", status=205),
    "reset-content-with-a-body": Behaviour([sized(b"five!", status=b"HTTP/1.1 205 Reset")], b"five!", status=205),
    "three-mebibytes": Behaviour(
        [OK + b"Content-Length: 3200000\r\n\r\n", Repeat(NOISE, 80)], NOISE * 80, reference=False
    ),
}

METHODS = {
    "head": Behaviour([OK + HTML + b"Content-Length: 1000\r\n\r\n"], b"", method="HEAD"),
    "head-of-chunks": Behaviour([OK + HTML + CHUNKED + b"\r\n"], b"", method="HEAD"),
    "head-of-a-coded-page": Behaviour(
        [OK + HTML + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\n"], b"", method="HEAD"
    ),
    "head-without-a-length": Behaviour([OK + HTML + b"\r\n"], b"", method="HEAD"),
    "head-answered-with-a-body": Behaviour([sized(b"a body nobody asked for")], b"", method="HEAD"),
    "post": Behaviour([sized(PAGE)], PAGE, method="POST", sends="ім'я=вигадане".encode()),
    "post-of-nothing": Behaviour([sized(b"ok")], method="POST"),
    "post-of-half-a-megabyte": Behaviour([sized(b"ok")], method="POST", sends=NOISE * 12),
    "post-answered-with-see-other": redirect(303, b"Location: /ok", method="POST", sends=b"a=b"),
    "post-answered-with-temporary-redirect": redirect(307, b"Location: /ok", method="POST", sends=b"a=b"),
    "post-after-continue": Behaviour([b"HTTP/1.1 100 Continue\r\n\r\n", sized(b"ok")], method="POST", sends=b"a=b"),
    "post-answered-before-it-was-read": Behaviour(
        [sized(b"too much", status=b"HTTP/1.1 413 Content Too Large")],
        b"too much",
        status=413,
        method="POST",
        sends=NOISE * 100,
        early=True,
    ),
    "put": Behaviour([sized(b"ok", status=b"HTTP/1.1 201 Created")], status=201, method="PUT", sends=b"new"),
    "options": Behaviour([OK + b"Allow: GET, HEAD\r\nContent-Length: 0\r\n\r\n"], b"", method="OPTIONS"),
    "delete": Behaviour([b"HTTP/1.1 204 No Content\r\n\r\n"], b"", status=204, method="DELETE"),
}

_CHUNK_HEAD = OK + HTML + CHUNKED + b"\r\n"
CHUNKS = {
    "chunks": Behaviour([chunked(PAGE)], PAGE),
    "chunks-one": Behaviour([chunked(PAGE, size=1 << 20)], PAGE),
    "chunks-none": Behaviour([chunked(b"")], b""),
    "chunks-of-one-octet": Behaviour([chunked(PAGE, size=1)], PAGE),
    "chunks-apart": Behaviour(
        [_CHUNK_HEAD, *(chunks(PAGE[at : at + 300]) for at in range(0, len(PAGE), 300)), LAST], PAGE
    ),
    "chunks-split-in-their-line-ends": Behaviour(
        [
            _CHUNK_HEAD,
            b"2\r",
            Pause(0.002),
            b"\nok\r",
            Pause(0.002),
            b"\n0",
            Pause(0.002),
            b"\r\n\r",
            Pause(0.002),
            b"\n",
        ]
    ),
    "chunks-with-extensions": Behaviour([_CHUNK_HEAD + chunks(PAGE, extension=b';name="a;b";x=1') + LAST], PAGE),
    "chunks-with-an-extension-on-the-last": Behaviour([_CHUNK_HEAD + chunks(PAGE) + b"0;the=end\r\n\r\n"], PAGE),
    "chunks-with-an-odd-extension": Behaviour([_CHUNK_HEAD + chunks(PAGE, extension=b"\t;\xff=\x01") + LAST], PAGE),
    "chunks-with-trailers": Behaviour(
        [_CHUNK_HEAD + chunks(PAGE) + b"0\r\nX-Sum: 1\r\nSet-Cookie: late=1\r\n\r\n"], PAGE
    ),
    "chunks-with-odd-trailers": Behaviour(
        [_CHUNK_HEAD + chunks(PAGE) + b"0\r\nno colon\r\n folded\r\n\xd0\xb0: \x00\r\n\r\n"], PAGE
    ),
    "chunks-in-capital-letters": Behaviour([_CHUNK_HEAD + chunks(PAGE, 0x2AB, b"%X") + LAST], PAGE),
    "chunks-with-leading-zeros": Behaviour([_CHUNK_HEAD + chunks(PAGE, form=b"%08x") + b"00000\r\n\r\n"], PAGE),
    "chunks-with-spaces-after-the-size": Behaviour([_CHUNK_HEAD + chunks(PAGE, form=b"%x  ") + b"0 \r\n\r\n"], PAGE),
    "chunks-with-bare-line-feeds": Behaviour([_CHUNK_HEAD + chunks(PAGE, end=b"\n") + b"0\n\n"], PAGE, reference=False),
    "chunks-with-mixed-line-ends": Behaviour(
        [_CHUNK_HEAD + b"2\nok\r\n2\r\nay\n0\r\nT: u\n\r\n"], b"okay", reference=False
    ),
    "chunks-named-in-capitals": Behaviour([OK + b"TRANSFER-ENCODING:CHUNKED\r\n\r\n2\r\nok\r\n" + LAST]),
    "chunks-and-identity": Behaviour(
        [OK + b"Transfer-Encoding: identity, chunked\r\n\r\n2\r\nok\r\n" + LAST], reference=False
    ),
    "chunks-in-http-1-0": Behaviour([b"HTTP/1.0 200 OK\r\n" + CHUNKED + b"\r\n2\r\nok\r\n" + LAST, Do.CLOSE]),
    "chunks-of-what-looks-like-a-message": Behaviour(
        [chunked(sized(b"inner") + LAST, size=50)], sized(b"inner") + LAST
    ),
    "chunks-of-a-large-page": Behaviour([_CHUNK_HEAD, Repeat(b"9c40\r\n" + NOISE + b"\r\n", 30), LAST], NOISE * 30),
    "chunks-of-gzip": Behaviour(
        [chunked(gzipped(PAGE), HTML.strip(), b"Content-Encoding: gzip", size=9)], gzipped(PAGE), PAGE
    ),
}

_GZIP_CHUNKED = OK + HTML + b"Transfer-Encoding: gzip, chunked\r\n\r\n"
TRANSFER = {
    "transfer-gzip-in-chunks": Behaviour([_GZIP_CHUNKED + chunks(gzipped(PAGE), 99) + LAST], PAGE, reference=False),
    "transfer-gzip-in-two-fields": Behaviour(
        [OK + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(gzipped(PAGE)) + LAST],
        PAGE,
        reference=False,
    ),
    "transfer-gzip-to-the-end": Behaviour(
        [OK + b"Transfer-Encoding: gzip\r\n\r\n" + gzipped(PAGE), Do.CLOSE], PAGE, reference=False
    ),
    "transfer-deflate": Behaviour(
        [OK + b"Transfer-Encoding: deflate, chunked\r\n\r\n" + chunks(zlib.compress(PAGE)) + LAST],
        PAGE,
        reference=False,
    ),
    "transfer-raw-deflate": Behaviour(
        [OK + b"Transfer-Encoding: deflate, chunked\r\n\r\n" + chunks(deflated(PAGE), 1) + LAST], PAGE, reference=False
    ),
    "transfer-gzip-and-content-gzip": Behaviour(
        [
            OK
            + b"Content-Encoding: gzip\r\nTransfer-Encoding: x-gzip, chunked\r\n\r\n"
            + chunks(gzipped(gzipped(PAGE)))
            + LAST
        ],
        gzipped(PAGE),
        PAGE,
        reference=False,
    ),
    "transfer-gzip-that-was-not-applied": Behaviour([_GZIP_CHUNKED + chunks(PAGE, 7) + LAST], PAGE, reference=False),
    "transfer-coding-that-nobody-knows": Behaviour(
        [OK + b"Transfer-Encoding: sealed, chunked\r\n\r\n2\r\nok\r\n" + LAST], reference=False
    ),
    "transfer-chunks-under-gzip": Behaviour(
        [OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n" + gzipped(chunks(PAGE) + LAST), Do.CLOSE],
        chunks(PAGE) + LAST,
        reference=False,
    ),
}

_SECOND = sized(b"<p>of nobody</p>", b"Set-Cookie: of=nobody")
ENDS = {
    "until-the-end": Behaviour([OK + HTML + b"\r\n", PAGE, Do.CLOSE], PAGE),
    "until-the-end-of-nothing": Behaviour([OK + HTML + b"\r\n", Do.CLOSE], b""),
    "until-the-end-in-pieces": Behaviour(
        [OK + b"\r\n", *(PAGE[at : at + 97] for at in range(0, len(PAGE), 97)), Do.CLOSE], PAGE
    ),
    "until-the-end-though-kept-alive": Behaviour([OK + b"Connection: keep-alive\r\n\r\n" + PAGE, Do.CLOSE], PAGE),
    "until-the-end-without-a-goodbye": Behaviour(
        [OK + b"\r\n" + PAGE, Do.DROP],
        PAGE,
        tls={"outcome": "truncated", "truncated": "disconnect", "flags": ("truncated",)},
    ),
    "until-the-end-of-a-large-page": Behaviour([OK + b"\r\n", Repeat(NOISE, 40), Do.CLOSE], NOISE * 40),
    "until-the-end-of-gzip": Behaviour(
        [OK + HTML + b"Content-Encoding: gzip\r\n\r\n" + gzipped(PAGE), Do.CLOSE], gzipped(PAGE), PAGE
    ),
    "http-1-0": Behaviour([b"HTTP/1.0 200 OK\r\n" + HTML + b"\r\n" + PAGE, Do.CLOSE], PAGE),
    "http-1-0-kept-alive": Behaviour([sized(PAGE, b"Connection: Keep-Alive", status=b"HTTP/1.0 200 OK")], PAGE),
    "http-1-0-with-a-length": Behaviour([sized(PAGE, status=b"HTTP/1.0 200 OK"), Do.CLOSE], PAGE),
    "close-announced": Behaviour([sized(PAGE, b"Connection: close"), Do.CLOSE], PAGE),
    "close-announced-and-not-done": Behaviour([sized(PAGE, b"Connection: close")], PAGE),
    "close-not-announced": Behaviour([sized(PAGE), Do.CLOSE], PAGE),
    "close-not-announced-without-a-goodbye": Behaviour([sized(PAGE), Do.DROP], PAGE),
    "reset-after-the-message": Behaviour([sized(PAGE, b"Connection: close"), Pause(0.02), Do.RESET], PAGE),
    "keep-alive-with-its-terms": Behaviour([sized(b"ok", b"Connection: keep-alive", b"Keep-Alive: timeout=5, max=9")]),
    "upgrade-offered": Behaviour([sized(b"ok", b"Connection: upgrade", b"Upgrade: h2c")]),
    "stale-connection-closed": Behaviour([sized(PAGE)], PAGE, stale=Do.CLOSE),
    "stale-connection-dropped": Behaviour([sized(PAGE)], PAGE, stale=Do.DROP),
    "stale-connection-reset": Behaviour([sized(PAGE)], PAGE, stale=Do.RESET),
    "surplus-octets": Behaviour([sized(b"ok") + b"surplus"]),
    "surplus-line-end": Behaviour([sized(PAGE) + b"\r\n"], PAGE),
    "surplus-of-a-second-answer": Behaviour([sized(PAGE) + _SECOND], PAGE),
    "surplus-after-chunks": Behaviour([chunked(PAGE) + _SECOND], PAGE),
    "surplus-after-no-content": Behaviour([b"HTTP/1.1 204 No Content\r\n\r\nand yet"], b"", status=204),
    "surplus-after-not-modified": Behaviour([b"HTTP/1.1 304 Not Modified\r\n\r\n" + _SECOND], b"", status=304),
    "surplus-after-an-announced-close": Behaviour([sized(b"ok", b"Connection: close") + b"surplus", Do.CLOSE]),
    "surplus-without-an-end": Behaviour(
        [sized(b"ok") + b"surplus", Repeat(NOISE, 60)], kept="prefix", least=len(sized(b"ok"))
    ),
}

TEN = OK + b"Content-Length: 10\r\n\r\n"
CUTS = {
    "cut-after-the-head": cut(TEN, Do.CLOSE),
    "cut-in-the-body": cut(TEN + b"half", Do.CLOSE, payload=b"half"),
    "cut-before-the-last-octet": cut(TEN + b"nine ninen"[:9], Do.CLOSE, payload=b"nine nine"),
    "cut-in-the-body-without-a-goodbye": cut(TEN + b"half", Do.DROP, payload=b"half"),
    "cut-in-a-large-body": cut(
        OK + b"Content-Length: 9999999\r\n\r\n", Repeat(NOISE, 20), Do.CLOSE, payload=NOISE * 20
    ),
    "cut-gzip": cut(
        OK + HTML + b"Content-Encoding: gzip\r\nContent-Length: 9999\r\n\r\n" + gzipped(PAGE)[:-4],
        Do.CLOSE,
        payload=gzipped(PAGE)[:-4],
        body=PAGE,
    ),
    "cut-before-the-first-chunk": cut(_CHUNK_HEAD, Do.CLOSE),
    "cut-in-a-chunk-size": cut(_CHUNK_HEAD + b"4\r\nhalf\r\n1", Do.CLOSE, payload=b"half"),
    "cut-in-a-chunk": cut(_CHUNK_HEAD + b"a\r\nhalf", Do.CLOSE, payload=b"half"),
    "cut-in-the-line-end-of-a-chunk": cut(_CHUNK_HEAD + b"4\r\nhalf\r", Do.CLOSE, payload=b"half"),
    "cut-before-the-last-chunk": cut(_CHUNK_HEAD + b"4\r\nhalf\r\n", Do.CLOSE, payload=b"half"),
    "cut-in-the-last-chunk": cut(_CHUNK_HEAD + b"4\r\nhalf\r\n0\r\n", Do.CLOSE, payload=b"half"),
    "cut-in-the-trailers": cut(_CHUNK_HEAD + b"4\r\nhalf\r\n0\r\nX-Sum: 1\r\n", Do.CLOSE, payload=b"half"),
    "cut-in-a-chunk-without-a-goodbye": cut(_CHUNK_HEAD + b"a\r\nhalf", Do.DROP, payload=b"half"),
    "reset-after-the-head": cut(TEN, Pause(0.05), Do.RESET),
    "reset-in-the-body": cut(TEN + b"half", Pause(0.05), Do.RESET, payload=b"half"),
    "reset-in-a-chunk": cut(_CHUNK_HEAD + b"a\r\nhalf", Pause(0.05), Do.RESET, payload=b"half"),
    "reset-in-a-body-until-the-end": cut(OK + b"\r\nhalf", Pause(0.05), Do.RESET, payload=b"half"),
    "closed-unanswered": no_http(Do.CLOSE, outcome="reset"),
    "reset-unanswered": no_http(Do.RESET, outcome="reset"),
    "closed-in-the-status-line": no_http(b"HTTP/1.1 20", Do.CLOSE, outcome="reset"),
    "closed-after-the-status-line": no_http(OK, Do.CLOSE, outcome="reset"),
    "closed-in-a-field": no_http(OK + b"Content-Le", Do.CLOSE, outcome="reset"),
    "closed-before-the-empty-line": no_http(OK + HTML, Do.CLOSE, outcome="reset"),
    "closed-after-a-provisional-answer": no_http(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", Do.CLOSE, outcome="reset"
    ),
    "closed-in-the-head-without-a-goodbye": no_http(OK + HTML, Do.DROP, outcome="reset"),
    "reset-in-the-status-line": no_http(b"HTTP/1.1 20", Pause(0.05), Do.RESET, outcome="reset"),
    "reset-in-the-head": no_http(OK + HTML, Pause(0.05), Do.RESET, outcome="reset"),
}


def damaged(line: bytes, payload: bytes = b"half", **more: Any) -> Behaviour:
    """Chunks that turn out to be none."""
    return cut(_CHUNK_HEAD + b"4\r\nhalf\r\n" + line, Do.HOLD, payload=payload, truncated="unspecified", **more)


DAMAGE = {
    "damaged-chunk-size": damaged(b"xyz\r\n"),
    "damaged-chunk-size-below-zero": damaged(b"-4\r\n"),
    "damaged-chunk-size-with-a-prefix": damaged(b"0x4\r\nhalf\r\n"),
    "damaged-chunk-size-of-nothing": damaged(b"\r\nhalf\r\n"),
    "damaged-chunk-size-that-no-disk-holds": damaged(b"fffffffffffffffff\r\nhalf"),
    "damaged-chunk-size-in-a-sentence": damaged(b"4 octets\r\nhalf\r\n"),
    "damaged-chunk-that-is-longer-than-said": damaged(b"2\r\nokay\r\n", b"halfok"),
    "damaged-chunk-line-without-an-end": damaged(b"1" * 17_000, kept="prefix", least=16_384),
    "damaged-chunks-that-are-a-page": cut(_CHUNK_HEAD + PAGE[:200] + b"\n", Do.HOLD, truncated="unspecified"),
    "damaged-trailers-without-an-end": damaged(b"0\r\n" + b"X: yyyyyy\r\n" * 8000, kept="prefix", least=65_536),
}

STATUS = {
    "status-without-a-reason": Behaviour([sized(b"ok", status=b"HTTP/1.1 200")]),
    "status-with-an-empty-reason": Behaviour([sized(b"ok", status=b"HTTP/1.1 200 ")]),
    "status-with-an-odd-reason": Behaviour([sized(b"ok", status=b'HTTP/1.1 200 So:  (so);\t"!"  ')]),
    "status-with-a-latin-1-reason": Behaviour([sized(b"ok", status=b"HTTP/1.1 200 D'accord, \xe9t\xe9")]),
    "status-with-a-utf-8-reason": Behaviour([sized(b"ok", status="HTTP/1.1 200 Гаразд".encode())]),
    "status-with-a-windows-1251-reason": Behaviour([sized(b"ok", status="HTTP/1.1 200 Хорошо".encode("cp1251"))]),
    "status-with-controls-in-the-reason": Behaviour([sized(b"ok", status=b"HTTP/1.1 200 O\x00\x01\x7fK")]),
    "status-with-a-long-reason": Behaviour([sized(b"ok", status=b"HTTP/1.1 200 " + b"very " * 2000)]),
    "status-with-spaces": Behaviour([sized(b"ok", status=b"HTTP/1.1   200   OK")]),
    "status-with-a-tab": Behaviour([sized(b"ok", status=b"HTTP/1.1\t200\tOK")]),
    "status-of-http-1-2": Behaviour([sized(b"ok", status=b"HTTP/1.2 200 OK"), Do.CLOSE]),
    "status-of-http-2": Behaviour([sized(b"ok", status=b"HTTP/2 200"), Do.CLOSE], reference=False),
    "status-of-http-3-0": Behaviour([sized(b"ok", status=b"HTTP/3.0 200 OK"), Do.CLOSE], reference=False),
    "status-999": Behaviour([sized(b"go away", status=b"HTTP/1.1 999 Request denied")], b"go away", status=999),
    "status-600": Behaviour([sized(b"odd", status=b"HTTP/1.1 600 Odd")], b"odd", status=600),
    "status-000": Behaviour([sized(b"odd", status=b"HTTP/1.1 000 Nothing")], b"odd", status=0, reference=False),
    "status-099": Behaviour([sized(b"odd", status=b"HTTP/1.1 099 Less")], b"odd", status=99, reference=False),
    "status-of-two-digits": no_http(sized(b"ok", status=b"HTTP/1.1 20 OK"), Do.CLOSE),
    "status-of-four-digits": no_http(sized(b"ok", status=b"HTTP/1.1 2000 OK"), Do.CLOSE),
    "status-without-a-code": no_http(sized(b"ok", status=b"HTTP/1.1"), Do.CLOSE),
    "status-of-a-word": no_http(sized(b"ok", status=b"HTTP/1.1 OK"), Do.CLOSE),
    "status-in-small-letters": no_http(sized(b"ok", status=b"http/1.1 200 ok"), Do.CLOSE),
    "status-of-icy": no_http(sized(b"ok", status=b"ICY 200 OK"), Do.CLOSE),
    "status-after-an-empty-line": no_http(b"\r\n" + sized(b"ok"), Do.CLOSE),
    "status-after-a-space": no_http(b" " + sized(b"ok"), Do.CLOSE),
    "status-after-a-byte-order-mark": no_http(b"\xef\xbb\xbf" + sized(b"ok"), Do.CLOSE),
    **{
        f"status-{code}": Behaviour(
            [sized(b"<p>said</p>", status=b"HTTP/1.1 %d Said" % code)], b"<p>said</p>", status=code
        )
        for code in (201, 203, 206, 300, 400, 401, 403, 404, 410, 418, 429, 451, 500, 502, 503, 511)
    },
}

_FOLDED = b"X-Folded: one\r\n two\r\n\t three"
HEADS = {
    "names-in-odd-case": headed(b"x-oDD: 1", b"SERVER: Made/Up", b'eTAG: "x"', fields={b"x-odd": [b"1"]}),
    "names-in-odd-order": Behaviour([OK + b"Content-Length: 2\r\nZ: 1\r\nA: 2\r\nDate: now\r\nZ: 3\r\n\r\nok"]),
    "length-in-odd-case": Behaviour([sized(b"ok", name=b"cOnTeNt-LeNgTh")]),
    "cookies-several": headed(
        b"Set-Cookie: a=1; Path=/",
        b"set-cookie: b=2; HttpOnly",
        b"Set-Cookie: a=3",
        b'SET-COOKIE: c="x, y"',
        fields={b"set-cookie": [b"a=1; Path=/", b"b=2; HttpOnly", b"a=3", b'c="x, y"']},
    ),
    "fields-twice": headed(b"Vary: Accept", b"X-A: 1", b"Vary: Cookie", b"X-A: 1"),
    "field-without-a-value": headed(b"X-Empty:", b"X-Blank:   \t ", fields={b"x-empty": [b""], b"x-blank": [b""]}),
    "field-without-a-space": headed(b"X-Tight:value"),
    "field-with-much-space": headed(b"X-Wide: \t  value \t ", fields={b"x-wide": [b"value"]}),
    "field-with-a-space-before-the-colon": headed(b"X-Odd : 1", reference=False, fields={b"x-odd": [b"1"]}),
    "length-with-a-space-before-the-colon": Behaviour([OK + b"Content-Length : 2\r\n\r\nok"], reference=False),
    "field-without-a-name": headed(b": nameless", b"X-A: 1", reference=False, fields={b"x-a": [b"1"]}),
    "field-name-that-is-no-token": headed(b"X (odd) \xe9: 1", b"X-A: 1", reference=False, fields={b"x-a": [b"1"]}),
    "line-without-a-colon": headed(b"X-A: 1", b"this is no field", b"X-B: 2", reference=False, fields={b"x-b": [b"2"]}),
    "lines-folded": headed(
        _FOLDED, b"X-A: 1", reference=False, fields={b"x-folded": [b"one two three"], b"x-a": [b"1"]}
    ),
    "line-folded-onto-nothing": headed(b"\tfolded", b"X-A: 1", reference=False, fields={b"x-a": [b"1"]}),
    "length-folded": Behaviour([OK + b"Content-Length:\r\n 2\r\n\r\nok"], reference=False),
    "line-feeds": Behaviour([b"HTTP/1.1 200 OK\nX-A: 1\nContent-Length: 2\n\nok"]),
    "line-ends-mixed": Behaviour([b"HTTP/1.1 200 OK\nX-A: 1\r\nContent-Length: 2\n\r\nok"]),
    "line-ends-mixed-the-other-way": Behaviour([b"HTTP/1.1 200 OK\r\nX-A: 1\nContent-Length: 2\r\n\nok"]),
    "carriage-returns-twice": headed(b"X-A: 1\r", reference=False, fields={b"x-a": [b"1"]}),
    "carriage-return-in-a-value": headed(b"X-A: 1\r2", reference=False, fields={b"x-a": [b"1\r2"]}),
    "null-in-a-value": headed(b"X-A: 1\x002", reference=False, fields={b"x-a": [b"1\x002"]}),
    "controls-in-a-value": headed(
        b"X-A: \x01\x02\x1b[31m\x7f", reference=False, fields={b"x-a": [b"\x01\x02\x1b[31m\x7f"]}
    ),
    "controls-in-the-type": headed(b"Content-Type: text/\x01html\x00", reference=False),
    "value-in-latin-1": headed(b"X-Name: \xe9t\xe9", fields={b"x-name": [b"\xe9t\xe9"]}),
    "value-in-utf-8": headed("X-Name: вигадана".encode(), reference=False, fields={b"x-name": ["вигадана".encode()]}),
    "value-in-windows-1251": headed(
        "Content-Disposition: inline; filename=справа.html".encode("cp1251"),
        reference=False,
        fields={b"content-disposition": ["inline; filename=справа.html".encode("cp1251")]},
    ),
    "value-of-64-kibibytes": headed(b"X-Long: " + b"v" * 65_536, reference=False, fields={b"x-long": [b"v" * 65_536]}),
    "name-of-10-kibibytes": headed(b"N" * 10_240 + b": 1", fields={b"n" * 10_240: [b"1"]}),
    "fields-by-the-thousand": headed(
        *(b"X-%d: %d" % (n, n) for n in range(2500)), reference=False, fields={b"x-2499": [b"2499"]}
    ),
    "head-of-nothing-but-its-status": Behaviour([OK + b"\r\n", b"ok", Do.CLOSE]),
    "provisional-continue": Behaviour([b"HTTP/1.1 100 Continue\r\n\r\n" + sized(PAGE)], PAGE),
    "provisional-early-hints": Behaviour(
        [b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nContent-Length: 99\r\n\r\n", sized(PAGE)],
        PAGE,
        reference=False,
    ),
    "provisional-several": Behaviour(
        [
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 102 Processing\r\n\r\n" * 20,
            b"HTTP/1.1 103 \nLink: <b>\n\n",
            sized(PAGE),
        ],
        PAGE,
        reference=False,
    ),
    "provisional-then-no-content": Behaviour(
        [b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"], b"", status=204, reference=False
    ),
    "switching-protocols": Behaviour(
        [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n"],
        b"",
        status=101,
        reference=False,
    ),
    "switching-protocols-and-talking": Behaviour(
        [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n\x00\x01\x02"], b"", status=101, reference=False
    ),
}

FOREIGN = {
    "http-0-9": no_http(PAGE, Do.CLOSE),
    "http-0-9-of-text": no_http(b"just words\n", Do.CLOSE),
    "greeting-of-ssh": no_http(b"SSH-2.0-made_up\r\n", Do.HOLD),
    "greeting-of-smtp": no_http(b"220 mail.example ESMTP\r\n", Do.HOLD),
    "preface-of-http-2": no_http(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Do.CLOSE),
    "frame-of-http-2": no_http(bytes.fromhex("000012040000000000000300000080000400010000000500ffffff"), Do.CLOSE),
    "alert-of-tls": no_http(bytes.fromhex("1503030002020a"), Do.CLOSE),
    "random-octets": no_http(NOISE[:5000], Do.CLOSE),
    "nulls": no_http(bytes(100), Do.CLOSE),
    "request-of-its-own": no_http(b"GET / HTTP/1.1\r\nHost: you\r\n\r\n", Do.CLOSE),
}

REDIRECTS = {
    **{f"redirect-{status}": redirect(status, b"Location: /elsewhere") for status in (301, 302, 303, 307, 308)},
    "redirect-to-another-host": redirect(301, b"Location: http://elsewhere.example/a?b=c"),
    "redirect-to-the-same-scheme": redirect(301, b"Location: //elsewhere.example/a"),
    "redirect-relative": redirect(302, b"Location: ../a/./b?c#d"),
    "redirect-to-a-fragment": redirect(302, b"Location: #part"),
    "redirect-in-utf-8": redirect(
        302, "Location: /справа".encode(), reference=False, fields={b"location": ["/справа".encode()]}
    ),
    "redirect-in-windows-1251": redirect(302, "Location: /справа".encode("cp1251"), reference=False),
    "redirect-with-spaces": redirect(302, b"Location:  /a page with spaces.html "),
    "redirect-to-nowhere": redirect(302),
    "redirect-to-an-empty-address": redirect(302, b"Location:"),
    "redirect-to-two-places": redirect(302, b"Location: /a", b"Location: /b"),
    "redirect-to-a-script": redirect(302, b"Location: javascript:alert(1)"),
    "redirect-with-a-page": redirect(301, HTML.strip(), b"Location: /a", body=PAGE),
    "redirect-to-where-it-came-from": redirect(302, b"Location: ?"),
    "redirect-by-refresh": Behaviour([sized(PAGE, b"Refresh: 0; url=/elsewhere")], PAGE),
}

_BROKEN = gzipped(NOISE)[:9000]
CODINGS = {
    "gzip": coded(gzipped(PAGE), b"gzip"),
    "gzip-in-capitals": coded(gzipped(PAGE), b"GZIP"),
    "x-gzip": coded(gzipped(PAGE), b"x-gzip"),
    "deflate": coded(zlib.compress(PAGE), b"deflate"),
    "deflate-raw": coded(deflated(PAGE), b"deflate"),
    "br": coded(brotli.compress(PAGE), b"br"),
    "zstd": coded(zstandard.compress(PAGE), b"zstd"),
    "identity": coded(PAGE, b"identity"),
    "coding-of-nothing": coded(PAGE, b"", reference=False),
    "gzip-then-br": coded(brotli.compress(gzipped(PAGE)), b"gzip, br"),
    "gzip-twice": coded(gzipped(gzipped(PAGE)), b"gzip, gzip"),
    "gzip-in-two-fields": Behaviour(
        [sized(zlib.compress(gzipped(PAGE)), b"Content-Encoding: gzip", b"Content-Encoding: deflate")],
        zlib.compress(gzipped(PAGE)),
        PAGE,
    ),
    "gzip-of-several-members": coded(gzipped(PAGE[:100]) + gzipped(b"") + gzipped(PAGE[100:]), b"gzip"),
    "gzip-with-nulls-after-it": coded(gzipped(PAGE) + bytes(512), b"gzip"),
    "gzip-with-words-after-it": coded(gzipped(PAGE) + b"<!-- cached -->", b"gzip", reference=False),
    "gzip-with-a-name": coded(b"\x1f\x8b\x08\x18" + bytes(6) + b"case.html\0a comment\0" + gzipped(PAGE)[10:], b"gzip"),
    "gzip-of-nothing": coded(gzipped(b""), b"gzip", b""),
    "gzip-of-no-octets": coded(b"", b"gzip", b"", reference=False),
    "br-of-nothing": coded(brotli.compress(b""), b"br", b""),
    "zstd-of-several-frames": coded(zstandard.compress(PAGE[:99]) + zstandard.compress(PAGE[99:]), b"zstd"),
    "gzip-that-was-not-applied": coded(PAGE, b"gzip", flags=("undecoded",), reference=False),
    "br-that-was-not-applied": coded(PAGE, b"br", flags=("undecoded",), reference=False),
    "gzip-named-where-it-is-deflate": coded(
        zlib.compress(PAGE), b"gzip", zlib.compress(PAGE), flags=("undecoded",), reference=False
    ),
    "gzip-that-breaks-off": coded(gzipped(PAGE)[:-8], b"gzip", flags=("undecoded",), reference=False),
    "gzip-with-a-wrong-sum": coded(
        gzipped(PAGE)[:-8] + b"\0\0\0\0" + gzipped(PAGE)[-4:], b"gzip", flags=("undecoded",), reference=False
    ),
    "coding-that-nobody-knows": coded(b"sealed", b"sealed", b"sealed", flags=("undecoded",), reference=False),
    "gzip-over-a-coding-that-nobody-knows": coded(
        gzipped(b"sealed"), b"sealed, gzip", b"sealed", flags=("undecoded",), reference=False
    ),
    "gzip-of-more-than-a-spider-takes": coded(
        gzipped(bytes(SPIDER_LIMIT + 1)), b"gzip", b"", flags=("withheld",), reference=False
    ),
}

_WORDS = "Справа вигаданої людини: ґрати, їжа, ёлка."


def page_in(charset: str, *fields: bytes, meta: str = "", mark: bytes = b"", **more: Any) -> Behaviour:
    """A page in a charset that its head, its meta element or its byte-order mark names."""
    text = f"<html><head>{meta}<title>x</title></head><body><p>{_WORDS.replace('ґ', 'г')}</p></body></html>"
    octets = mark + text.encode(charset)
    return Behaviour([sized(octets, *fields)], octets, text=text, **more)


CONTENT = {
    "page-in-windows-1251": page_in("cp1251", b"Content-Type: text/html; charset=windows-1251"),
    "page-in-windows-1251-by-its-meta": page_in(
        "cp1251", b"Content-Type: text/html", meta='<meta charset="windows-1251">'
    ),
    "page-in-koi8-u": page_in("koi8-u", b'Content-Type: text/html; charset="KOI8-U"'),
    "page-in-utf-16": page_in("utf-16-le", b"Content-Type: text/html; charset=utf-16", mark=b"\xff\xfe"),
    "page-with-a-byte-order-mark": page_in("utf-8", b"Content-Type: text/html", mark=b"\xef\xbb\xbf"),
    "page-without-a-charset": page_in("utf-8", b"Content-Type: text/html"),
    "page-with-a-type-in-capitals": page_in("cp1251", b"CONTENT-TYPE: TEXT/HTML; CHARSET=WINDOWS-1251"),
    "type-missing": Behaviour([sized(PAGE)], PAGE),
    "type-twice": headed(b"Content-Type: text/html", b"Content-Type: text/plain"),
    "type-that-is-none": headed(b"Content-Type: html"),
    "type-of-nothing": headed(b"Content-Type:"),
    "type-of-text": headed(b"Content-Type: text/plain; charset=us-ascii"),
    "type-of-json": Behaviour([sized(b'{"a": [1, 2]}', b"Content-Type: application/json")], b'{"a": [1, 2]}'),
    "type-of-a-feed": Behaviour([sized(b"<rss/>", b"Content-Type: application/rss+xml")], b"<rss/>"),
    "type-of-an-image": Behaviour(
        [sized(b"\x89PNG\r\n\x1a\n" + NOISE[:999], b"Content-Type: image/png")], b"\x89PNG\r\n\x1a\n" + NOISE[:999]
    ),
    "body-of-line-ends": Behaviour([sized(b"\r\n" * 500)], b"\r\n" * 500),
    "body-of-nulls": Behaviour([sized(bytes(5000))], bytes(5000)),
    "body-of-every-octet": Behaviour([sized(bytes(range(256)) * 9)], bytes(range(256)) * 9),
    "body-of-a-message": Behaviour([sized(_SECOND)], _SECOND),
    "body-of-a-warc-record": Behaviour(
        [sized(b"WARC/1.1\r\nWARC-Type: response\r\n\r\n\r\n\r\n")], b"WARC/1.1\r\nWARC-Type: response\r\n\r\n\r\n\r\n"
    ),
    "body-of-gzip-without-a-coding": Behaviour(
        [sized(gzipped(PAGE), b"Content-Type: application/gzip")], gzipped(PAGE)
    ),
}

SLOW = {
    "slow-octet-by-octet": Behaviour(by_octet(sized(b"ok", HTML.strip(), b"X-A: b"))),
    "slow-chunks-octet-by-octet": Behaviour(by_octet(_CHUNK_HEAD + b"3;e\r\nabc\r\n0\r\nT: u\r\n\r\n"), b"abc"),
    "slow-trickle": Behaviour(by_octet(sized(b"ok"), 0.003)),
    "slow-at-every-line-end": Behaviour(
        [
            b"HTTP/1.1 200 OK\r",
            Pause(0.01),
            b"\nX-A: b\r",
            Pause(0.01),
            b"\nContent-Length: 4\r",
            Pause(0.01),
            b"\n\r",
            Pause(0.01),
            b"\n\r\n\r\n",
        ],
        b"\r\n\r\n",
    ),
    "slow-between-head-and-body": Behaviour(
        [OK + b"Content-Length: 4\r\n\r\n", Pause(0.05), b"wo", Pause(0.05), b"rd"], b"word"
    ),
    "slow-line-feeds": Behaviour(
        [b"HTTP/1.1 200 OK\n", Pause(0.01), b"Content-Length: 2\n", Pause(0.01), b"\n", Pause(0.01), b"ok"]
    ),
    "slow-before-the-answer": Behaviour([Pause(0.1), sized(PAGE)], PAGE),
    "slow-provisional": Behaviour(
        [b"HTTP/1.1 100 Continue\r\n\r", Pause(0.02), b"\n", Pause(0.02), *by_octet(sized(b"ok"))]
    ),
}

_TIME: dict[str, Any] = {"outcome": "truncated", "truncated": "time", "limits": "hasty"}
TIMES = {
    "silent": no_http(Do.HOLD, outcome="timeout", limits="hasty"),
    "silent-in-the-status-line": no_http(b"HTTP/1.1 2", Do.HOLD, outcome="timeout", limits="hasty"),
    "silent-in-the-head": no_http(OK + HTML, Do.HOLD, outcome="timeout", limits="hasty"),
    "silent-after-a-provisional-answer": no_http(
        b"HTTP/1.1 100 Continue\r\n\r\n", Do.HOLD, outcome="timeout", limits="hasty"
    ),
    "silent-after-the-head": cut(TEN, Do.HOLD, **_TIME),
    "silent-in-the-body": cut(TEN + b"half", Do.HOLD, payload=b"half", **_TIME),
    "silent-in-a-chunk": cut(_CHUNK_HEAD + b"a\r\nhalf", Do.HOLD, payload=b"half", **_TIME),
    "silent-before-the-last-chunk": cut(_CHUNK_HEAD + b"4\r\nhalf\r\n", Do.HOLD, payload=b"half", **_TIME),
    "silent-before-the-end": cut(OK + b"\r\nhalf", Do.HOLD, payload=b"half", **_TIME),
    "endless-trickle-of-a-body": cut(
        OK + b"\r\n", *by_octet(b"x" * 200, 0.05), trickles=True, kept="prefix", least=len(OK) + 3, **_TIME
    ),
    "endless-trickle-of-a-head": no_http(
        OK, *by_octet(b"X" * 200, 0.05), outcome="timeout", kept="prefix", least=len(OK), limits="hasty"
    ),
}


def large(head: bytes, *script: Any, payload: bytes) -> Behaviour:
    """A body that is cut at the limit of one response."""
    size = len(head) + SMALL_BODY
    facts = {"truncated": "length", "limits": "small", "kept": "prefix", "least": size, "most": size}
    return cut(head, *script, payload=payload, **facts)


SIZES = {
    "large-body-with-a-length": large(OK + b"Content-Length: 5000\r\n\r\n", NOISE[:5000], payload=NOISE[:SMALL_BODY]),
    "large-body-until-the-end": large(OK + b"\r\n", NOISE[:5000], Do.CLOSE, payload=NOISE[:SMALL_BODY]),
    "large-body-in-chunks": large(_CHUNK_HEAD, Repeat(b"1\r\nx\r\n", 1000), payload=b"x" * 167),
    "large-body-that-just-fits": Behaviour([sized(NOISE[:SMALL_BODY])], NOISE[:SMALL_BODY], limits="small"),
    "large-head": no_http(OK + b"X: y\r\n" * 5000 + b"\r\n", Do.HOLD, limits="small", kept="prefix", least=SMALL_HEAD),
    "large-head-without-an-end": no_http(OK + b"X" * 5000, Do.HOLD, limits="small", kept="prefix", least=SMALL_HEAD),
    "large-provisional-answers": no_http(
        Repeat(b"HTTP/1.1 102 \r\n\r\n", 500), limits="small", kept="prefix", least=SMALL_HEAD
    ),
}

_SPLIT = (
    b"HTTP/1.1 103 \r\nLink: </a>\n\nHTTP/1.1 200 OK\r\nX-A: b\n c\r\n"
    + CHUNKED
    + b"\r\n2;x\r\nok\r\n0\r\nT: u\r\n\r\n"
)
SPLITS: dict[str, Behaviour] = {
    f"split-after-{cut_at}": Behaviour([_SPLIT[:cut_at], Pause(0.004), _SPLIT[cut_at:]], reference=False)
    for cut_at in range(1, len(_SPLIT))
}
"""A message that comes in two pieces, cut after each of its octets in turn."""

LATE = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate"
"""Octets that nobody asked for."""
TOO_LATE: dict[str, Behaviour] = {
    "late-octets": Behaviour([sized(PAGE), Pause(0.1), LATE], PAGE, kept="prefix", least=len(sized(PAGE))),
    "late-octets-and-closed": Behaviour(
        [sized(PAGE), Pause(0.1), LATE, Do.CLOSE], PAGE, kept="prefix", least=len(sized(PAGE))
    ),
}

BEHAVIOURS: dict[str, Behaviour] = {
    **LENGTHS,
    **METHODS,
    **CHUNKS,
    **TRANSFER,
    **ENDS,
    **CUTS,
    **DAMAGE,
    **STATUS,
    **HEADS,
    **FOREIGN,
    **REDIRECTS,
    **CODINGS,
    **CONTENT,
    **SLOW,
    **TIMES,
    **SIZES,
}
"""Every behaviour by its name."""
