"""HTTP/1.x messages as octets: where a response's head ends, what its body is, how the body is coded.

Follows RFC 9112 (framing) and RFC 9110 (fields, content codings), and takes what servers really send: bare LF, folded
lines, lines without a colon, heads of 1xx responses in front of the final one. Nothing here changes stored octets;
it only reads them. The payload of WARC 1.1 (5.9) is the body with all transfer codings removed (chunked, and gzip or
deflate under it) and the content coding kept: `body_pieces`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import brotli
import zstandard

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
"""The content codings that `decode_content` removes, as a request names them."""

LINE_LIMIT = 16 << 10
"""Octets of one chunk-size line, its extensions included; more is taken for damage."""
TRAILER_LIMIT = 64 << 10
"""Octets of all trailer lines together."""
CODINGS_LIMIT = 8
"""Codings on top of each other that are removed: each layer that a server names costs a whole pass."""
TRANSFER_LIMIT = 256 << 20
"""Octets that gzip or deflate as a transfer coding may unfold to; more is taken for damage, not for a page."""

_STATUS_LINE = re.compile(rb"(HTTP/[0-9](?:\.[0-9])?)[ \t]+([0-9]{3})(?:[ \t](.*))?", re.DOTALL)
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?", re.DOTALL)
# RFC 9110, 8.6: decimal digits; 18 of them are more octets than any disk holds.
_LENGTH = re.compile(r"[0-9]{1,18}")


class MalformedHeadError(ValueError):
    """What came is not the head of an HTTP response."""


@dataclass(frozen=True, slots=True)
class Head:
    """The final head of a response."""

    version: bytes
    """As sent: `HTTP/1.1`."""
    status: int
    reason: bytes
    fields: tuple[tuple[bytes, bytes], ...]
    """Names as sent; values without surrounding white space, folded lines joined by one space."""
    length: int
    """Octets up to the end of the final head's empty line, the heads of 1xx responses included."""

    def values(self, name: str) -> list[str]:
        """All values of a field, in order, read as latin-1; the name in any case."""
        wanted = name.lower().encode("latin-1")
        return [value.decode("latin-1") for field, value in self.fields if field.lower() == wanted]

    def value(self, name: str) -> str | None:
        """The first value of a field, read as latin-1; None without the field."""
        return next(iter(self.values(name)), None)

    def members(self, name: str) -> list[str]:
        """The members of a field that is a list (RFC 9110, 5.6.1), lower case, without empty ones."""
        members = (member.strip(" \t").lower() for value in self.values(name) for member in value.split(","))
        return [member for member in members if member]

    @property
    def media_type(self) -> str | None:
        """`type/subtype` of Content-Type, lower case, without parameters; None where the server named none."""
        value = self.value("content-type")
        return (value.split(";")[0].strip().lower() or None) if value is not None else None

    @property
    def persistent(self) -> bool:
        """Whether the server means to keep the connection (RFC 9112, 9.3)."""
        options = self.members("connection")
        if "close" in options:
            return False
        return self.version == b"HTTP/1.1" or (self.version == b"HTTP/1.0" and "keep-alive" in options)


def interim_end(octets: bytes, start: int = 0) -> int:
    """Where the first head begins that is not a whole one of a 1xx response, read from `start` on.

    Who parses a head while it arrives goes on from here: endless 1xx responses would be read again with each octet.
    """
    while True:
        status_line, position = _line(octets, start)
        match = _STATUS_LINE.fullmatch(status_line) if status_line is not None else None
        if match is None or not _is_interim(int(match[2])):
            return start
        fields, end = _fields(octets, position)
        if fields is None:
            return start
        start = end


def _is_interim(status: int) -> bool:
    return 100 <= status < 200 and status != 101


def parse_head(octets: bytes, start: int = 0) -> Head | None:
    """The final head of a response; None when it is not complete yet. `start`: what `interim_end` gave before.

    Heads of 1xx responses are passed over (RFC 9110, 15.2), but 101, after which no HTTP follows. Lines end in CRLF
    or LF (RFC 9112, 2.2). A line without a colon is passed over: it is in the octets, not in the fields.
    Raises MalformedHeadError as soon as it is plain that this is not HTTP.
    """
    while True:
        status_line, position = _line(octets, start)
        if status_line is None:
            _refuse_wrong_start(octets[start : start + 64])
            return None
        match = _STATUS_LINE.fullmatch(status_line)
        if match is None:
            raise MalformedHeadError(f"expected a status line (RFC 9112, 4), found {status_line[:80]!r}")
        fields, end = _fields(octets, position)
        if fields is None:
            return None
        status = int(match[2])
        if not _is_interim(status):
            return Head(match[1], status, (match[3] or b"").strip(b" \t"), fields, end)
        start = end


