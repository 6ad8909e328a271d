"""The lies that the proxy of `s3_proxy` tells; each is a thing that some server has done, or that an attacker would."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from urllib.parse import quote, unquote_plus, urlencode

from s3_proxy import Answered, Asked, Lie, LyingProxy, refusal

_CHECKSUMS = r"x-amz-checksum-.*|x-amz-sdk-checksum-algorithm|content-md5"
_LOCKS = r"x-amz-object-lock-.*"
_PUTS = frozenset({"PutObject", "UploadPart", "CreateMultipartUpload", "CompleteMultipartUpload"})
_READS = frozenset({"GetObject", "HeadObject"})
_LISTS = frozenset({"ListObjectsV2", "ListObjectVersions"})
_EVERYWHERE = _PUTS | _READS | frozenset({"GetObjectAttributes", "ListParts", "GetObjectRetention"})


def sha256(octets: bytes) -> str:
    """As S3 writes it."""
    return base64.b64encode(hashlib.sha256(octets).digest()).decode()


def flipped(octets: bytes, at: int) -> bytes:
    """With one bit of one octet changed."""
    changed = bytearray(octets)
    if changed:
        changed[at] ^= 1
    return bytes(changed)


def _new_version() -> str:
    return secrets.token_hex(16)


def _elements(answered: Answered, pattern: str, by: str = "") -> Answered:
    return replace(answered, body=re.sub(pattern.encode(), by.encode(), answered.body, flags=re.DOTALL))


# checksums


@dataclass
class ChecksumNotTaken(Lie):
    """What is sent of checksums never reaches the server."""

    operations: ClassVar = _PUTS

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked:
        asked = asked.plain().without(_CHECKSUMS)
        return replace(asked, body=re.sub(rb"<ChecksumSHA256>.*?</ChecksumSHA256>", b"", asked.body))


@dataclass
class ChecksumNotGiven(Lie):
    """No answer holds a checksum."""

    operations: ClassVar = _EVERYWHERE

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        answered = answered.without(r"x-amz-checksum-.*")
        if asked.operation != "GetObject":
            answered = _elements(answered, r"<Checksum>.*?</Checksum>|<Checksum(\w+)>.*?</Checksum\1>")
        return answered


@dataclass
class ChecksumEchoed(Lie):
    """The checksum that was sent is said ever after, whatever is stored: with one bit `flip`ped, or as it came.

    Over several requests too: the checksum of a whole is made of what was said of its parts.
    """

    flip: bool = True
    said: dict[str, str] = field(default_factory=dict)
    parts: dict[tuple[str, int], str] = field(default_factory=dict)
    operations: ClassVar = _PUTS
    upheld: ClassVar = frozenset({"GetObject", "HeadObject", "ListParts"})

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked:
        asked = asked.plain()
        checksum = asked.header("x-amz-checksum-sha256") or sha256(asked.body)
        if asked.operation == "PutObject":
            self.said[asked.key] = checksum
        elif asked.operation == "UploadPart":
            self.parts[asked.query["uploadId"], int(asked.query["partNumber"])] = checksum
        body = asked.body
        if asked.operation in {"PutObject", "UploadPart"} and self.flip:
            body = flipped(body, len(body) // 2)
        if asked.operation == "CompleteMultipartUpload":
            digests = [
                base64.b64decode(part)
                for (upload, _), part in sorted(self.parts.items())
                if upload == asked.query["uploadId"]
            ]
            self.said[asked.key] = f"{sha256(b''.join(digests))}-{len(digests)}"
            body = re.sub(rb"<ChecksumSHA256>.*?</ChecksumSHA256>", b"", body)
        return replace(asked.without(_CHECKSUMS), body=body)

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        if not answered.well:
            return answered
        if asked.operation == "UploadPart":
            part = self.parts[asked.query["uploadId"], int(asked.query["partNumber"])]
            return answered.having("x-amz-checksum-sha256", part)
        if asked.operation == "CompleteMultipartUpload":
            said = f"<ChecksumSHA256>{self.said[asked.key]}</ChecksumSHA256></CompleteMultipartUploadResult>"
            return _elements(
                _elements(answered, r"<ChecksumSHA256>.*?</ChecksumSHA256>"), "</CompleteMultipartUploadResult>", said
            )
        if asked.operation == "CreateMultipartUpload":
            return answered.having("x-amz-checksum-algorithm", "SHA256")
        return answered.having("x-amz-checksum-sha256", self.said[asked.key])

    def uphold(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        if asked.operation == "ListParts":
            return _elements(answered, r"<ChecksumSHA256>.*?</ChecksumSHA256>")
        if answered.well and asked.key in self.said and asked.header("range") is None:
            return answered.having("x-amz-checksum-sha256", self.said[asked.key])
        return answered


# locks


@dataclass
class LockIgnored(Lie):
    """What is sent of locks never reaches the server; it says 200."""

    operations: ClassVar = frozenset({"PutObject", "CreateMultipartUpload", "PutObjectRetention"})

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        if asked.operation == "PutObjectRetention":
            return Answered(200)
        return asked.without(_LOCKS)


@dataclass
class LockClaimed(LockIgnored):
    """Nothing is locked, and everything is said to be as it was asked for."""

    said: dict[str, tuple[str, str]] = field(default_factory=dict)
    upheld: ClassVar = frozenset({"GetObject", "HeadObject", "GetObjectRetention"})

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        mode, until = asked.header("x-amz-object-lock-mode"), asked.header("x-amz-object-lock-retain-until-date")
        if asked.operation == "PutObjectRetention":
            words = asked.plain().body.decode()
            found = re.search(r"<Mode>(.*?)</Mode>", words), re.search(r"<RetainUntilDate>(.*?)</R", words)
            mode, until = (one[1] if one else None for one in found)
        if mode and until:
            self.said[asked.key] = mode, until
        return super().ask(asked, proxy)

    def uphold(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        if asked.key not in self.said:
            return answered
        mode, until = self.said[asked.key]
        if asked.operation == "GetObjectRetention":
            body = f"<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>"
            return Answered(200, [("Content-Type", "application/xml")], body.encode())
        if not answered.well:
            return answered
        answered = answered.having("x-amz-object-lock-mode", mode)
        return answered.having("x-amz-object-lock-retain-until-date", until)


@dataclass
class LockShortened(Lie):
    """Locked for some seconds only; what is read back is true."""

    seconds: int = 2
    operations: ClassVar = frozenset({"PutObject", "CreateMultipartUpload", "PutObjectRetention"})

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        until = (datetime.now(UTC) + timedelta(seconds=self.seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        name = "x-amz-object-lock-retain-until-date"
        if asked.header(name):
            return asked.having(name, until)
        body = re.sub(rb"(<RetainUntilDate>).*?(</)", rb"\g<1>" + until.encode() + rb"\g<2>", asked.plain().body)
        return replace(asked.plain().without(_CHECKSUMS), body=body)


@dataclass
class LockWeakened(Lie):
    """GOVERNANCE where COMPLIANCE was asked for."""

    operations: ClassVar = frozenset({"PutObject", "CreateMultipartUpload", "PutObjectRetention"})

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        if asked.header("x-amz-object-lock-mode"):
            return asked.having("x-amz-object-lock-mode", "GOVERNANCE")
        body = asked.plain().body.replace(b"COMPLIANCE", b"GOVERNANCE")
        return replace(asked.plain().without(_CHECKSUMS), body=body)


@dataclass
class LockNotTold(Lie):
    """Locked, and nobody can read that back."""

    operations: ClassVar = frozenset({"GetObject", "HeadObject", "GetObjectRetention"})

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        if asked.operation == "GetObjectRetention":
            return refusal(501, "NotImplemented")
        return answered.without(_LOCKS)


# what is stored, and what is given back


@dataclass
class PutLost(Lie):
    """200 with version, ETag and checksum, and nothing is stored."""

    operations: ClassVar = frozenset({"PutObject", "CompleteMultipartUpload"})

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        if asked.operation == "CompleteMultipartUpload":
            body = (
                f"<CompleteMultipartUploadResult><Bucket>{asked.bucket}</Bucket><Key>{asked.key}</Key>"
                f"<ETag>&quot;{secrets.token_hex(16)}-1&quot;</ETag></CompleteMultipartUploadResult>"
            )
            return Answered(200, [("x-amz-version-id", _new_version())], body.encode())
        octets = asked.plain().body
        headers = [
            ("ETag", f'"{hashlib.md5(octets).hexdigest()}"'),
            ("x-amz-version-id", _new_version()),
            ("x-amz-checksum-sha256", sha256(octets)),
        ]
        return Answered(200, headers)


@dataclass
class Gone(Lie):
    """Reads say that there is no such object, and lists leave it out, though it was there."""

    operations: ClassVar = _READS | frozenset({"GetObjectAttributes", "GetObjectRetention"})
    upheld: ClassVar = _LISTS

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        return refusal(404, "NoSuchVersion" if "versionId" in asked.query else "NoSuchKey")

    def is_about(self, asked: Asked) -> bool:
        return asked.operation in _LISTS or super().is_about(asked)

    def uphold(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        return _hidden(answered, self.keys) if self.told else answered


@dataclass
class Flipped(Lie):
    """One bit of what a read gives is another, at octet `at` of the object (from its end where negative)."""

    at: int | None = None
    """The middle without it."""
    whole: bool = True
    """In reads of the whole."""
    ranges: bool = True
    """In reads of a part."""
    operations: ClassVar = frozenset({"GetObject"})

    def is_about(self, asked: Asked) -> bool:
        return super().is_about(asked) and (self.whole if asked.header("range") is None else self.ranges)

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        if not answered.well or not answered.body:
            return answered
        found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", answered.header("content-range") or "")
        start, total = (int(found[1]), int(found[3])) if found else (0, len(answered.body))
        at = (total // 2 if self.at is None else self.at % total) - start
        if not 0 <= at < len(answered.body):
            if self.times is not None:
                self.told -= 1  # this range does not hold it
            return answered
        return replace(answered, body=flipped(answered.body, at))


@dataclass
class CutShort(Lie):
    """The connection ends amid an object whose length was said rightly; with `said`, as if that were all of it."""

    said: bool = False
    operations: ClassVar = frozenset({"GetObject"})

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        if not answered.well:
            return answered
        half = answered.body[: len(answered.body) // 2]
        if not self.said:
            return replace(answered, body=half, length=len(answered.body), broken=True)
        return replace(answered, body=half, length=None)


@dataclass
class WrongSize(Lie):
    """HEAD says another size."""

    by: int = 1
    operations: ClassVar = frozenset({"HeadObject"})

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        return replace(answered, length=max(0, (answered.length or 0) + self.by)) if answered.well else answered


@dataclass
class NoVersion(Lie):
    """No answer names a version."""

    operations: ClassVar = _EVERYWHERE

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        return answered.without("x-amz-version-id")


@dataclass
class ChangingVersion(Lie):
    """Each answer names another version."""

    operations: ClassVar = frozenset({"PutObject", "CompleteMultipartUpload", "GetObject", "HeadObject"})

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        return answered.having("x-amz-version-id", _new_version()) if answered.well else answered


@dataclass
class IfNoneMatchIgnored(Lie):
    """A second version is made where the first was to stay alone."""

    operations: ClassVar = frozenset({"PutObject", "CompleteMultipartUpload"})

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        return asked.without("if-none-match")


@dataclass
class OldVersion(Lie):
    """The first version of an object is given for whichever is asked for, under the name of that."""

    operations: ClassVar = _READS

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        versions = proxy.server.client().list_object_versions(Bucket=asked.bucket, Prefix=asked.key)["Versions"]
        oldest = [one["VersionId"] for one in versions if one["Key"] == asked.key][-1]
        path = f"/{asked.bucket}/{quote(asked.key)}"
        return replace(asked, target=f"{path}?{urlencode({**asked.query, 'versionId': oldest})}")

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        wanted = asked.query.get("versionId")
        return answered.having("x-amz-version-id", wanted) if wanted else answered


@dataclass
class OtherObject(Lie):
    """Another object is given for the one that was asked for."""

    other: str = ""
    operations: ClassVar = _READS

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        query = {name: value for name, value in asked.query.items() if name != "versionId"}
        path = f"/{asked.bucket}/{quote(self.other)}"
        return replace(asked, target=f"{path}?{urlencode(query)}" if query else path)

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        wanted = asked.query.get("versionId")
        return answered.having("x-amz-version-id", wanted) if wanted else answered


@dataclass
class PageForObject(Lie):
    """A page of a hotel's network with status 200."""

    operations: ClassVar = _READS

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        return Answered(200, [("Content-Type", "text/html")], b"<html><title>Please sign in</title>")


