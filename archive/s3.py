"""A copy of a collection on S3, read: the store that `verify --at s3://BUCKET/PREFIX` asks.

Names of a collection are keys below the prefix. Who may read is boto3's own affair (environment, configuration files,
roles); nothing of it passes through here. This is the only module that uses boto3.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn, cast

from archive.errors import StorageError, UsageError

_PLACE = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?\Z")
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where on S3 a collection lies."""

    bucket: str
    prefix: str
    """Without a slash at its end."""
    endpoint: str | None = None
    """Address of a server that is not Amazon's."""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}" if self.prefix else f"s3://{self.bucket}"


def parse_place(text: str, endpoint: str | None = None) -> S3Place:
    """`s3://BUCKET/PREFIX`. Raises UsageError."""
    found = _PLACE.match(text)
    if found is None:
        raise UsageError(f"expected s3://BUCKET/PREFIX, found {text!r}")
    if endpoint is not None and not endpoint.startswith(("http://", "https://")):
        raise UsageError(f"expected the address of an S3 server, https://…, found {endpoint!r}")
    return S3Place(found[1], (found[2] or "").strip("/"), endpoint)


class S3Store:
    """Files below a prefix of a bucket. May be handed to another process; each makes a connection of its own."""

    def __init__(self, place: S3Place) -> None:
        self.place = place
        self._client: Any = None

    def __getstate__(self) -> S3Place:
        return self.place

    def __setstate__(self, place: S3Place) -> None:
        self.__init__(place)  # type: ignore[misc] # as a new one

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
            answer = self._call("get_object", name, {"Key": self._key(name), **asked})
        except _RangeError:
            return io.BytesIO(b"")
        body = _Body(name, answer["Body"], answer["ContentLength"])
        return cast(BinaryIO, io.BufferedReader(body, _PIECE))

    def size(self, name: str) -> int:
        """Octets of a file."""
        return int(self._call("head_object", name, {"Key": self._key(name)})["ContentLength"])

    def names(self, prefix: str) -> Iterator[str]:
        """The files below a folder, in the order of their names."""
        own = f"{self.place.prefix}/" if self.place.prefix else ""
        found = []
        asked: dict[str, str] = {"Prefix": f"{own}{prefix}/"}
        while True:
            answer = self._call("list_objects_v2", prefix, asked)
            found += [str(one["Key"]).removeprefix(own) for one in answer.get("Contents", ())]
            if not answer.get("IsTruncated"):
                break
            asked["ContinuationToken"] = answer["NextContinuationToken"]
        return iter(sorted(name for name in found if not name.endswith("/")))

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        try:
            self._call("head_object", name, {"Key": self._key(name)})
        except FileNotFoundError:
            return False
        return True

    def _key(self, name: str) -> str:
        return f"{self.place.prefix}/{name}" if self.place.prefix else name

    def _call(self, method: str, name: str, words: dict[str, str]) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._connected(), method)(Bucket=self.place.bucket, **words)
        except ClientError as error:
            self._refuse(name, error)
        except (BotoCoreError, ValueError) as error:  # of an address that is none it says ValueError
            raise StorageError(f"reading {name} at {self.place}: {_words(error)}") from error

    def _refuse(self, name: str, error: Any) -> NoReturn:
        told = error.response.get("Error", {})
        code = str(told.get("Code", ""))
        if code in _MISSING:
            raise FileNotFoundError(2, "no such object", name) from error
        if code == "InvalidRange":
            raise _RangeError from error
        words = {
            "NoSuchBucket": f"there is no bucket {self.place.bucket}",
            "AccessDenied": "access denied: these credentials may not read there",
            "403": "access denied: these credentials may not read there",
            "InvalidAccessKeyId": "the server does not know the access key",
            "SignatureDoesNotMatch": "the secret key is not the one that belongs to the access key",
        }
        raise StorageError(f"reading {name} at {self.place}: {words.get(code, told.get('Message') or code)}") from error

    def _connected(self) -> Any:
        if self._client is None:
            import boto3
            from botocore.config import Config

            # servers other than Amazon's do not know the newer checksums, and what is read is held against the log
            config = Config(
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                retries={"mode": "standard", "total_max_attempts": 5},
                connect_timeout=20,
                read_timeout=60,
            )
            self._client = boto3.client("s3", endpoint_url=self.place.endpoint, config=config)
        return self._client


class _RangeError(Exception):
    """The object is shorter than what was asked for."""


class _Body(io.RawIOBase):
    """What the server sends of an object; less of it than it promised is an error, and no end of file."""

    def __init__(self, name: str, body: Any, length: int) -> None:
        self._name = name
        self._body = body
        self._left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        from botocore.exceptions import BotoCoreError
        from urllib3.exceptions import HTTPError

        try:
            octets = self._body.read(min(len(buffer), self._left)) if self._left else b""
        except (BotoCoreError, HTTPError, OSError) as error:
            raise StorageError(f"reading {self._name}: the connection broke off ({_words(error)})") from error
        if not octets and self._left:
            raise StorageError(f"reading {self._name}: expected {self._left} octets more, found the connection's end")
        buffer[: len(octets)] = octets
        self._left -= len(octets)
        return len(octets)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()


def _words(error: BaseException) -> str:
    """What a library says, in a line."""
    return " ".join(str(error).split()) or type(error).__name__