def _line(octets: bytes, start: int) -> tuple[bytes | None, int]:
    """The line at `start` without its end, and where the next one begins; None when it has no end yet."""
    end = octets.find(b"\n", start)
    if end < 0:
        return None, start
    return octets[start : end - 1 if end > start and octets[end - 1] == 0x0D else end], end + 1


def _refuse_wrong_start(octets: bytes) -> None:
    if not octets[:5] == b"HTTP/"[: len(octets)]:
        raise MalformedHeadError(f"expected HTTP/, found {octets!r}")


def _fields(octets: bytes, position: int) -> tuple[tuple[tuple[bytes, bytes], ...] | None, int]:
    """The field lines from `position` on, and where the empty line after them ends."""
    fields: list[tuple[bytes, bytes]] = []
    folds_into_field = False
    while True:
        line, position = _line(octets, position)
        if line is None:
            return None, position
        if not line:
            return tuple(fields), position
        if line[:1] in (b" ", b"\t"):
            if folds_into_field:
                name, value = fields[-1]
                fields[-1] = (name, (value + b" " + line.strip(b" \t\r")).strip(b" \t"))
            continue
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t")
        folds_into_field = bool(colon and name)
        if folds_into_field:
            fields.append((name, value.strip(b" \t\r")))


def has_body(head: Head, method: str) -> bool:
    """Whether a response can have a body at all (RFC 9112, 6.3, rule 1)."""
    return not (method.upper() == "HEAD" or head.status in (204, 304) or 100 <= head.status < 200)


class Framing:
    """Finds the end of a response's body in octets that arrive in pieces, and takes the transfer codings off.

    RFC 9112, 6.3, as a reader of evidence follows it: chunked wins over Content-Length; repeated equal lengths are
    one; lengths that contradict each other are read up to the largest, and that is a problem; a length that is no
    number is none. gzip and deflate come off under the chunks and without them; any other transfer coding is left in
    place with what is under it, and that is a problem too.
    """

    def __init__(self, head: Head, method: str) -> None:
        self.complete = False
        """The message's last octet is in."""
        self.problem: str | None = None
        """Why the body is not sure to be whole, in one line; None as long as it may be."""
        self.damaged = False
        """The end of the message can no longer be found."""
        self.surplus = 0
        """Octets that came after the message's end, in the pieces fed."""
        self.until_close = False
        """The body ends with the connection."""
        self._chunked = False
        self._left = 0
        self._line = b""
        self._step: Callable[[bytes], None] = self._take_size
        self._trailer = 0
        self._codings: list[_TransferCoding] = []
        self._frame(head, method)

    @property
    def over(self) -> bool:
        """Whether nothing more of this message can be read: it is complete, or damaged."""
        return self.complete or self.damaged

    def _frame(self, head: Head, method: str) -> None:
        if not has_body(head, method):
            self.complete = True
            return
        codings = [coding.split(";")[0].strip() for coding in head.members("transfer-encoding")]
        codings = [coding for coding in codings if coding != "identity"]
        if codings:
            self._chunked = codings[-1] == "chunked"
            self.until_close = not self._chunked
            others = codings[:-1] if self._chunked else codings
            while others and others[-1] in _INFLATED and len(self._codings) < CODINGS_LIMIT:
                self._codings.append(_TransferCoding(others.pop()))
            if others:
                self.problem = f"transfer coding left in place: {', '.join(others)[:80]}"
            return
        lengths = _content_lengths(head)
        if not lengths:
            self.until_close = True
            return
        if len(lengths) > 1:
            found = " and ".join(str(length) for length in sorted(lengths))
            self.problem = f"expected one Content-Length, found {found}"
        self._left = max(lengths)
        self.complete = self._left == 0

    def feed(self, octets: bytes) -> bytes:
        """Take the next octets of the message; give the payload in them, however much they unfold to."""
        return b"".join(self.pieces(octets))

    def pieces(self, octets: bytes) -> Iterator[bytes]:
        """Take the next octets of the message; give the payload in them, a mebibyte of it at a time where it unfolds.

        They are taken as the pieces are: who does not ask for the last one leaves some behind.
        """
        payload = self._take(octets)
        if not self._codings:
            if payload:
                yield payload
            return
        unfolded: Iterable[bytes] = [payload]
        for coding in self._codings:
            unfolded = coding.removed(unfolded)
        try:
            yield from unfolded
        except _TooLongError:
            self.complete = False
            self.damaged = True
            self.problem = f"expected at most {TRANSFER_LIMIT} octets under the transfer coding, found more"
            return
        if self.complete:
            self._end_codings()

    def _take(self, octets: bytes) -> bytes:
        if self.over:
            self.surplus += len(octets)
            return b""
        if self.until_close:
            return octets
        if self._chunked:
            return self._feed_chunks(octets)
        payload = octets[: self._left]
        self._left -= len(payload)
        self.complete = self._left == 0
        self.surplus += len(octets) - len(payload)
        return payload

    def end(self) -> None:
        """Say that the connection ended: the end of a body without any other end, damage to one that has one."""
        if self.over:
            return
        if self.until_close:
            self.complete = True
            self._end_codings()
        elif self._chunked:
            self.problem = "expected the last chunk and the end of the trailers, found the end of the connection"
        else:
            self.problem = self.problem or f"expected {self._left} octets more, found the end of the connection"

    def _feed_chunks(self, octets: bytes) -> bytes:
        payload: list[bytes] = []
        position = 0
        while position < len(octets) and not self.over:
            if self._left:
                piece = octets[position : position + self._left]
                payload.append(piece)
                position += len(piece)
                self._left -= len(piece)
                continue
            end = octets.find(b"\n", position) + 1
            self._line += octets[position : end or None]
            position = end or len(octets)
            if len(self._line) > LINE_LIMIT:
                self._damage(f"a line of at most {LINE_LIMIT} octets", self._line)
            elif end:
                line, self._line = self._line, b""
                self._step(line[:-1].removesuffix(b"\r"))
        self.surplus += len(octets) - position
        return b"".join(payload)

    def _take_size(self, line: bytes) -> None:
        match = _CHUNK_SIZE.fullmatch(line)
        if match is None:
            self._damage("a chunk size (RFC 9112, 7.1)", line)
            return
        self._left = int(match[1], 16)
        self._step = self._take_end_of_chunk if self._left else self._take_trailer

    def _take_end_of_chunk(self, line: bytes) -> None:
        if line:
            self._damage("the end of a chunk", line)
        self._step = self._take_size

    def _take_trailer(self, line: bytes) -> None:
        self._trailer += len(line)
        if not line:
            self.complete = True
        elif self._trailer > TRAILER_LIMIT:
            self._damage(f"trailers of at most {TRAILER_LIMIT} octets", line)

    def _end_codings(self) -> None:
        for coding in self._codings:
            self.problem = self.problem or coding.end()

    def _damage(self, expected: str, found: bytes) -> None:
        self.damaged = True
        self.problem = f"expected {expected}, found {found[:40]!r}"