@dataclass
class RangeIgnored(Lie):
    """The whole object where a part of it was asked for."""

    operations: ClassVar = frozenset({"GetObject"})

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        return asked.without("range") if asked.header("range") else None


@dataclass
class RangeShifted(Lie):
    """The octets beside the range that was asked for, under its name."""

    operations: ClassVar = frozenset({"GetObject"})

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", asked.header("range") or "")
        return asked.having("Range", f"bytes={int(found[1]) + 1}-{int(found[2]) + 1}") if found else None

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        asked_range = (asked.header("range") or "").replace("bytes=", "bytes ")
        told = answered.header("content-range")
        if told is None:
            return answered
        return answered.having("Content-Range", f"{asked_range}/{told.rpartition('/')[2]}")


# uploads in parts


@dataclass
class PartsMistold(Lie):
    """ListParts says something else: `missing`, `extra`, `size`, `etag` or `checksum`."""

    what: str = "missing"
    operations: ClassVar = frozenset({"ListParts"})

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        parts = re.findall(rb"<Part>.*?</Part>", answered.body, flags=re.DOTALL)
        if not parts:
            return answered
        first, last = parts[0], parts[-1]
        number = int(re.findall(rb"<PartNumber>(\d+)<", last)[0])
        wrong = {
            "missing": b"",
            "extra": last + re.sub(rb"(<PartNumber>)\d+", rb"\g<1>%d" % (number + 1), last),
            "size": re.sub(rb"(<Size>)\d+", rb"\g<1>1", first),
            "etag": re.sub(rb"<ETag>.*?</ETag>", b"<ETag>&quot;%s&quot;</ETag>" % (b"0" * 32), first),
            "checksum": first.replace(b"</Part>", b"<ChecksumSHA256>%s</ChecksumSHA256></Part>" % sha256(b"").encode()),
        }[self.what]
        return replace(answered, body=answered.body.replace(last if self.what == "extra" else first, wrong, 1))


