"""Types of columns: what a row holds of a digest, an id, an instant, a flag and a text, on every database alike.

Rows hold digests as 32 bytes, ids of records as 16, and instants as whole microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Boolean, Double, Integer, LargeBinary, Text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from archive.digest import Digest, digest_octets, digest_of_octets

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_UUID_URN = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")

# STRICT tables know INTEGER and REAL, of 8 bytes both, and neither BIGINT nor BOOLEAN nor DOUBLE; elsewhere INTEGER and
# REAL have 4 bytes.
WIDE = BigInteger().with_variant(Integer(), "sqlite")
FLAG = Boolean().with_variant(Integer(), "sqlite")
REAL: Double[float] = Double().with_variant(sqlite.REAL(), "sqlite")


class _ServerText(TypeDecorator[str]):
    """A text on PostgreSQL, which takes every character but NUL: what a server or a page says may hold one.

    It is kept as a character that no text means, and a digit; that character itself, as it and another digit.
    """

    # Ordered by its octets, as by SQLite: by a server's own collation, answers would come in another order.
    impl = Text(collation="C")
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text without NUL."""
        if value is None or ("\0" not in value and _ESCAPE not in value):
            return value
        return value.replace(_ESCAPE, _ESCAPE + "1").replace("\0", _ESCAPE + "0")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """The text as it was."""
        if value is None or _ESCAPE not in value:
            return value
        return str(value).replace(_ESCAPE + "0", "\0").replace(_ESCAPE + "1", _ESCAPE)


_ESCAPE = "\ufdd0"

TEXT = Text().with_variant(_ServerText(), "postgresql")


class Moment(TypeDecorator[datetime]):
    """An instant as whole microseconds since 1970-01-01 UTC."""

    impl = WIDE
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse an instant without a time zone: its meaning would depend on the machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"expected an instant with a time zone, found {value.isoformat()}")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """The instant, in UTC."""
        return None if value is None else EPOCH + value * MICROSECOND


class Packed(TypeDecorator[bytes]):
    """Octets that are kept packed with deflate (RFC 1950): what is read on a page takes a tenth of its room so.

    Octets that are not packed, or that would be more than a reading has, were put there by somebody else. They are
    given as they are, for whoever asked to find that they are no reading.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """The octets, packed."""
        return None if value is None else zlib.compress(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> bytes | None:
        """The octets as they were."""
        if value is None:
            return None
        unpacking = zlib.decompressobj()
        try:
            octets = unpacking.decompress(value, _MOST_UNPACKED)
        except zlib.error:
            return bytes(value)
        return octets if unpacking.eof and not unpacking.unused_data else bytes(value)


_MOST_UNPACKED = 1 << 29


class DigestColumn(TypeDecorator[Digest]):
    """A digest as its 32 bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Digest | None, dialect: Dialect) -> bytes | None:
        """The 32 bytes."""
        return None if value is None else digest_octets(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Digest | None:
        """The digest with its label."""
        return None if value is None else digest_of_octets(value)


class RecordId(TypeDecorator[str]):
    """The id of a record: the 16 octets of a UUID, as ours are and nearly all others, and else the text's own.

    As text it would take 45, three times and more for every capture. A text of 16 octets gets one more, a zero,
    which no id can hold.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """The octets."""
        if value is None:
            return None
        if _UUID_URN.match(value):
            return bytes.fromhex(value.removeprefix("urn:uuid:").replace("-", ""))
        octets = value.encode("utf-8", "surrogatepass")
        return octets + b"\0" if len(octets) == 16 else octets

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """The id, without brackets."""
        if value is None:
            return None
        if len(value) == 16:
            text = value.hex()
            return f"urn:uuid:{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
        return str(value.removesuffix(b"\0"), "utf-8", "surrogatepass")
