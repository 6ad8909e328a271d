"""A copy of a collection on S3, read: the store that `verify --at s3://BUCKET/PREFIX` asks.

Names of a collection are keys below the prefix.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

from archive.errors import TargetError
from archive.s3_connection import Body, OutOfRangeError, S3Connection, S3Place, parse_place

__all__ = ["S3Place", "S3Store", "parse_place"]

_PIECE = 1 << 20
_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})\Z")


class S3Store:
    """Files below a prefix of a bucket. May be handed to another process; each makes a connection of its own."""

    def __init__(
        self,
        place: S3Place,
        versions: Mapping[str, str | None] | None = None,
        *,
        connection: S3Connection | None = None,
    ) -> None:
        """`versions`: by the name of a file, the version that it is read by."""
        self.place = place
        self.connection = connection or S3Connection(place)
        self._versions = dict(versions or {})

    def read(self, name: str) -> bytes:
        """A whole file."""
        with self.open(name) as file:
            return file.read()

    def open(self, name: str, offset: int = 0, length: int | None = None) -> BinaryIO:
        """A file from an offset on, `length` octets of it or all."""
        asked: dict[str, str] = {}
        if offset or length is not None:
            if length == 0:
                self.size(name)
                return io.BytesIO(b"")
            last = "" if length is None else str(offset + length - 1)
            asked["Range"] = f"bytes={offset}-{last}"
        try:
            answer = self._call("get_object", name, asked)
        except OutOfRangeError:
            return io.BytesIO(b"")
        if offset or length is not None:
            _hold_range(name, answer, offset, length)
        body = Body(name, answer["Body"], answer["ContentLength"])
        return cast(BinaryIO, io.BufferedReader(body, _PIECE))

    def size(self, name: str) -> int:
        """Octets of a file."""
        return int(self._call("head_object", name, {})["ContentLength"])

    def names(self, prefix: str) -> Iterator[str]:
        """The files below a folder, `""` for all, in the order of their names."""
        asked = {"Prefix": self.place.key(f"{prefix}/") if prefix else self.place.key("")}
        while True:
            answer = self.connection.call("list_objects_v2", f"reading {prefix or 'the names'}", **asked)
            for one in answer.get("Contents", ()):
                name = self.place.name(str(one["Key"]))
                if not name.endswith("/"):
                    yield name
            if not answer.get("IsTruncated"):
                return
            asked["ContinuationToken"] = answer["NextContinuationToken"]

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        try:
            self._call("head_object", name, {})
        except FileNotFoundError:
            return False
        return True

    def _call(self, method: str, name: str, words: Mapping[str, str]) -> Any:
        version = self._versions.get(name)
        asked = {**words, "VersionId": version} if version is not None else dict(words)
        answer = self.connection.call(method, f"reading {name}", Key=self.place.key(name), **asked)
        if version is not None and answer.get("VersionId") != version:
            # a server that keeps no versions gives what it has, whatever version is asked for
            raise FileNotFoundError(2, "no such version", name)
        return answer


def _hold_range(name: str, answer: Any, offset: int, length: int | None) -> None:
    """Refuse another part of an object than was asked for. Raises TargetError."""
    told = _RANGE.match(answer.get("ContentRange") or "")
    found = (int(told[1]), int(told[2]) + 1) if told else None
    end = None if told is None else int(told[3]) if length is None else min(offset + length, int(told[3]))
    if found != (offset, end) or answer["ContentLength"] != (end or 0) - offset:
        answer["Body"].close()
        raise TargetError(
            f"reading {name}: expected its octets from {offset} on, found {answer.get('ContentRange') or 'no range'} "
            f"of {answer['ContentLength']} octets"
        )
