"""Where the payload lies in an HTTP message, found in a record's block while its octets pass (WARC 1.1, 5.9).

A response is read as the answer to GET: what the request was is often known only afterwards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from archive.fixity import Hashes
from archive.http import Framing, Head, MalformedHeadError, parse_head
from archive.member import HEADER_LIMIT

_FIRST = 20
_CHUNK = re.compile(rb"[0-9A-Fa-f]{1,16}(?:[ \t;\r\n]|\Z)")


@dataclass(slots=True)
class ResponsePayload:
    """Finds head and payload of a response in octets that arrive in pieces, as of an answer to GET.

    Beside the payload it digests what some tools take for it.
    """

    payload: Hashes
    strict: bool = False
    """Only the payload itself is digested."""
    head: Head | None = None
    malformed: bool = False
    framing: Framing | None = None
    sent: Hashes | None = None
    """All octets after the head, where they are not the payload."""
    after_first_head: Hashes | None = None
    """All octets after the head of a 1xx response."""
    begins: bytes = b""
    """The payload's first octets."""
    _first: bytes = b""
    _start: bytes = b""

    @property
    def unframed(self) -> bool:
        """Whether the head speaks of chunks and the body does not begin like one."""
        if self.head is None or self.payload.length or not self._first:
            return False
        return "chunked" in self.head.members("transfer-encoding") and _CHUNK.match(self._first) is None

    def feed(self, octets: bytes) -> None:
        """Take the next octets of the block."""
        if self.malformed:
            cast(Hashes, self.sent).update(octets)
            return
        if self.framing is None:
            octets = self._take_head(octets)
        if self.framing is not None and octets:
            self._take_body(octets, self.framing)

    def end(self) -> None:
        """Say that the block has ended."""
        if self.framing is None and not self.malformed:
            self._give_up()
        if self.framing is not None:
            self.framing.end()

    def _take_head(self, octets: bytes) -> bytes:
        self._start += octets
        try:
            self.head = parse_head(self._start)
        except MalformedHeadError:
            self._give_up()
            return b""
        if self.head is None:
            if len(self._start) > HEADER_LIMIT:
                self._give_up()
            return b""
        start, self._start = self._start, b""
        first = _after_empty_line(start)
        if first < self.head.length:
            self.after_first_head = self.payload.copy()
            self.after_first_head.update(start[first : self.head.length])
        self.framing = Framing(self.head, "GET")
        if [coding for coding in self.head.members("transfer-encoding") if coding != "identity"]:
            self.sent = self.payload.copy()
        return start[self.head.length :]

    def _take_body(self, octets: bytes, framing: Framing) -> None:
        if len(self._first) < _FIRST:
            self._first += octets[: _FIRST - len(self._first)]
        if self.strict:
            for piece in framing.pieces(octets):
                self.payload.update(piece)
            return
        if self.after_first_head is not None:
            self.after_first_head.update(octets)
        before = None if self.sent is not None else self.payload.copy()
        surplus = framing.surplus
        for piece in framing.pieces(octets):
            if len(self.begins) < 4:
                self.begins += piece[:4]
            self.payload.update(piece)
        if before is not None and framing.surplus > surplus:
            self.sent = before
        if self.sent is not None:
            self.sent.update(octets)

    def _give_up(self) -> None:
        """Take what follows the first empty line for the payload, as readers do."""
        self.malformed = True
        self.sent = self.payload.copy()
        self.sent.update(self._start[_after_empty_line(self._start) :])
        self._start = b""


@dataclass(slots=True)
class RequestPayload:
    """Finds method and payload of a request in octets that arrive in pieces."""

    payload: Hashes
    method: str = ""
    _start: bytes | None = b""

    def feed(self, octets: bytes) -> None:
        """Take the next octets of the block."""
        if self._start is None:
            self.payload.update(octets)
            return
        self._start += octets
        self.method = self._start[:40].partition(b" ")[0].decode("latin-1").upper()
        body = _after_empty_line(self._start)
        if body < len(self._start) or self._start.endswith((b"\r\n\r\n", b"\n\n")):
            self.payload.update(self._start[body:])
            self._start = None
        elif len(self._start) > HEADER_LIMIT:
            self._start = None

    def end(self) -> None:
        """Say that the block has ended."""


def _after_empty_line(octets: bytes) -> int:
    """Where the octets after the first empty line begin; the end without one."""
    found = re.search(rb"\r?\n\r?\n", octets)
    return found.end() if found else len(octets)