@dataclass
class CompleteFails(Lie):
    """Status 200 to the end of an upload in parts, and an error in its body; `done` all the same, or not."""

    done: bool = False
    operations: ClassVar = frozenset({"CompleteMultipartUpload"})

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        return None if self.done else replace(refusal(500, "InternalError"), status=200)

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        return replace(refusal(500, "InternalError"), status=200)


@dataclass
class UploadForgotten(Lie):
    """No such upload, though it was begun."""

    operations: ClassVar = frozenset({"ListParts", "UploadPart", "CompleteMultipartUpload"})

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        return refusal(404, "NoSuchUpload")


# connections and refusals


@dataclass
class SlowDown(Lie):
    """503 SlowDown."""

    operations: ClassVar = _EVERYWHERE | _LISTS

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        return refusal(503, "SlowDown", "Please reduce your request rate.")


@dataclass
class BrokenBefore(Lie):
    """The connection is reset, and the server was never asked."""

    operations: ClassVar = _EVERYWHERE | _LISTS

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        return Answered(0, broken=True)


@dataclass
class BrokenAfter(Lie):
    """The connection is reset when all is done, before the client hears of it."""

    operations: ClassVar = _EVERYWHERE | _LISTS

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        return Answered(0, broken=True)


@dataclass
class Twice(Lie):
    """Each upload is done twice."""

    operations: ClassVar = frozenset({"PutObject"})

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        again = asked.plain().without("if-none-match")
        proxy.forward(again, signed=False)
        return again


