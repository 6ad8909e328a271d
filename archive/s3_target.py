"""A target on S3: files below a prefix of a bucket.

Every file is sent with a SHA-256 that is known before (of a file in parts: of each part), and with the condition that
nothing is under its name, which is looked at before as well: some servers pass the condition over. What cannot be asked
for with the file (a lock, on servers that do not take it there) is asked for afterwards by `retain`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO

from archive.digest import Digest, digest, digest_octets, digest_of_octets
from archive.errors import ConflictError, NoLockError, TargetError, TargetGoneError
from archive.s3 import S3Store
from archive.s3_connection import UNKNOWN, OutOfRangeError, S3Connection, S3Place, UnknownRequestError, code_of
from archive.source import Octets
from archive.target import MARK_FILE, LockMode, Part, Placed, Retention, Source, Version, check_name

MOST_PARTS = 10_000
"""Parts that an upload may have (S3)."""
ONE_PUT = 5 << 30
"""Octets that a file sent in one piece may have (S3)."""

_MARK_LIMIT = 1000
_NO_LOCK = frozenset(
    {
        "NoSuchObjectLockConfiguration",
        "ObjectLockConfigurationNotFoundError",
        "InvalidRequest",
        "InvalidBucketState",
        *UNKNOWN,
    }
)
"""What servers say of a lock where the bucket, or the server, has none."""


class S3Target:
    """A place on S3. May be used by several threads, and handed to another process."""

    kind = "s3"
    locks = True

    def __init__(self, place: S3Place, *, connection: S3Connection | None = None) -> None:
        self.place = place
        self.connection = connection or S3Connection(place)
        self._conditions = True
        """Whether the server knows If-None-Match, as far as was seen."""

    def __str__(self) -> str:
        return str(self.place)

    def mark(self) -> str | None:
        """The id in the marker file."""
        try:
            self.connection.call("head_bucket", "looking at the bucket")
        except FileNotFoundError as error:
            raise TargetGoneError(f"expected the bucket {self.place.bucket}, found none") from error
        try:
            with self.open(MARK_FILE, 0, _MARK_LIMIT) as file:
                return file.read().decode("utf-8", "replace").strip()
        except FileNotFoundError:
            return None

    def begin(self, mark: str) -> None:
        """Write the marker file."""
        octets = f"{mark}\n".encode()
        self.put(MARK_FILE, Octets(octets), digest(octets))

    def versioned(self) -> bool | None:
        """What the bucket says of itself."""
        try:
            answer = self.connection.call("get_bucket_versioning", "looking at the bucket")
        except (FileNotFoundError, TargetGoneError) as error:
            raise TargetGoneError(f"expected the bucket {self.place.bucket}, found none") from error
        except TargetError:
            # many a key may read and write objects, and not ask this
            return None
        return bool(answer.get("Status") == "Enabled")

    # ---- write

    def put(
        self,
        name: str,
        source: Source,
        digest: Digest,
        *,
        retention: Retention | None = None,
        replace: bool = False,
    ) -> Placed:
        """Put a whole file."""
        if not replace:
            self._refuse_taken(name)
        with source.open() as body:

            def put(**condition: str) -> Any:
                body.seek(0)
                return self._call(
                    "put_object",
                    "writing",
                    name,
                    Body=body,
                    ContentLength=source.size,
                    ContentType="application/octet-stream",
                    ChecksumSHA256=_base64(digest),
                    **_lock_words(retention),
                    **condition,
                )

            answer = self._conditional(put, replace=replace)
        return Placed(source.size, _version(answer), **_checksums(answer))

    def begin_parts(self, name: str, size: int, part_size: int, *, retention: Retention | None = None) -> str:
        """Begin an upload in parts."""
        if -(-size // part_size) > MOST_PARTS:
            raise ValueError(f"expected up to {MOST_PARTS} parts, found {size} octets in parts of {part_size}")
        answer = self._call(
            "create_multipart_upload",
            "writing",
            name,
            ContentType="application/octet-stream",
            ChecksumAlgorithm="SHA256",
            **_lock_words(retention),
        )
        return str(answer["UploadId"])

    def put_part(self, name: str, upload: str, number: int, source: BinaryIO, size: int, digest: Digest) -> Part:
        """Put one part."""
        answer = self._call(
            "upload_part",
            "writing",
            name,
            UploadId=upload,
            PartNumber=number,
            Body=source,
            ContentLength=size,
            ChecksumSHA256=_base64(digest),
        )
        return Part(number, size, str(answer["ETag"]), _of_base64(answer.get("ChecksumSHA256")))

    def parts(self, name: str, upload: str) -> list[Part]:
        """The parts that the server has."""
        found, asked = [], {"UploadId": upload}
        while True:
            answer = self._call("list_parts", "writing", name, **asked)
            found += [
                Part(one["PartNumber"], one["Size"], str(one["ETag"]), _of_base64(one.get("ChecksumSHA256")))
                for one in answer.get("Parts", ())
            ]
            if not answer.get("IsTruncated"):
                return found
            asked["PartNumberMarker"] = answer["NextPartNumberMarker"]

    def complete(self, name: str, upload: str, parts: Sequence[Part], *, replace: bool = False) -> Placed:
        """Make the object of its parts."""
        if not replace:
            self._refuse_taken(name)
        told = [
            {"PartNumber": part.number, "ETag": part.tag}
            | ({} if part.checksum is None else {"ChecksumSHA256": _base64(part.checksum)})
            for part in parts
        ]

        def complete(**condition: str) -> Any:
            return self._call(
                "complete_multipart_upload",
                "writing",
                name,
                UploadId=upload,
                MultipartUpload={"Parts": told},
                **condition,
            )

        answer = self._conditional(complete, replace=replace)
        return Placed(sum(part.size for part in parts), _version(answer), **_checksums(answer))

    def abort(self, name: str, upload: str) -> None:
        """Let go of an upload."""
        with contextlib.suppress(FileNotFoundError):
            self._call("abort_multipart_upload", "clearing up", name, UploadId=upload)

    def uploads(self) -> list[tuple[str, str]]:
        """Uploads that were begun and not completed."""
        found: list[tuple[str, str]] = []
        asked: dict[str, str] = {"Prefix": self.place.key("")}
        while True:
            answer = self.connection.call("list_multipart_uploads", "looking for unfinished uploads", **asked)
            found += [(self.place.name(str(one["Key"])), str(one["UploadId"])) for one in answer.get("Uploads", ())]
            if not answer.get("IsTruncated"):
                return found
            asked["KeyMarker"] = answer["NextKeyMarker"]
            asked["UploadIdMarker"] = answer["NextUploadIdMarker"]

    def _refuse_taken(self, name: str) -> None:
        try:
            self.head(name)
        except FileNotFoundError:
            return
        raise ConflictError(f"writing {name} at {self.place}: expected nothing under that name, found an object")

    def _conditional(self, act: Callable[..., Any], *, replace: bool) -> Any:
        if replace or not self._conditions:
            return act()
        try:
            return act(IfNoneMatch="*")
        except UnknownRequestError:
            # the name was looked at just before
            answer = act()
            self._conditions = False
            return answer

    # ---- what is there

    def head(self, name: str, version: str | None = None) -> Placed:
        """What the server says of an object."""
        answer = self._call("head_object", "looking at", name, ChecksumMode="ENABLED", **_of(version))
        return Placed(
            size=int(answer["ContentLength"]),
            version=_version(answer),
            retention=_retention(answer.get("ObjectLockMode"), answer.get("ObjectLockRetainUntilDate")),
            modified_at=answer.get("LastModified"),
            **_checksums(answer),
        )

    def versions(self, name: str) -> list[Version]:
        """Every version of an object, the newest first."""
        key, found = self.place.key(check_name(name)), []
        asked: dict[str, str] = {"Prefix": key}
        while True:
            answer = self.connection.call("list_object_versions", f"looking at {name}", **asked)
            for one in answer.get("Versions", ()):
                found.append((one, Version(_known(one.get("VersionId")), one["Size"], bool(one["IsLatest"]))))
            for one in answer.get("DeleteMarkers", ()):
                marker = Version(_known(one.get("VersionId")), 0, bool(one["IsLatest"]), deleted=True)
                found.append((one, marker))
            # what comes after the key in the order of keys is not asked for
            others = [one for one, _ in found if one["Key"] != key]
            if others or not answer.get("IsTruncated"):
                break
            asked["KeyMarker"], asked["VersionIdMarker"] = answer["NextKeyMarker"], answer["NextVersionIdMarker"]
        mine = [(one, version) for one, version in found if one["Key"] == key]
        mine.sort(key=lambda each: (each[1].latest, each[0]["LastModified"]), reverse=True)
        return [version for _, version in mine]

    def open(self, name: str, offset: int = 0, length: int | None = None, version: str | None = None) -> BinaryIO:
        """An object from an offset on."""
        return S3Store(self.place, {check_name(name): version}, connection=self.connection).open(name, offset, length)

    def retention(self, name: str, version: str | None) -> Retention | None:
        """The lock of a version."""
        try:
            answer = self._call("get_object_retention", "looking at the lock of", name, **_of(version))
        except FileNotFoundError:
            # of a version without a lock some servers say that there is none
            self.head(name, version)
            return None
        except TargetError as error:
            if code_of(error) in _NO_LOCK:
                return None
            raise
        told = answer.get("Retention") or {}
        return _retention(told.get("Mode"), told.get("RetainUntilDate"))

    def retain(self, name: str, version: str | None, retention: Retention) -> None:
        """Lock a version."""
        self._call(
            "put_object_retention",
            "locking",
            name,
            Retention={"Mode": retention.mode.upper(), "RetainUntilDate": retention.until},
            **_of(version),
        )

    def names(self, prefix: str) -> Iterator[str]:
        """The files below a folder of the place."""
        return S3Store(self.place, connection=self.connection).names(prefix)

    def store(self, versions: Mapping[str, str | None] | None = None) -> S3Store:
        """The place as a store."""
        return S3Store(self.place, versions, connection=self.connection)

    def _call(self, method: str, doing: str, name: str, **words: Any) -> Any:
        try:
            return self.connection.call(method, f"{doing} {name}", Key=self.place.key(check_name(name)), **words)
        except OutOfRangeError as error:
            found = "an answer to a range, where none was asked for"
            raise TargetError(f"{doing} {name} at {self.place}: expected an answer, found {found}") from error
        except TargetError as error:
            if ("ObjectLockMode" in words or method == "put_object_retention") and code_of(error) in _NO_LOCK:
                raise NoLockError(f"{error}; the bucket has to be made with Object Lock") from error.__cause__
            raise


def _of(version: str | None) -> dict[str, str]:
    return {} if version is None else {"VersionId": version}


def _known(version: str | None) -> str | None:
    """A version's id; of what is not versioned, S3 says `null`."""
    return None if version in {None, "", "null"} else version


def _version(answer: Mapping[str, Any]) -> str | None:
    return _known(answer.get("VersionId"))


def _lock_words(retention: Retention | None) -> dict[str, Any]:
    if retention is None:
        return {}
    return {"ObjectLockMode": retention.mode.upper(), "ObjectLockRetainUntilDate": retention.until}


def _retention(mode: str | None, until: datetime | None) -> Retention | None:
    if not mode or until is None or mode.lower() not in set(LockMode):
        return None
    return Retention(LockMode(mode.lower()), until.astimezone(UTC))


def _checksums(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The SHA-256 of an answer: of the whole object, or over those of its parts."""
    told = answer.get("ChecksumSHA256")
    if told and "-" in told:
        return {"composite": str(told)}
    if answer.get("ChecksumType") == "COMPOSITE":
        return {"composite": told}
    return {"checksum": _of_base64(told)}


def _base64(value: Digest) -> str:
    return base64.b64encode(digest_octets(value)).decode()


def _of_base64(text: str | None) -> Digest | None:
    if not text:
        return None
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest_of_octets(octets) if len(octets) == 32 else None
