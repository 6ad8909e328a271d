"""A connection to an S3 server: boto3's client, and its errors in our words.

Who may do what is boto3's own affair (environment, configuration files, roles): no credentials pass through here. Only
the modules `archive/s3*.py` use boto3.
"""

from __future__ import annotations

import functools
import io
import re
import threading
from dataclasses import dataclass
from typing import Any

from archive.errors import (
    ConflictError,
    DeniedError,
    NoRoomError,
    RefusedError,
    TargetError,
    TargetGoneError,
    UsageError,
)

_PLACE = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?\Z")
_MISSING = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchVersion", "NoSuchUpload"})
_DENIED = {
    "AccessDenied": "access denied: these credentials may not do that there",
    "403": "access denied: these credentials may not do that there",
    "InvalidAccessKeyId": "the server does not know the access key",
    "SignatureDoesNotMatch": "the secret key is not the one that belongs to the access key",
    "ExpiredToken": "the credentials are no longer valid",
    "InvalidToken": "the credentials are not valid",
}
_CHECKSUMS = frozenset({"BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"})
_TAKEN = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict"})
_FULL = frozenset({"QuotaExceeded", "InsufficientStorage", "507", "XMinioStorageFull", "StorageFull"})
UNKNOWN = frozenset({"NotImplemented", "501", "MethodNotAllowed", "405"})
"""What a server says of a request, or of a header, that it does not know."""


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

    def key(self, name: str) -> str:
        """The key of a file."""
        return f"{self.prefix}/{name}" if self.prefix else name

    def name(self, key: str) -> str:
        """The file that a key below the prefix is of."""
        return key.removeprefix(f"{self.prefix}/") if self.prefix else key


def parse_place(text: str, endpoint: str | None = None) -> S3Place:
    """`s3://BUCKET/PREFIX`. Raises UsageError."""
    found = _PLACE.match(text)
    if found is None:
        raise UsageError(f"expected s3://BUCKET/PREFIX, found {text!r}")
    if endpoint is not None and not endpoint.startswith(("http://", "https://")):
        raise UsageError(f"expected the address of an S3 server, https://…, found {endpoint!r}")
    return S3Place(found[1], (found[2] or "").strip("/"), endpoint)


class OutOfRangeError(Exception):
    """The object is shorter than what was asked for."""


class UnknownRequestError(TargetError):
    """The server does not know such a request, or cannot carry it out on this bucket."""


class S3Connection:
    """Requests to one place. Safe for several threads; may be handed to another process, which makes its own."""

    def __init__(self, place: S3Place, *, attempts: int = 5) -> None:
        """`attempts`: how often a request is made that a busy server turned away."""
        self.place = place
        self._attempts = attempts
        self._client: Any = None
        self._making = threading.Lock()

    def __getstate__(self) -> tuple[S3Place, int]:
        return self.place, self._attempts

    def __setstate__(self, state: tuple[S3Place, int]) -> None:
        self.__init__(state[0], attempts=state[1])  # type: ignore[misc] # as a new one

    def call(self, method: str, doing: str, **words: Any) -> Any:
        """A request to the bucket; `doing` begins the message of an error, as `reading log/checkpoint`.

        Raises FileNotFoundError for what is not there, OutOfRangeError, TargetError.
        """
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError
        from urllib3.exceptions import HTTPError

        try:
            return _Answer(getattr(self.client, method)(Bucket=self.place.bucket, **words), f"{doing} at {self.place}")
        except ClientError as error:
            raise self._refusal(doing, error) from error
        except (BotoCoreError, ResponseParserError, HTTPError, ValueError) as error:
            # of an address that is none it says ValueError
            raise _kind(error)(f"{doing} at {self.place}: {one_line(error)}") from error

    def _refusal(self, doing: str, error: Any) -> Exception:
        told = error.response.get("Error", {})
        code = str(told.get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in _MISSING:
            return FileNotFoundError(2, "no such object", doing)
        if code in {"InvalidRange", "416"}:
            return OutOfRangeError()
        where, words = f"{doing} at {self.place}", str(told.get("Message") or code)
        if code == "NoSuchBucket":
            return TargetGoneError(f"{where}: there is no bucket {self.place.bucket}")
        if code in _DENIED:
            return DeniedError(f"{where}: {_DENIED[code]}")
        if code in _CHECKSUMS:
            return RefusedError(f"{where}: the server found another checksum than was sent ({words})")
        if code in _TAKEN:
            return ConflictError(f"{where}: expected nothing under that name, found an object")
        if code in _FULL or status == 507:
            return NoRoomError(f"{where}: no room left ({words})")
        if code in UNKNOWN:
            return UnknownRequestError(f"{where}: the server cannot do that ({words})")
        return TargetError(f"{where}: {words}" if words == code else f"{where}: {words} ({code})")

    @property
    def client(self) -> Any:
        """boto3's client, made when it is first needed."""
        with self._making:
            if self._client is None:
                import boto3
                import botocore.session
                from botocore.config import Config

                # Servers other than Amazon's do not know the newer checksums, nor the trailers that they are sent in:
                # each file is sent with a SHA-256 that is known before, and what is read is held against the log.
                config = Config(
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    retries={"mode": "standard", "total_max_attempts": self._attempts},
                    connect_timeout=20,
                    read_timeout=60,
                )
                # a session of our own: boto3's default one is not for several threads, and keeps for as long as the
                # process runs the first credentials that it found
                core = botocore.session.Session()
                core.register_component("data_loader", _descriptions())
                session = boto3.session.Session(botocore_session=core)
                self._client = session.client("s3", endpoint_url=self.place.endpoint, config=config)
            return self._client

    @client.setter
    def client(self, client: Any) -> None:
        self._client = client


@functools.cache
def _descriptions() -> Any:
    """What boto3 has to know of S3: much JSON, the same for every session, and read once."""
    import botocore.session

    return botocore.session.Session().get_component("data_loader")


class _Answer(dict[str, Any]):
    """What the server answered; a part that has to be there and is not is the server's fault."""

    def __init__(self, answer: dict[str, Any], doing: str) -> None:
        super().__init__(answer)
        self._doing = doing

    def __missing__(self, key: str) -> Any:
        raise TargetError(f"{self._doing}: expected {key} in the server's answer, found none")


class Body(io.RawIOBase):
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
            raise TargetError(f"reading {self._name}: the connection broke off ({one_line(error)})") from error
        if not octets and self._left:
            raise TargetError(f"reading {self._name}: expected {self._left} octets more, found the connection's end")
        buffer[: len(octets)] = octets
        self._left -= len(octets)
        return len(octets)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()


def code_of(error: BaseException) -> str:
    """What the server called an error; empty where it was not the server's."""
    response = getattr(error.__cause__, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def _kind(error: BaseException) -> type[TargetError]:
    from botocore import exceptions

    if isinstance(error, (exceptions.ConnectionError, exceptions.HTTPClientError)):
        return TargetGoneError
    if isinstance(error, (exceptions.NoCredentialsError, exceptions.PartialCredentialsError)):
        return DeniedError
    return TargetError


def one_line(error: BaseException) -> str:
    """What a library says, in a line."""
    return " ".join(str(error).split()) or type(error).__name__