@dataclass
class Overwritten(Lie):
    """Behind each upload somebody writes something else under the same name."""

    octets: bytes = b"something else"
    operations: ClassVar = frozenset({"PutObject", "CompleteMultipartUpload"})

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        if answered.well:
            proxy.server.client().put_object(Bucket=asked.bucket, Key=asked.key, Body=self.octets)
        return answered


@dataclass
class Garbage(Lie):
    """Octets that are no answer of S3, with status 200."""

    operations: ClassVar = _LISTS | frozenset(
        {
            "ListParts",
            "CreateMultipartUpload",
            "CompleteMultipartUpload",
            "GetBucketVersioning",
            "GetObjectRetention",
            "GetObjectLockConfiguration",
            "GetObjectAttributes",
        }
    )

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        return Answered(200, [("Content-Type", "application/xml")], b"<\x00not xml")


@dataclass
class Denied(Lie):
    """403 AccessDenied to the operations that are named."""

    which: frozenset[str] = frozenset()
    operations: ClassVar = (
        _EVERYWHERE
        | _LISTS
        | frozenset(
            {
                "DeleteObject",
                "PutObjectRetention",
                "GetBucketVersioning",
                "GetObjectLockConfiguration",
                "ListMultipartUploads",
                "AbortMultipartUpload",
                "HeadBucket",
            }
        )
    )

    def is_about(self, asked: Asked) -> bool:
        return super().is_about(asked) and asked.operation in self.which

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        return refusal(403, "AccessDenied", "Access Denied.")


