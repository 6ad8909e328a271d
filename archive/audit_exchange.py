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

_TARGET = re.compile("\r\nWARC-Target-URI: ([^\r\n]*)\r\n")
_REFERS_TO = re.compile("\r\nWARC-Refers-To: <([^\r\n>]*)>\r\n")
_CONCURRENT = re.compile("\r\nWARC-Concurrent-To: <([^\r\n>]*)>\r\n")
_IS_FIELDS = f"\r\nContent-Type: {WARC_FIELDS}\r\n"
_DIRECT = "direct"
_PRINCIPAL = frozenset({"response", "revisit"})
_DIGEST = re.compile("sha256:[0-9a-f]{64}")


class OddError(Exception):
    """Records that do not lie as we write them."""


class Exchanges:
    """Takes the records of a file in their order, and gives captures."""

    def __init__(self) -> None:
        self.captures = 0
        self._open: tuple[Logged, int, int, str] | None = None
        """The first record of the exchange that is being read, where it lies, and its header."""

    def take(self, record: Logged, offset: int, length: int, header: str, octets: bytes) -> CaptureFact | None:
        """The next record; a capture where it closes an exchange.

        `header` runs to its last line end, `octets` are those of the record. Raises OddError.
        """
        kind = record.type
        if kind == "metadata":
            return self._close(record, offset, length, header, octets)
        if kind in _PRINCIPAL:
            if self._open is not None or "\r\nWARC-Concurrent-To:" in header:
                raise OddError("a response in the midst of an exchange")
            self._open = record, offset, length, header
        elif kind == "request" or (kind == "resource" and not is_foundation(kind, self.target(header))):
            if self._open is None:
                if "\r\nWARC-Concurrent-To:" in header:
                    raise OddError("a request after its exchange")
                self._open = record, offset, length, header
            elif _CONCURRENT.findall(header) != [self._open[0].id] and self._open[0].id not in _CONCURRENT.findall(
                header
            ):
                raise OddError("a record of another exchange")
        elif self._open is not None:
            raise OddError("a record in the midst of an exchange")
        return None

    def end(self) -> None:
        """The file ends here. Raises OddError where an exchange is open."""
        if self._open is not None:
            raise OddError("an exchange without its end")

    @staticmethod
    def target(header: str) -> str | None:
        """The WARC-Target-URI."""
        found = _TARGET.search(header)
        return found[1].strip(" \t") if found else None

    def _close(self, record: Logged, offset: int, length: int, header: str, octets: bytes) -> CaptureFact | None:
        first = self._open
        if _IS_FIELDS not in header or b"\r\noutcome: " not in octets:
            if first is not None:
                raise OddError("metadata of another kind in the midst of an exchange")
            return None
        self._open = None
        if first is not None and first[0].id not in _CONCURRENT.findall(header):
            raise OddError("the end of another exchange")
        if len(octets) < record.length:
            raise OddError("a very long metadata record")
        lines = _lines(octets)
        if first is not None and first[0].type in _PRINCIPAL:
            record, offset, length, own = first
        else:
            own = header
        url = self.target(header)
        refers = _REFERS_TO.search(own) if record.type == "revisit" else None
        if url is None or (record.type == "revisit") != (refers is not None):
            raise OddError("no target, or no original")
        self.captures += 1
        try:
            return _fact(record, offset, length, url, refers[1] if refers else None, lines)
        except (KeyError, ValueError) as error:
            raise OddError("metadata without what it has to say") from error


def _lines(octets: bytes) -> dict[str, str]:
    """The lines of the block, the first of a name. Raises OddError where they are not as we write them."""
    start = octets.index(b"\r\n\r\n") + 4
    try:
        text = octets[start:-6].decode()
    except UnicodeDecodeError as error:
        raise OddError("metadata that is not UTF-8") from error
    lines: dict[str, str] = {}
    for line in text.split("\r\n"):
        name, colon, value = line.partition(": ")
        if not colon:
            name, colon, value = line.partition(":")
            if not colon:
                continue
        if name in lines:
            continue
        lines[name] = value
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