def _content_lengths(head: Head) -> set[int]:
    return {int(member) for member in head.members("content-length") if _LENGTH.fullmatch(member)}


def body_pieces(head: Head, pieces: Iterable[bytes], method: str) -> Iterator[bytes]:
    """The payload: the transfer coding removed, the content coding kept.

    `pieces` are the response's octets from `head.length` on, `method` is the request's. Stops at the end of the
    message, whatever follows it, and where chunks are damaged; gives what there is of a truncated body.
    """
    framing = Framing(head, method)
    for piece in pieces:
        if framing.over:
            return
        yield from framing.pieces(piece)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A payload with its content codings removed, as far as that went."""

    octets: bytes
    problem: str | None = None
    """What did not fit, in one line; None when all went well."""
    exceeded: bool = False
    """`octets` were cut at the limit."""
    left: tuple[str, ...] = ()
    """Codings that are still on, because they are unknown; the outermost last."""


def decode_content(head: Head, payload: bytes, *, limit: int) -> Decoded:
    """Remove the content codings (RFC 9110, 8.4): gzip, deflate (zlib or raw), br, zstd, several on top of each other.

    Gives at most `limit` octets. What cannot be decoded from its first octet on was never coded, whatever the head
    says: it is given as it is, with a problem. What breaks off later is given up to there.
    """
    codings = [coding for coding in head.members("content-encoding") if coding != "identity"]
    if len(codings) > CODINGS_LIMIT:
        too_many = f"expected at most {CODINGS_LIMIT} content codings, found {len(codings)}"
        return Decoded(payload[:limit], too_many, len(payload) > limit, tuple(codings))
    problem: str | None = None
    exceeded = False
    while codings and payload:
        remove = _CODINGS.get(codings[-1])
        if remove is None:
            return Decoded(payload, problem or f"unknown content coding {codings[-1][:40]!r}", exceeded, tuple(codings))
        coding = codings.pop()
        whole = bytearray()
        fault: str | None = None
        try:
            for piece in remove(payload):
                whole += piece
                if len(whole) > limit:
                    exceeded = True
                    break
        except _CODING_ERRORS as error:
            fault = f"not {coding} all through: {error}"
            if not whole and not isinstance(error, _TooShortError):
                # A server that names a coding it did not apply: the payload is what it is.
                problem = problem or f"not {coding}, though Content-Encoding says so"
                continue
        problem = problem or fault
        # one copy, not two: a page at the limit is in memory twice then
        payload = bytes(memoryview(whole)[:limit])
        if exceeded:
            return Decoded(payload, f"more than {limit} octets when decoded", exceeded)
    if len(payload) > limit:
        return Decoded(payload[:limit], f"more than {limit} octets", exceeded=True)
    return Decoded(payload, problem)


class _TooShortError(Exception):
    """A coded payload that breaks off."""

    def __init__(self) -> None:
        super().__init__("it ends too early")


_OUTPUT_PIECE = 1 << 20
_LEAST_INPUT, _MOST_INPUT = 1 << 10, 1 << 16
# Four octets of zstd can stand for 128 KiB; so few at a time keep what a bomb unfolds at once below 16 MiB.
_ZSTD_PIECE = 512
# RFC 9659: content coded with zstd needs no window of more than 8 MiB; some servers use more.
_ZSTD_WINDOW = 1 << 27


class _Inflater(Protocol):
    @property
    def unconsumed_tail(self) -> bytes: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...
    def copy(self) -> _Inflater: ...


class _BrokenError(Exception):
    """Coded octets that cannot be decoded any further."""

    def __init__(self, error: zlib.error, before: bytes) -> None:
        super().__init__(str(error))
        self.before = before
        """What could be decoded of them before that."""

    def salvaged(self, *, is_gzip: bool) -> bytes:
        """What is worth keeping: deflate begins like many a text, and such a text gives an octet or two as well."""
        return self.before if is_gzip or "data check" in str(self) else b""


_CODING_ERRORS = (_TooShortError, _BrokenError, zlib.error, brotli.error, zstandard.ZstdError)


def _unfolded(inflater: _Inflater, coded: bytes) -> bytes:
    """What some octets stand for, at most a mebibyte. Raises _BrokenError."""
    # zlib says of broken octets that they are, and keeps for itself what it had from them
    before = inflater.copy()
    try:
        return inflater.decompress(coded, _OUTPUT_PIECE)
    except zlib.error as error:
        return _unfolded_singly(before, coded, error)


def _unfolded_singly(inflater: _Inflater, coded: bytes, error: zlib.error) -> bytes:
    unfolded = bytearray()
    try:
        for at in range(len(coded)):
            unfolded += inflater.decompress(coded[at : at + 1], _OUTPUT_PIECE)
    except zlib.error as same:
        error = same
    raise _BrokenError(error, bytes(unfolded))


def _inflate(inflater: _Inflater, coded: bytes, position: int = 0, *, is_gzip: bool) -> Generator[bytes, None, int]:
    """What the octets from `position` on stand for; the generator's value is where they end."""
    # zlib copies what it has not used: fed whole, many small members would be copied over and over
    window = _LEAST_INPUT
    fed = b""
    while not inflater.eof:
        if not fed:
            fed = coded[position : position + window]
            position += len(fed)
            window = min(2 * window, _MOST_INPUT)
        last = position >= len(coded)
        try:
            piece = _unfolded(inflater, fed)
        except _BrokenError as broken:
            if salvaged := broken.salvaged(is_gzip=is_gzip):
                yield salvaged
            raise
        fed = inflater.unconsumed_tail
        if piece:
            yield piece
        elif last and not fed and not inflater.eof:
            raise _TooShortError
    return position - len(inflater.unused_data)