@dataclass
class Skewed(Lie):
    """The server's clock is wrong by `seconds`: its Date header says so."""

    seconds: int = 3600
    operations: ClassVar = _EVERYWHERE | _LISTS | frozenset({"HeadBucket", "GetBucketVersioning"})

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        from email.utils import format_datetime

        then = datetime.now(UTC) + timedelta(seconds=self.seconds)
        return answered.having("Date", format_datetime(then, usegmt=True))


@dataclass
class DeleteClaimed(Lie):
    """204 to a deletion, and nothing is deleted."""

    operations: ClassVar = frozenset({"DeleteObject"})

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        return Answered(204)


# lists


def _hidden(answered: Answered, keys: str) -> Answered:
    body = answered.body
    for one in re.findall(rb"<(Contents|Version|DeleteMarker)>(.*?)</\1>", body, flags=re.DOTALL):
        key = re.search(rb"<Key>(.*?)</Key>", one[1])
        if key and re.fullmatch(keys, unquote_plus(key[1].decode())):
            body = body.replace(b"<%s>%s</%s>" % (one[0], one[1], one[0]), b"")
    return replace(answered, body=body)


@dataclass
class NameHidden(Lie):
    """Lists leave the keys out."""

    operations: ClassVar = _LISTS

    def is_about(self, asked: Asked) -> bool:
        return True

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        return _hidden(answered, self.keys)


@dataclass
class VersioningClaimed(Lie):
    """The bucket is said to be versioned."""

    operations: ClassVar = frozenset({"GetBucketVersioning"})

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        return Answered(200, [("Content-Type", "application/xml")], body)
