"""Objects that a probe puts on an S3 server, each remembered, so that all of them can be removed at its end.

Raw requests: nothing is repaired or read twice here, since it is the server that is looked at.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from archive.errors import StorageError, TargetError
from archive.s3_connection import Body, OutOfRangeError, S3Connection
from archive.target import LockMode, Retention
from archive.target_probe import Left

FOLDER = "khronika-probe"
"""Below the place: nothing else is written, and nothing else removed."""


class NothingThereError(TargetError):
    """The server says that there is no such object, version or upload."""


def checksum(octets: bytes) -> str:
    """SHA-256 as S3 writes it."""
    return base64.b64encode(hashlib.sha256(octets).digest()).decode("ascii")


def composite(*pieces: bytes) -> str:
    """SHA-256 over those of the parts, as S3 writes it."""
    digests = b"".join(hashlib.sha256(piece).digest() for piece in pieces)
    return f"{checksum(digests)}-{len(pieces)}"


@dataclass(frozen=True, slots=True)
class Had:
    """What the server told of an object."""

    size: int
    version: str | None
    checksum: str | None
    """Of the whole, or over the parts."""
    retention: Retention | None


class Trial:
    """The objects of one probe, below a folder of its own."""

    def __init__(self, connection: S3Connection, mark: str, clock: Callable[[], datetime]) -> None:
        self._connection = connection
        self._folder = f"{FOLDER}/{mark}"
        self._clock = clock
        self._uploads: list[tuple[str, str]] = []
        self.put_times: list[float] = []
        self.get_times: list[float] = []

    @property
    def now(self) -> datetime:
        """Here."""
        return self._clock()

    @property
    def address(self) -> str:
        """Where requests really go: boto3's configuration may name an endpoint too."""
        return str(self._connection.client.meta.endpoint_url)

    def key(self, name: str) -> str:
        """Of an object of the probe."""
        return self._connection.place.key(f"{self._folder}/{name}")

    def call(self, method: str, **words: Any) -> Any:
        """A request. Raises NothingThereError, TargetError."""
        try:
            return self._connection.call(method, "probing", **words)
        except FileNotFoundError as error:
            raise NothingThereError(f"probing at {self._connection.place}: expected an object, found none") from error
        except OutOfRangeError as error:
            raise TargetError(f"probing at {self._connection.place}: the range is said to be outside") from error

    def put(self, name: str, octets: bytes, *, said: str | None = None, **words: Any) -> Had:
        """Put an object, with its SHA-256 or with another that is `said`."""
        began = self._clock()
        told = self.call(
            "put_object", Key=self.key(name), Body=octets, ChecksumSHA256=said or checksum(octets), **words
        )
        self.put_times.append((self._clock() - began).total_seconds())
        return Had(len(octets), told.get("VersionId"), told.get("ChecksumSHA256"), None)

    def head(self, name: str, version: str | None = None) -> Had:
        """What the server tells of an object."""
        told = self.call("head_object", Key=self.key(name), ChecksumMode="ENABLED", **_by(version))
        mode, until = told.get("ObjectLockMode"), told.get("ObjectLockRetainUntilDate")
        return Had(
            int(told.get("ContentLength", -1)),
            told.get("VersionId"),
            told.get("ChecksumSHA256"),
            _retention(mode, until),
        )

    def get(self, name: str, version: str | None = None, *, octets: str | None = None) -> bytes:
        """An object, or the range `octets` of it."""
        began = self._clock()
        asked = {} if octets is None else {"Range": f"bytes={octets}"}
        told = self.call("get_object", Key=self.key(name), **_by(version), **asked)
        with Body(name, told["Body"], int(told.get("ContentLength", 0))) as body:
            found = body.read() if octets is None else body.readall()
        self.get_times.append((self._clock() - began).total_seconds())
        return found or b""

    def begin_parts(self, name: str, **words: Any) -> str:
        """Begin an upload in parts."""
        told = self.call("create_multipart_upload", Key=self.key(name), ChecksumAlgorithm="SHA256", **words)
        upload = told.get("UploadId")
        if not upload:
            at = self._connection.place
            raise TargetError(f"probing at {at}: expected the id of an upload in parts, found none")
        self._uploads.append((name, str(upload)))
        return str(upload)

    def put_part(self, name: str, upload: str, number: int, octets: bytes, *, said: str | None = None) -> str:
        """Put a part: its ETag."""
        words = {"Key": self.key(name), "UploadId": upload, "PartNumber": number, "Body": octets}
        return str(self.call("upload_part", **words, ChecksumSHA256=said or checksum(octets)).get("ETag", ""))

    def parts(self, name: str, upload: str) -> list[tuple[int, int, str]]:
        """What the server says of the parts: number, size, ETag."""
        told = self.call("list_parts", Key=self.key(name), UploadId=upload)
        return [(int(one["PartNumber"]), int(one["Size"]), str(one["ETag"])) for one in told.get("Parts", ())]

    def complete(self, name: str, upload: str, parts: list[tuple[str, bytes]], **words: Any) -> str | None:
        """Make an object of parts, each its ETag and octets: its version."""
        made = [
            {"PartNumber": number, "ETag": tag, "ChecksumSHA256": checksum(octets)}
            for number, (tag, octets) in enumerate(parts, 1)
        ]
        key = self.key(name)
        told = self.call(
            "complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": made}, **words
        )
        version = told.get("VersionId")
        return None if version is None else str(version)

    def retention(self, name: str, version: str | None) -> Retention | None:
        """The lock of an object, asked for by itself."""
        told = self.call("get_object_retention", Key=self.key(name), **_by(version)).get("Retention", {})
        return _retention(told.get("Mode"), told.get("RetainUntilDate"))

    def retain(self, name: str, version: str | None, retention: Retention) -> None:
        """Lock an object that is there."""
        asked = {"Mode": retention.mode.upper(), "RetainUntilDate": retention.until}
        # the request must have a digest of its body, and it is not one of the newer checksums that every server knows
        self.call(
            "put_object_retention", Key=self.key(name), Retention=asked, **_by(version), ChecksumAlgorithm="SHA256"
        )

    def delete(self, name: str, version: str | None = None) -> None:
        """Ask for an object's deletion, or a version's, without going round a lock."""
        self.call("delete_object", Key=self.key(name), **_by(version))

    def is_there(self, name: str, version: str | None = None) -> bool:
        """Whether the server still tells of it."""
        try:
            self.head(name, version)
        except NothingThereError:
            return False
        return True

    def names(self, folder: str, page: int) -> list[str]:
        """The objects below a folder of the probe, `page` of them an answer."""
        prefix = self.key(f"{folder}/")
        found: list[str] = []
        asked: dict[str, str] = {}
        # a server that turns in circles is no reason to
        for _ in range(100):
            told = self.call("list_objects_v2", Prefix=prefix, MaxKeys=page, **asked)
            found += [str(one["Key"]).removeprefix(prefix) for one in told.get("Contents", ())]
            if not told.get("IsTruncated") or not told.get("NextContinuationToken"):
                return found
            asked = {"ContinuationToken": str(told["NextContinuationToken"])}
        return found

    # ---- at the end

    def remove_all(self) -> list[Left]:
        """Remove every object of this probe and of those before it: what could not be removed."""
        for name, upload in self._uploads:
            with suppress(StorageError):
                self.call("abort_multipart_upload", Key=self.key(name), UploadId=upload)
        left = []
        try:
            for key, version in list(self._everything()):
                one = self._remove(key, version)
                if one is not None:
                    left.append(one)
            if not left:
                left += [Left(key, version, None, "it is still listed") for key, version in self._everything()]
        except StorageError as error:
            folder = self._connection.place.key(f"{FOLDER}/")
            left.append(Left(folder, None, None, f"what is there could not be listed: {error}"))
        return left

    def _everything(self) -> Iterator[tuple[str, str | None]]:
        prefix = self._connection.place.key(f"{FOLDER}/")
        asked: dict[str, str] = {}
        for _ in range(100):
            told = self.call("list_object_versions", Prefix=prefix, **asked)
            for one in (*told.get("Versions", ()), *told.get("DeleteMarkers", ())):
                key = str(one["Key"])
                # what a server lists beside what was asked for is not ours to remove
                if key.startswith(prefix):
                    version = one.get("VersionId")
                    yield key, None if version in (None, "null", "") else str(version)
            if not told.get("IsTruncated"):
                return
            asked = {"KeyMarker": str(told.get("NextKeyMarker", ""))}
            if told.get("NextVersionIdMarker"):
                asked["VersionIdMarker"] = str(told["NextVersionIdMarker"])

    def _remove(self, key: str, version: str | None) -> Left | None:
        words = {"Key": key, **_by(version)}
        try:
            self.call("delete_object", **words)
        except NothingThereError:
            return None
        except StorageError as error:
            refused: StorageError = error
        else:
            return None
        retention = None
        with suppress(StorageError, KeyError):
            told = self.call("get_object_retention", **words).get("Retention", {})
            retention = _retention(told.get("Mode"), told.get("RetainUntilDate"))
        if retention is not None and retention.mode is LockMode.GOVERNANCE:
            try:
                self.call("delete_object", **words, BypassGovernanceRetention=True)
            except StorageError as error:
                refused = error
            else:
                return None
        return Left(key, version, None if retention is None else retention.until, str(refused))


def _by(version: str | None) -> dict[str, str]:
    return {} if version is None else {"VersionId": version}


def _retention(mode: object, until: object) -> Retention | None:
    if not isinstance(until, datetime) or str(mode).lower() not in tuple(LockMode):
        return None
    return Retention(LockMode(str(mode).lower()), until.astimezone(UTC))