def _gunzip(coded: bytes) -> Iterator[bytes]:
    position = 0
    while True:
        position = yield from _inflate(zlib.decompressobj(31), coded, position, is_gzip=True)
        # RFC 1952, 2.2: members may follow each other; anything else after one is padding.
        if not coded.startswith(b"\x1f\x8b", position):
            return


def _deflate_bits(coded: bytes) -> int:
    # RFC 9110, 8.4.1.2: deflate means the zlib format, and some servers send it without the wrapper.
    try:
        zlib.decompressobj().decompress(coded[:2])
    except zlib.error:
        return -15
    return 15


def _inflate_deflate(coded: bytes) -> Iterator[bytes]:
    return _inflate(zlib.decompressobj(_deflate_bits(coded)), coded, is_gzip=False)


def _unbrotli(coded: bytes) -> Iterator[bytes]:
    decompressor = brotli.Decompressor()
    piece = decompressor.process(coded, output_buffer_limit=_OUTPUT_PIECE)
    while piece:
        yield piece
        piece = b"" if decompressor.is_finished() else decompressor.process(b"", output_buffer_limit=_OUTPUT_PIECE)
    if not decompressor.is_finished():
        raise _TooShortError


def _unzstd(coded: bytes) -> Iterator[bytes]:
    position = 0
    frames = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    while position < len(coded):
        decompressor = frames.decompressobj()
        while not decompressor.eof:
            if position >= len(coded):
                raise _TooShortError
            piece = decompressor.decompress(coded[position : position + _ZSTD_PIECE])
            position += _ZSTD_PIECE
            if piece:
                yield piece
        position = min(position, len(coded)) - len(decompressor.unused_data)


