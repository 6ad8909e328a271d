"""What an S3 server really does, tried with small objects of our own below the place: `khronika doctor s3`.

Each check puts something there and looks at what came of it; that the server said 200 counts for nothing. What it put
is removed at the end. No lock is asked for that lasts longer than `LOCK`, or than `LONGER_LOCK` of a server that takes
no shorter one; in a bucket that locks everything by itself, each object is put with such a short lock of its own.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from statistics import median
from typing import Any

from archive.errors import DeniedError, StorageError, TargetError, TargetGoneError, UsageError
from archive.s3_connection import S3Connection, S3Place, UnknownRequestError
from archive.s3_trial import Had, NothingThereError, Trial, checksum, composite
from archive.target import LockMode, Retention
from archive.target_probe import TITLES, Check, Left, Probe, ProbeFinding, Weight

LOCK = timedelta(seconds=60)
LONGER_LOCK = timedelta(days=1, minutes=5)
PART = 5 << 20
"""Octets: S3 takes no smaller part, but the last."""
SKEW = timedelta(seconds=60)
"""How wrong the clocks may be to each other before it is told as a weakness; S3 refuses requests from 15 minutes on."""

Progress = Callable[[str], None]


def probe_s3(
    place: S3Place,
    *,
    lock: str = "none",
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
    on_check: Callable[[ProbeFinding], None] = lambda _: None,
    on_left: Callable[[Left], None] = lambda _: None,
    progress: Progress = lambda _: None,
) -> Probe:
    """Try everything; each finding is told as it is made. Raises TargetError where nothing can be put there at all."""
    trial = Trial(S3Connection(place), secrets.token_hex(8), clock)
    prober = _Prober(trial, lock, clock, sleep, progress)
    findings: list[ProbeFinding] = []
    left: list[Left] = []
    try:
        for finding in prober.checks():
            findings.append(finding)
            on_check(finding)
    finally:
        # after Ctrl-C too
        progress("removing what was put there")
        left = trial.remove_all()
        for one in left:
            on_left(one)
    return Probe(findings, left, lock)


class _Prober:
    """The checks, in their order; what one finds out the next may need."""

    def __init__(
        self,
        trial: Trial,
        lock: str,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        progress: Progress,
    ) -> None:
        self._trial = trial
        self._asked = lock
        self._mode = LockMode.COMPLIANCE if lock == "compliance" else LockMode.GOVERNANCE
        self._clock = clock
        self._sleep = sleep
        self._progress = progress
        self._octets = os.urandom((64 << 10) + 7)
        self._ahead = timedelta()
        """Of the server's clock before ours."""
        self._versioned = False
        self._locks = False
        self._by_itself = False
        """Whether the bucket locks whatever is put there."""
        self._deletes = False
        self._span = LOCK

    def checks(self) -> Iterator[ProbeFinding]:
        """Every check."""
        yield self._tls()
        self._progress("asking what the bucket is")
        bucket_lock = self._bucket_lock()
        for finding in self._first():
            yield finding
            if finding.check is Check.READ_BACK and finding.weight is not Weight.GOOD:
                return  # nothing that is built on it can be found out
        for attempt in (
            self._versions,
            self._read_after_write,
            self._ranges,
            self._lists,
            self._wrong_checksum,
            self._checksum_told,
            self._only_if_new,
        ):
            yield from self._made(attempt)
        yield from self._made(self._parts)
        yield from self._made(self._delete)
        yield bucket_lock
        if self._locks:
            yield from self._made(self._lock_on_put)
            yield from self._made(self._lock_on_parts)
            yield from self._made(self._lock_afterwards)
        yield self._latency()

    def _made(self, attempt: Callable[[], Iterator[ProbeFinding]]) -> Iterator[ProbeFinding]:
        """What a check finds; one that an error ended has found nothing out."""
        name = attempt.__name__.strip("_")
        check = Check(name.replace("_", "-"))
        self._progress(TITLES[check])
        try:
            yield from attempt()
        except (TargetGoneError, UsageError):
            raise
        except StorageError as error:
            yield ProbeFinding(check, Weight.UNKNOWN, str(error), "It counts as not there.")

    # ---- the way there

    def _tls(self) -> ProbeFinding:
        address = self._trial.address
        if not address.startswith("https://"):
            means = (
                "Whoever sits on the way can read what is copied, and change it; the log tells of changes only later."
            )
            return ProbeFinding(Check.TLS, Weight.WEAK, "no: the address begins with http://", means)
        bundle = os.environ.get("AWS_CA_BUNDLE")
        roots = "the authorities that AWS_CA_BUNDLE names" if bundle else "boto3's authorities"
        return ProbeFinding(
            Check.TLS, Weight.GOOD, f"yes, the certificate is one of {roots}", "Nobody on the way reads it."
        )

    def _skew(self, told: Mapping[str, Any]) -> ProbeFinding:
        stamp = told.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        try:
            there = parsedate_to_datetime(str(stamp)).astimezone(UTC)
        except (TypeError, ValueError):
            return ProbeFinding(Check.CLOCK, Weight.UNKNOWN, "the server tells no time", "It counts as not there.")
        self._ahead = there - self._clock()
        seconds = round(self._ahead.total_seconds())
        way = "before" if seconds > 0 else "behind"
        found = "as here" if abs(seconds) < 2 else f"{abs(seconds)} s {way} the clock here"
        if abs(self._ahead) > SKEW:
            means = "One of the two clocks is wrong: locks end so much earlier or later than they say."
            return ProbeFinding(Check.CLOCK, Weight.WEAK, found, means)
        return ProbeFinding(Check.CLOCK, Weight.GOOD, found, "Locks end when they say.")

    # ---- putting and reading

    def _first(self) -> Iterator[ProbeFinding]:
        """The first object; without it there is nothing to find out, and its errors are the whole answer."""
        self._progress(TITLES[Check.READ_BACK])
        placed = self._put("first", self._octets)
        had = self._seen("first", placed.version)
        if had is None:
            means = "The server says that it took a file, and has none. Keep nothing there."
            yield ProbeFinding(Check.READ_BACK, Weight.BAD, "no: 200, and then no such object", means)
            return
        if had.retention is not None and not self._by_itself and not self._locks:
            until = f"{had.retention.until:%Y-%m-%d}"
            raise UsageError(
                f"expected a bucket whose locks are known, found one that locked a probe until {until} by itself;"
                " take another bucket"
            )
        try:
            skew = self._skew(self._trial.call("head_object", Key=self._trial.key("first")))
            found = [self._trial.get("first"), self._trial.get("first", placed.version), self._trial.get("first")]
        except (DeniedError, TargetGoneError):
            raise
        except TargetError as error:
            means = "The server has a file, and does not give it back. Keep nothing there."
            yield ProbeFinding(Check.READ_BACK, Weight.BAD, f"no: {_short(error)}", means)
            return
        wrong = next((octets for octets in found if octets != self._octets), None)
        if wrong is not None:
            means = "The server gives back other octets than it was given. Keep nothing there."
            yield ProbeFinding(Check.READ_BACK, Weight.BAD, _difference(self._octets, wrong), means)
            return
        yield ProbeFinding(Check.READ_BACK, Weight.GOOD, "yes, octet for octet", "A full read proves a copy.")
        yield skew
        if had.size == len(self._octets):
            yield ProbeFinding(Check.SIZE, Weight.GOOD, "rightly", "A file that was cut off shows without reading it.")
        else:
            means = "What the server says of sizes is not true, and nothing that it says can be relied on."
            yield ProbeFinding(Check.SIZE, Weight.BAD, f"{had.size}, expected {len(self._octets)}", means)

    def _seen(self, name: str, version: str | None) -> Had | None:
        """What the server tells of an object that it has just taken; None where it has none, also a moment later."""
        for wait in (0.0, 0.5, 1.5):
            self._sleep(wait) if wait else None
            with suppress(NothingThereError):
                return self._trial.head(name, version)
        return None

    def _versions(self) -> Iterator[ProbeFinding]:
        said = str(self._trial.call("get_bucket_versioning").get("Status", "never switched on"))
        first, second = self._put("versions", b"first"), self._put("versions", b"second")
        if said != "Enabled":
            means = "Whoever may write there can put something else in a file's place, and what was there is gone."
            yield ProbeFinding(Check.VERSIONS, Weight.WEAK, f"no ({said})", means)
            return
        lies = "The bucket is said to keep versions, and does not. Keep nothing there that only a version protects."
        told = [first.version, second.version, self._trial.head("versions").version]
        if None in told or "null" in told:
            yield ProbeFinding(Check.VERSIONS, Weight.BAD, "said to be on, and an answer names no version", lies)
        elif first.version == second.version:
            yield ProbeFinding(Check.VERSIONS, Weight.BAD, "said to be on, and two files have one version", lies)
        elif told[1] != told[2]:
            found = "said to be on, and the version that was made is not the newest one"
            yield ProbeFinding(Check.VERSIONS, Weight.BAD, found, lies)
        elif self._trial.get("versions", first.version) != b"first" or self._trial.get("versions") != b"second":
            yield ProbeFinding(Check.VERSIONS, Weight.BAD, "said to be on, and a version is not what it was", lies)
        else:
            self._versioned = True
            means = "What is written over a file does not take its place: each copy is read by its version."
            yield ProbeFinding(Check.VERSIONS, Weight.GOOD, "on, and each is given back by its id", means)

    def _read_after_write(self) -> Iterator[ProbeFinding]:
        late = 0
        for number in range(5):
            name, octets = f"now-{number}", secrets.token_bytes(1000)
            placed = self._put(name, octets)
            try:
                late += self._trial.get(name, placed.version) != octets
            except NothingThereError:
                late += 1
        if late:
            means = "A check right after an upload may take a good copy for a lost one, or an old one for the new one."
            yield ProbeFinding(Check.READ_AFTER_WRITE, Weight.WEAK, f"not for {late} of 5", means)
        else:
            yield ProbeFinding(Check.READ_AFTER_WRITE, Weight.GOOD, "yes", "Each upload is checked at once.")

    def _ranges(self) -> Iterator[ProbeFinding]:
        octets, last = self._octets, len(self._octets) - 1
        wrong = []
        for start, end in ((0, 0), (0, 99), (last // 2 - 3, last // 2 + 5000), (last - 9, last), (last, last)):
            if self._range(f"{start}-{end}") != octets[start : end + 1]:
                wrong.append(f"{start}-{end}")
        if self._range(f"{last - 5}-{last + 100}") != octets[last - 5 :]:
            wrong.append("beyond the end")
        if wrong:
            means = "A single record cannot be read from there, and what is read in pieces is not what is there."
            yield ProbeFinding(Check.RANGES, Weight.BAD, f"wrong for octets {', '.join(wrong)}", means)
        else:
            means = "A single record is read without the rest of its file."
            yield ProbeFinding(Check.RANGES, Weight.GOOD, "exactly", means)

    def _range(self, octets: str) -> bytes | None:
        """A range of the first object; None where it is not given."""
        try:
            return self._trial.get("first", octets=octets)
        except (DeniedError, TargetGoneError):
            raise
        except TargetError:
            return None

    def _lists(self) -> Iterator[ProbeFinding]:
        put = [f"file {number}.gz" for number in range(5)]
        for name in put:
            self._put(f"list/{name}", b"listed")
        for page in (1000, 2):
            found = self._trial.names("list", page)
            if sorted(found) != put:
                means = "What lies there cannot be known from its lists: a clone may lack files without saying so."
                missing, more = sorted({*put} - {*found}), len(found) - len({*put} & {*found})
                words = f"{len(missing)} of 5 files left out, {more} too many ({page} an answer)"
                yield ProbeFinding(Check.LISTS, Weight.BAD, words, means)
                return
        yield ProbeFinding(Check.LISTS, Weight.GOOD, "complete, page by page", "A clone finds every file.")

    # ---- checksums

    def _wrong_checksum(self) -> Iterator[ProbeFinding]:
        try:
            self._put("wrong", b"these octets", said=checksum(b"and no others"))
        except DeniedError:
            raise
        except TargetError as error:
            if self._trial.is_there("wrong"):
                means = "The server refused a file, and kept it all the same."
                yield ProbeFinding(Check.WRONG_CHECKSUM, Weight.BAD, f"refused ({_short(error)}), and there", means)
                return
            means = "What is damaged on the way is refused: a SHA-256 that it tells afterwards is a proof of receipt."
            yield ProbeFinding(Check.WRONG_CHECKSUM, Weight.GOOD, "yes", means)
            return
        means = "The server takes whatever it is sent. Only reading all of it back shows what it has."
        yield ProbeFinding(Check.WRONG_CHECKSUM, Weight.WEAK, "no: taken silently", means)

    def _checksum_told(self) -> Iterator[ProbeFinding]:
        told = self._trial.head("first").checksum
        if told is None:
            means = "What it holds can only be known by reading all of it back."
            yield ProbeFinding(Check.CHECKSUM_TOLD, Weight.WEAK, "no", means)
        elif told != checksum(self._octets):
            means = "The server tells a checksum of something else."
            yield ProbeFinding(Check.CHECKSUM_TOLD, Weight.BAD, f"{told}, expected {checksum(self._octets)}", means)
        elif self._echoes("wrong", checksum(b"and no others")):
            means = "It tells what it was told, not what it has: such a checksum proves nothing."
            yield ProbeFinding(Check.CHECKSUM_TOLD, Weight.BAD, "the one that was sent, though it was wrong", means)
        else:
            means = "It tells what it had received; whether the disk still holds it, only a full read shows."
            yield ProbeFinding(Check.CHECKSUM_TOLD, Weight.GOOD, "yes", means)

    def _echoes(self, name: str, said: str) -> bool:
        try:
            return self._trial.head(name).checksum == said
        except NothingThereError:
            return False

    def _only_if_new(self) -> Iterator[ProbeFinding]:
        self._put("new", b"first", IfNoneMatch="*")
        refused = self._is_refused(lambda: self._put("new", b"second", IfNoneMatch="*"))
        now = self._trial.get("new")
        yield _written_over(Check.ONLY_IF_NEW, refused, kept=now == b"first", versioned=self._versioned)

    def _is_refused(self, attempt: Callable[[], object]) -> bool:
        try:
            attempt()
        except (DeniedError, TargetGoneError):
            raise
        except TargetError:
            return True
        return False

    # ---- uploads in parts

    def _parts(self) -> Iterator[ProbeFinding]:
        trial = self._trial
        pieces = [os.urandom(1024) * (PART // 1024), os.urandom(1000)]
        upload = trial.begin_parts("parts", **self._lock_words())
        tags = [trial.put_part("parts", upload, number, piece) for number, piece in enumerate(pieces, 1)]
        self._progress(TITLES[Check.PARTS_LISTED])
        listed = self._parts_listed(upload, pieces, tags)
        self._progress(TITLES[Check.PARTS_WRONG_CHECKSUM])
        # an upload of its own: some servers do not complete one that has a part which is not named
        other = trial.begin_parts("wrong part", **self._lock_words())
        refused = self._is_refused(lambda: trial.put_part("wrong part", other, 1, b"these", said=checksum(b"others")))
        version = trial.complete("parts", upload, list(zip(tags, pieces, strict=True)))
        whole = b"".join(pieces)
        found = trial.get("parts", version)
        if found == whole:
            yield ProbeFinding(Check.PARTS, Weight.GOOD, "given back octet for octet", "Large files can be copied.")
        else:
            means = "A large file does not arrive as it was sent. Keep nothing there."
            yield ProbeFinding(Check.PARTS, Weight.BAD, _difference(whole, found), means)
        yield listed
        if refused:
            means = "A part that is damaged on the way is refused."
            yield ProbeFinding(Check.PARTS_WRONG_CHECKSUM, Weight.GOOD, "yes", means)
        else:
            means = "Of a large file, only reading all of it back shows what is there."
            yield ProbeFinding(Check.PARTS_WRONG_CHECKSUM, Weight.WEAK, "no: taken silently", means)
        yield self._parts_checksum(version, composite(*pieces))
        yield from self._parts_only_if_new(pieces[1])

    def _parts_listed(self, upload: str, pieces: list[bytes], tags: list[str]) -> ProbeFinding:
        expected = [(number, len(piece), tag) for number, (piece, tag) in enumerate(zip(pieces, tags, strict=True), 1)]
        found = self._trial.parts("parts", upload)
        if found == expected:
            means = "An upload that was broken off goes on where it stopped."
            return ProbeFinding(Check.PARTS_LISTED, Weight.GOOD, "rightly", means)
        means = "An upload that was broken off cannot be gone on with: it begins again."
        words = f"{len(found)} parts of {sum(size for _, size, _ in found)} octets, expected 2 of {PART + 1000}"
        return ProbeFinding(Check.PARTS_LISTED, Weight.WEAK, words, means)

    def _parts_checksum(self, version: str | None, expected: str) -> ProbeFinding:
        told = self._trial.head("parts", version).checksum
        if told == expected:
            means = "For a large file too, it tells what it had received."
            return ProbeFinding(Check.PARTS_CHECKSUM_TOLD, Weight.GOOD, "yes", means)
        if told is None:
            means = "Of a large file, only reading all of it back shows what is there."
            return ProbeFinding(Check.PARTS_CHECKSUM_TOLD, Weight.WEAK, "no", means)
        means = "The server tells a checksum that is not that of the parts: it proves nothing."
        return ProbeFinding(Check.PARTS_CHECKSUM_TOLD, Weight.WEAK, f"{told}, expected {expected}", means)

    def _parts_only_if_new(self, octets: bytes) -> Iterator[ProbeFinding]:
        trial = self._trial
        self._put("new parts", b"first")
        upload = trial.begin_parts("new parts", **self._lock_words())
        tag = trial.put_part("new parts", upload, 1, octets)
        refused = self._is_refused(lambda: trial.complete("new parts", upload, [(tag, octets)], IfNoneMatch="*"))
        kept = trial.get("new parts") == b"first"
        yield _written_over(Check.PARTS_ONLY_IF_NEW, refused, kept=kept, versioned=self._versioned)

    # ---- locks

    def _bucket_lock(self) -> ProbeFinding:
        """Whether the bucket was made with Object Lock, and whether it locks by itself."""
        weak = Weight.BAD if self._asked != "none" else Weight.WEAK
        means = "Whoever may delete there can delete every copy: this place is no protection against that."
        try:
            told = self._trial.call("get_object_lock_configuration").get("ObjectLockConfiguration", {})
        except DeniedError as error:
            return ProbeFinding(Check.LOCK_BUCKET, Weight.UNKNOWN, _short(error), "It counts as not there.")
        except TargetGoneError:
            raise
        except TargetError as error:
            unknown = isinstance(error, UnknownRequestError) or "ObjectLockConfigurationNotFound" in str(error)
            found = "no" if unknown else f"no ({_short(error)})"
            return ProbeFinding(Check.LOCK_BUCKET, weak, found, means)
        self._locks = told.get("ObjectLockEnabled") == "Enabled"
        default = told.get("Rule", {}).get("DefaultRetention")
        self._by_itself = bool(default)
        if not self._locks:
            return ProbeFinding(Check.LOCK_BUCKET, weak, "no", means)
        words = "the bucket has it"
        if default:
            length = f"{default['Days']} days" if "Days" in default else f"{default.get('Years')} years"
            words += f", and locks whatever is put there for {length} ({str(default.get('Mode')).lower()})"
        return ProbeFinding(Check.LOCK_BUCKET, Weight.GOOD, words, "A version can be kept from being deleted.")

    def _until(self, span: timedelta) -> datetime:
        # by the later of the two clocks, or the server takes it for past
        return (self._clock() + max(self._ahead, timedelta()) + span).replace(microsecond=0)

    def _lock_words(self, retention: Retention | None = None) -> dict[str, Any]:
        """The lock of an object: `retention`, else a short one where the bucket would lock it for long by itself."""
        if retention is None:
            if not self._by_itself:
                return {}
            retention = Retention(LockMode.GOVERNANCE, self._until(LOCK))
        return {"ObjectLockMode": retention.mode.upper(), "ObjectLockRetainUntilDate": retention.until}

    def _put(self, name: str, octets: bytes, *, said: str | None = None, **words: Any) -> Had:
        return self._trial.put(name, octets, said=said, **{**self._lock_words(), **words})

    def _delete(self) -> Iterator[ProbeFinding]:
        """Whether what is not locked can be deleted: without that, no lock can be seen to hold."""
        means_not = "Whether a lock is what keeps a file cannot be seen: nothing can be deleted there anyhow."
        words = {}
        if self._by_itself:
            words = self._lock_words(Retention(LockMode.GOVERNANCE, self._until(timedelta(seconds=2))))
        placed = self._put("deleted", b"not locked", **words)
        if self._by_itself:
            self._sleep(4.0)
        try:
            self._trial.delete("deleted", placed.version)
        except DeniedError:
            found = "no: these credentials may not delete"
            yield ProbeFinding(Check.DELETE, Weight.UNKNOWN, found, f"{means_not} For a copy that is well.")
            return
        if self._trial.is_there("deleted", placed.version):
            found = "said to be deleted, and still there"
            yield ProbeFinding(Check.DELETE, Weight.BAD, found, means_not)
            return
        self._deletes = True
        yield ProbeFinding(
            Check.DELETE, Weight.GOOD, "yes", "What is not locked can be deleted with these credentials."
        )

    def _lock_on_put(self) -> Iterator[ProbeFinding]:
        octets = secrets.token_bytes(1000)
        retention, version = self._locked(lambda words: self._trial.put("locked", octets, **words).version)
        yield self._held(Check.LOCK_ON_PUT, "locked", version, octets, retention)

    def _lock_on_parts(self) -> Iterator[ProbeFinding]:
        octets = secrets.token_bytes(1000)

        def put(words: dict[str, Any]) -> str | None:
            upload = self._trial.begin_parts("locked parts", **words)
            tag = self._trial.put_part("locked parts", upload, 1, octets)
            return self._trial.complete("locked parts", upload, [(tag, octets)])

        retention, version = self._locked(put)
        yield self._held(Check.LOCK_ON_PARTS, "locked parts", version, octets, retention)

    def _lock_afterwards(self) -> Iterator[ProbeFinding]:
        octets = secrets.token_bytes(1000)
        placed = self._put("locked afterwards", octets)
        retention = Retention(self._mode, self._until(self._span + timedelta(seconds=5)))
        self._trial.retain("locked afterwards", placed.version, retention)
        yield self._held(Check.LOCK_AFTERWARDS, "locked afterwards", placed.version, octets, retention)

    def _locked(self, put: Callable[[dict[str, Any]], str | None]) -> tuple[Retention, str | None]:
        """Put something with a lock; with a longer one where the server takes none so short."""
        retention = Retention(self._mode, self._until(self._span))
        try:
            return retention, put(self._lock_words(retention))
        except (DeniedError, TargetGoneError):
            raise
        except TargetError:
            if self._mode is LockMode.COMPLIANCE or self._span == LONGER_LOCK:
                raise
        self._span = LONGER_LOCK
        retention = Retention(self._mode, self._until(self._span))
        return retention, put(self._lock_words(retention))

    def _held(self, check: Check, name: str, version: str | None, octets: bytes, asked: Retention) -> ProbeFinding:
        """Whether a lock that was asked for is told, holds, and cannot be made shorter."""
        trial = self._trial
        if version is None:
            means = "Without a version's id nobody can say what it is that was locked."
            return ProbeFinding(check, Weight.BAD, "the bucket locks, and an upload was given no version", means)
        lock = f"{asked.mode} until {asked.until:%H:%M:%S}"
        told = [self._retention(name, version), trial.head(name, version).retention]
        for retention in told:
            if retention is None:
                where = (
                    "nothing is told of it" if told == [None, None] else "it is told in one place and not in another"
                )
                means = "A file that is put there in this way is not known to be locked."
                return ProbeFinding(check, Weight.WEAK, f"taken with 200, and {where}", means)
            if not retention.holds(asked):
                words = f"{lock} asked, {retention.mode} until {retention.until:%H:%M:%S} told"
                return ProbeFinding(check, Weight.BAD, words, "The server locks otherwise than it was asked to.")
        refused = self._is_deletion_refused(name, version)
        if not self._is_kept(name, version, octets):
            means = "The server says that a file is locked, and it is not. No lock there protects anything."
            return ProbeFinding(check, Weight.BAD, "told, and the version was deleted all the same", means)
        if not self._deletes:
            found = "told, and not put to the test: nothing can be deleted with these credentials"
            return ProbeFinding(check, Weight.UNKNOWN, found, "It counts as not there.")
        if self._is_shortened(name, version, asked):
            means = "Whoever may write can end a lock: it protects from nobody."
            return ProbeFinding(check, Weight.BAD, "told, and then made shorter without a special right", means)
        how = "and a deletion was refused" if refused else "and a deletion had no effect"
        means = "A file there is kept until its lock ends, whoever may delete there."
        if asked.mode is LockMode.GOVERNANCE:
            means = "A file there is kept until its lock ends, but from those who have the right to go round locks."
        return ProbeFinding(check, Weight.GOOD, f"{asked.mode}, told, {how}", means)

    def _retention(self, name: str, version: str | None) -> Retention | None:
        try:
            return self._trial.retention(name, version)
        except (DeniedError, TargetGoneError):
            raise
        except TargetError:  # servers say in many ways that there is none
            return None

    def _is_deletion_refused(self, name: str, version: str | None) -> bool:
        try:
            self._trial.delete(name, version)
        except TargetGoneError:
            raise
        except TargetError:
            return True
        return False

    def _is_kept(self, name: str, version: str | None, octets: bytes) -> bool:
        try:
            return self._trial.get(name, version) == octets
        except NothingThereError:
            return False

    def _is_shortened(self, name: str, version: str | None, asked: Retention) -> bool:
        shorter = Retention(asked.mode, asked.until - timedelta(seconds=30))
        with suppress(TargetError):
            self._trial.retain(name, version, shorter)
        now = self._retention(name, version)
        return now is None or not now.holds(asked)

    # ---- time

    def _latency(self) -> ProbeFinding:
        puts, gets = (1000 * median(times or [0.0]) for times in (self._trial.put_times, self._trial.get_times))
        found = f"{puts:.0f} ms to put, {gets:.0f} ms to get"
        slow = max(puts, gets) > 1000
        means = "Single records are slow to read from there." if slow else "Single records are read quickly from there."
        return ProbeFinding(Check.LATENCY, Weight.WEAK if slow else Weight.GOOD, found, means)


def _written_over(check: Check, refused: bool, *, kept: bool, versioned: bool) -> ProbeFinding:
    """Whether what was there under a name was written over though it was asked not to."""
    if refused and kept:
        return ProbeFinding(
            check, Weight.GOOD, "yes: refused where something is there", "No file is written over unseen."
        )
    if refused:
        return ProbeFinding(
            check, Weight.BAD, "refused, and written over all the same", "The server says what is not true."
        )
    rest = "a second version is made, and the first stays" if versioned else "what was there is gone"
    means = f"Two who write at once are not kept apart: {rest}. Khronika looks before it writes."
    return ProbeFinding(check, Weight.WEAK, "no: the condition is ignored", means)


def _difference(expected: bytes, found: bytes) -> str:
    """Where two differ, in words."""
    if len(expected) != len(found):
        return f"no: {len(found)} octets of {len(expected)}"
    at = next(number for number, (one, other) in enumerate(zip(expected, found, strict=True)) if one != other)
    return f"no: octet {at} is another one"


def _short(error: Exception) -> str:
    """The end of a message, which says what was wrong."""
    return str(error).rpartition(": ")[2]
