"""What records say of captures, in the words of the catalogue's rows, read fast.

`captures_in` (archive/warc.py) makes captures from records that were parsed whole. Nearly all exchanges of our own
files lie as `WarcWriter.append` writes them, and what the catalogue keeps of one stands in two places: in the entry of
its first record and in the lines of its metadata record. Only these are looked at here. What lies otherwise is left to
`captures_in`: that is said, nothing is guessed.
"""

from __future__ import annotations

import re
from datetime import datetime

from archive.audit_catalogue import CaptureFact, moment, record_id_octets
from archive.audit_log import Logged
from archive.connection import is_foundation
from archive.warc import WARC_FIELDS

_TARGET = re.compile(rb"\r\nWARC-Target-URI: ([^\r\n]*)\r\n")
_REFERS_TO = re.compile(rb"\r\nWARC-Refers-To: <([^\r\n>]*)>\r\n")
_CONCURRENT = b"\r\nWARC-Concurrent-To:"
_IS_FIELDS = f"\r\nContent-Type: {WARC_FIELDS}\r\n".encode()
_DIRECT = "direct"
_PRINCIPAL = frozenset({"response", "revisit"})
_DIGEST = re.compile("sha256:[0-9a-f]{64}")


class OddError(Exception):
    """Records that do not lie as we write them."""


class Exchanges:
    """Takes the records of a file in their order, and gives captures."""

    def __init__(self) -> None:
        self.captures = 0
        self._open: tuple[Logged, int, int, bytes] | None = None
        """The first record of the exchange that is being read, where it lies, and its header."""
        self._partner = b""
        """How the others of that exchange name it."""

    def take(self, record: Logged, offset: int, length: int, octets: bytes, end: int) -> CaptureFact | None:
        """The next record; a capture where it closes an exchange.

        `octets` are those of the record, its header's last line end begins at `end`. Raises OddError.
        """
        kind = record.type
        if kind == "metadata":
            return self._close(record, offset, length, octets, end)
        if kind in _PRINCIPAL:
            if self._open is not None or octets.find(_CONCURRENT, 0, end) >= 0:
                raise OddError("a response in the midst of an exchange")
            self._begin(record, offset, length, octets[: end + 2])
        elif kind == "request" or (kind == "resource" and self.foundation(octets, end) is None):
            if self._open is None:
                if octets.find(_CONCURRENT, 0, end) >= 0:
                    raise OddError("a request after its exchange")
                self._begin(record, offset, length, octets[: end + 2])
            elif octets.find(self._partner, 0, end + 2) < 0:
                raise OddError("a record of another exchange")
        elif self._open is not None:
            raise OddError("a record in the midst of an exchange")
        return None

    def _begin(self, record: Logged, offset: int, length: int, header: bytes) -> None:
        self._open = record, offset, length, header
        self._partner = f"\r\nWARC-Concurrent-To: <{record.id}>\r\n".encode()

    def end(self) -> None:
        """The file ends here. Raises OddError where an exchange is open."""
        if self._open is not None:
            raise OddError("an exchange without its end")

    @staticmethod
    def foundation(octets: bytes, end: int) -> str | None:
        """The target of a resource record that exchanges rest on; None of any other."""
        target = _target(octets, end)
        return target if is_foundation("resource", target) else None

    def _close(self, record: Logged, offset: int, length: int, octets: bytes, end: int) -> CaptureFact | None:
        first = self._open
        if octets.find(_IS_FIELDS, 0, end + 2) < 0 or octets.find(b"\r\noutcome: ", end) < 0:
            if first is not None:
                raise OddError("metadata of another kind in the midst of an exchange")
            return None
        self._open = None
        if first is not None and octets.find(self._partner, 0, end + 2) < 0:
            raise OddError("the end of another exchange")
        if len(octets) < record.length:
            raise OddError("a very long metadata record")
        url = _target(octets, end)
        refers = None
        if first is not None and first[0].type in _PRINCIPAL:
            record, offset, length, header = first
            if record.type == "revisit":
                found = _REFERS_TO.search(header)
                refers = found[1].decode() if found else None
        if url is None or (record.type == "revisit") != (refers is not None):
            raise OddError("no target, or no original")
        lines = _lines(octets, end + 4)
        self.captures += 1
        try:
            return _fact(record, offset, length, url, refers, lines)
        except (KeyError, ValueError) as error:
            raise OddError("metadata without what it has to say") from error


def _target(octets: bytes, end: int) -> str | None:
    found = _TARGET.search(octets, 0, end + 2)
    return found[1].decode("utf-8", "replace").strip(" \t") if found else None


def _lines(octets: bytes, start: int) -> dict[str, str]:
    """The lines of the block, the first of a name. Raises OddError where they are not as we write them."""
    try:
        text = octets[start:-6].decode()
    except UnicodeDecodeError as error:
        raise OddError("metadata that is not UTF-8") from error
    lines: dict[str, str] = {}
    for line in text.split("\r\n"):
        name, colon, value = line.partition(":")
        if colon and name not in lines:
            lines[name] = value.strip(" \t")
    return lines


def _fact(
    record: Logged, offset: int, length: int, url: str, refers_to: str | None, lines: dict[str, str]
) -> CaptureFact:
    get = lines.get
    status = get("status")
    certificate = get("tls-certificate")
    vantage = get("vantage")
    if status is not None and record.type == "metadata":
        raise ValueError("a status without a response")
    if certificate is not None and not _DIGEST.fullmatch(certificate):
        raise ValueError("no digest of a certificate")
    return CaptureFact(
        record_id_octets(record.id),
        url,
        moment(datetime.fromisoformat(record.date)),
        offset,
        length,
        bytes.fromhex(record.digest),
        lines["outcome"],
        int(status) if status is not None else None,
        get("media-type"),
        bytes.fromhex(record.payload[7:]) if record.payload is not None else None,
        int(lines["payload-length"]),
        get("truncated"),
        record_id_octets(refers_to) if refers_to is not None else None,
        lines["crawl"],
        lines["site"],
        get("via"),
        lines["hopsFromSeed"],
        get("error"),
        get("failure"),
        bytes.fromhex(certificate[7:]) if certificate is not None else None,
        get("tls-verdict"),
        get("vantage-label") or (vantage if vantage != _DIRECT else None),
    )