_CODINGS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate_deflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}


_INFLATED = frozenset({"gzip", "x-gzip", "deflate"})
# Input that is copied again for each mebibyte it unfolds to, and for each member in it.
_INPUT_PIECE = 1 << 12
# A gzip header may name a file: octets that decide nothing yet. A longer one is nobody's.
_UNDECIDED_LIMIT = 1 << 16


class _TooLongError(Exception):
    """A body that unfolds to more than any page."""


class _TransferCoding:
    """Takes gzip or deflate off a body that arrives in pieces (RFC 9112, 7.2), as `decode_content` does.

    What cannot be decoded from its first octet on was never coded, and goes through as it is. What breaks off later
    is given up to there. Members of gzip may follow each other; anything else after one is padding.
    """

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._gzip = coding != "deflate"
        self._fault: str | None = None
        self._inflater: _Inflater | None = None
        self._held = b""
        self._undecided: bytearray | None = bytearray()
        self._length = 0
        self._members = 0
        self._plain = False
        self._over = False

    def removed(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The octets without the coding, at most a mebibyte at a time. Raises _TooLongError at the limit."""
        for piece in pieces:
            for at in range(0, len(piece), _INPUT_PIECE):
                for unfolded in self._inflate(piece[at : at + _INPUT_PIECE]):
                    room = TRANSFER_LIMIT - self._length
                    self._length += len(unfolded)
                    if len(unfolded) <= room:
                        yield unfolded
                        continue
                    if room:
                        yield unfolded[:room]
                    raise _TooLongError

    def end(self) -> str | None:
        """Say that the body is over; why it did not come apart whole, in one line."""
        begun = self._inflater is not None or bool(self._held and not self._members)
        if self._fault is None and begun and not self._plain:
            self._fault = f"transfer coding {self._coding}: it ends too early"
        return self._fault

    def _inflate(self, octets: bytes) -> Iterator[bytes]:
        if self._plain:
            yield octets
            return
        if self._undecided is not None:
            self._undecided += octets
            if len(self._undecided) > _UNDECIDED_LIMIT:
                self._undecided = None
        left, more = self._held + octets, False
        self._held = b""
        while (left or more) and not self._over:
            if self._inflater is None and not self._begin(left):
                return
            assert self._inflater is not None
            try:
                piece = _unfolded(self._inflater, left)
            except _BrokenError as error:
                yield self._break(error)
                return
            left, more = self._inflater.unconsumed_tail, len(piece) == _OUTPUT_PIECE
            if piece:
                self._undecided = None
                yield piece
            if self._inflater.eof:
                left, more = self._inflater.unused_data, False
                self._inflater, self._undecided = None, None
                self._members += 1

    def _begin(self, octets: bytes) -> bool:
        """Begin the first member, or another one; False when these octets begin none, or do not say yet."""
        if len(octets) < 2:
            self._held = octets
        elif self._members and not (self._gzip and octets.startswith(b"\x1f\x8b")):
            self._over = True
        else:
            self._inflater = zlib.decompressobj(31 if self._gzip else _deflate_bits(octets))
        return self._inflater is not None

    def _break(self, error: _BrokenError) -> bytes:
        salvaged = error.salvaged(is_gzip=self._gzip)
        if self._undecided is None or salvaged:
            self._fault = f"transfer coding {self._coding}: not {self._coding} all through: {error}"
            self._over = True
            return salvaged
        self._fault = f"not {self._coding}, though Transfer-Encoding says so"
        self._plain = True
        return bytes(self._undecided)
