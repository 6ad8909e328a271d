"""Check an evidence bundle with all that Khronika has: the signatures of time-stamps and the soundness of the WARC too.

`verify_bundle.py`, which lies in every bundle, is the same check without them, by a program of its own. What it has in
common with this one is the reading of the zip file and nothing else.
"""

from __future__ import annotations

import errno
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

from archive import verdict
from archive.bundle import (
    FORMAT,
    MANIFEST,
    RECORDS,
    VERIFIER,
    Before,
    Cover,
    Logged,
    Recovery,
    StampFiles,
    beacon_words,
    facts_of,
    recovery_of,
    texts_digest,
    verified_stamp,
    verifier,
)
from archive.bundle_commands import commands
from archive.check import capture_name
from archive.checkpoint import VerifierKey, cosigned_at, parse_checkpoint, parse_proof, parse_vkey, signed_by
from archive.digest import digest
from archive.entry import (
    AnchorEntry,
    BeaconEntry,
    Entry,
    EventEntry,
    EventType,
    GenesisEntry,
    RecordEntry,
    parse_entry,
)
from archive.errors import (
    KhronikaError,
    LogError,
    ProofError,
    RecordError,
    RecordTruncatedError,
    SignatureError,
    TimestampError,
)
from archive.exchange import MADE
from archive.finding import Finding, FindingKind, Severity
from archive.keys import NOTE, NOTES, POLICY, KeyHistory
from archive.log import LOG
from archive.merkle import check_inclusion, leaf_hash
from archive.statement import README, Facts, fields, statement_en, statement_ru
from archive.verify_bundle import NAMES, Failed
from archive.verify_bundle import Bundle as ZipFile
from archive.warc import SOFTWARE, Record, read_records
from archive.writer import PREFIX

Verdict = Literal["ok", "self-attested", "failed"]

OWN_FAULTS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EMFILE, errno.EIO})
"""Errors of this machine, which say nothing of a bundle."""

AFTER: Final = 3 + len(MADE)
"""Places that a record of an exchange may lie after the first one: `archive/warc.py` tells what comes between."""

NOT_SHOWN: Final = (
    "that the servers sent these octets: TLS leaves nothing that a third party could check",
    "when a page was fetched: the dates of the records are by the archive's own clock",
    "what else the archive holds, or holds not, and whether the last record of an exchange was left out of the bundle",
    "that no key was revoked after the bundle was made",
)
"""What no bundle can show."""


@dataclass(frozen=True, slots=True)
class BundleSummary:
    """What the check of a bundle comes to."""

    verdict: Verdict
    captures: int
    records: int
    recovered: int
    """Records that were logged after a recovery."""
    files: int
    facts: Facts | None
    """What the bundle shows; None when that could not be made out."""
    not_checked: tuple[str, ...]

    def as_record(self) -> dict[str, Any]:
        """The summary as programs read it."""
        facts = self.facts
        return {
            "verdict": self.verdict,
            "captures": self.captures,
            "records": self.records,
            "recovered": self.recovered,
            "files": self.files,
            "origin": facts and facts.origin,
            "root_key": facts and facts.root_key,
            "log_key": facts and facts.log_key,
            "size": facts and facts.size,
            "logged_after": facts and facts.since and _instant(facts.since),
            "logged_before": facts and facts.until and _instant(facts.until),
            "authorities": [stamp.authority for stamp in facts.stamps] if facts else [],
            "witnesses": [name for name, _ in facts.witnesses] if facts else [],
            "not_checked": list(self.not_checked),
        }


def _instant(moment: Any) -> str:
    return str(moment.isoformat(timespec="microseconds")).replace("+00:00", "Z")


def check_bundle(path: Path, trusted: Sequence[VerifierKey] = ()) -> Iterator[Finding | BundleSummary]:
    """All that is wrong with a bundle, and a summary at the end.

    `trusted`: keys of the archive, of the root or of the log, that are known from elsewhere; with them the bundle has
    to be signed. Never raises for what the file holds. Raises OSError when it cannot be opened.
    """
    with path.open("rb"):
        pass
    yield from _Check(path, trusted).run()


class _Stop(Exception):  # noqa: N818 - no error: what comes after cannot be checked
    """What was found makes the rest meaningless."""


class _Check:
    """The check of one bundle."""

    def __init__(self, path: Path, trusted: Sequence[VerifierKey]) -> None:
        self._path = path
        self._trusted = trusted
        self._found: list[Finding] = []
        self._not_checked: list[str] = []
        self._logged: list[Logged] = []
        self._wanted: list[str] = []
        self._facts: Facts | None = None
        self._vouched = False
        self._software = ""
        self._texts: object = None

    def run(self) -> Iterator[Finding | BundleSummary]:
        """Findings and the summary."""
        files = 0
        try:
            self._zip = ZipFile(str(self._path))
            files = len(self._zip.entries)
            with tempfile.TemporaryDirectory() as folder:
                self._steps(Path(folder) / RECORDS)
        except _Stop:
            self._not_checked.append("what comes after the first of these findings in a bundle")
        except Exception as error:
            if isinstance(error, OSError) and error.errno in OWN_FAULTS:
                raise
            found = str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
            self._say(FindingKind.MALFORMED, self._path.name, "a bundle that can be read", found)
        yield from self._found
        yield self._summary(files)

    def _summary(self, files: int) -> BundleSummary:
        failed = any(finding.severity is Severity.DEFECT for finding in self._found)
        worth: Verdict = "failed" if failed else "ok" if self._vouched else "self-attested"
        late = self._facts.recovered if self._facts else sum(one.entry.recovered for one in self._logged)
        not_checked = (*self._not_checked, *NOT_SHOWN)
        return BundleSummary(worth, len(self._wanted), len(self._logged), late, files, self._facts, not_checked)

    def _steps(self, records: Path) -> None:
        self._check_manifest()
        self._read_about()
        self._read_checkpoint()
        self._read_history()
        self._check_signers()
        self._check_records(records)
        self._check_exchanges()
        before = self._check_before()
        self._check_warc(records)
        if not self._found:
            self._check_texts(before)

    def _say(
        self, kind: FindingKind, file: str | None, expected: str, found: str, record: Record | None = None
    ) -> None:
        at = capture_name(record.date, record.target_uri) if record and record.target_uri and record.n else None
        offset = record.location.offset if record else None
        self._found.append(Finding(kind, file, offset, record.record_id if record else None, at, expected, found))

    def _stop(self, kind: FindingKind, file: str | None, expected: str, found: str) -> _Stop:
        self._say(kind, file, expected, found)
        return _Stop()

    def _read(self, name: str) -> bytes:
        """A file of the bundle, which must be there."""
        if name not in self._zip.entries:
            raise self._stop(FindingKind.MISSING, name, f"the file {name} in the bundle", "none")
        return self._zip.read(name)

    # ---- the files

    def _check_manifest(self) -> None:
        listed: dict[str, str] = {}
        for line in self._read(MANIFEST).decode("utf-8", "replace").splitlines():
            value, _, name = line.partition("  ")
            if name in listed:
                self._say(FindingKind.MALFORMED, MANIFEST, "each file once", f"{name} twice")
            listed[name] = value
        for name in sorted({*listed, *self._zip.digests} - {MANIFEST}):
            if name not in self._zip.digests:
                self._say(FindingKind.MISSING, name, f"the file {name}, which {MANIFEST} lists", "none")
            elif name not in listed:
                self._say(FindingKind.INSERTED, name, f"only files that {MANIFEST} lists", name)
            elif not re.fullmatch(NAMES, name, re.ASCII):
                self._say(FindingKind.INSERTED, name, "only files that a bundle has", name)
            elif listed[name] != self._zip.digests[name]:
                found = f"sha256:{self._zip.digests[name]}"
                self._say(FindingKind.ALTERED, name, f"sha256:{listed[name]}, as {MANIFEST} has it", found)

    def _read_about(self) -> None:
        about = json.loads(self._read("bundle.json").decode())
        wanted = about.get("captures") if isinstance(about, dict) else None
        if not isinstance(about, dict) or about.get("format") != FORMAT or not isinstance(wanted, list) or not wanted:
            raise self._stop(FindingKind.MALFORMED, "bundle.json", f"captures in the format {FORMAT}", "something else")
        self._software, self._texts = str(about.get("software")), about.get("texts")
        self._wanted = [str(name) for name in wanted]
        if any(not name.startswith("<") or self._wanted.count(name) > 1 for name in self._wanted):
            raise self._stop(
                FindingKind.MALFORMED, "bundle.json", "each capture once, as <its record's id>", str(wanted)
            )
        self._wanted = [name.removeprefix("<").removesuffix(">") for name in self._wanted]

    # ---- the log

    def _read_checkpoint(self) -> None:
        issued = self._read("checkpoint")
        cosignatures = self._read("cosignatures") if "cosignatures" in self._zip.entries else b""
        try:
            self._signed = parse_checkpoint(issued + cosignatures)
        except SignatureError as error:
            raise self._stop(FindingKind.UNSIGNED, "checkpoint", "a signed checkpoint", str(error)) from error
        self._issued, self._cosignatures = issued, cosignatures
        self._octets = issued + cosignatures
        index, octets, entry = self._proved("genesis.tlog-proof")
        if index != 0 or not isinstance(entry, GenesisEntry) or entry.origin != self._signed.origin:
            expected = f"the first entry of the log {self._signed.origin}"
            raise self._stop(
                FindingKind.WRONG_SIGNER, "genesis.tlog-proof", expected, f"entry {index}: {octets[:80]!r}"
            )
        self._genesis = entry

    def _proved(self, name: str) -> tuple[int, bytes, Entry]:
        """The entry that a proof is about, when it holds under the bundle's checkpoint; else the check ends."""
        octets = self._read(name)
        try:
            proof = parse_proof(octets)
            if proof.checkpoint != self._octets:
                raise ProofError("expected the checkpoint of the bundle in it, found another")
            leaf = leaf_hash(proof.entry)
            check_inclusion(leaf, proof.index, self._signed.size, proof.path, self._signed.root)
            return proof.index, proof.entry, parse_entry(proof.entry)
        except (ProofError, LogError) as error:
            raise self._stop(FindingKind.ALTERED, name, "a proof that leads to the checkpoint", str(error)) from error

    def _read_history(self) -> None:
        try:
            root, first = parse_vkey(self._genesis.root), parse_vkey(self._genesis.log)
            self._history = KeyHistory.read(_Notes(self._zip), root, first)
        except SignatureError as error:
            raise self._stop(FindingKind.WRONG_SIGNER, "keys/", "notes of keys by the root key", str(error)) from error

    def _check_signers(self) -> None:
        self._stamps = tuple(self._stamps_in("tsa", self._issued))
        try:
            witnesses = self._cosigners()
            dated = min([one.latest for one in self._stamps] + [at for _, at in witnesses], default=None)
            refusal = self._history.refusal_of(self._signed, dated=dated)
            signers = signed_by(self._signed.note, self._history.vkeys)
        except SignatureError as error:
            raise self._stop(FindingKind.WRONG_SIGNER, "checkpoint", "signatures that hold", str(error)) from error
        if refusal is not None:
            kind = FindingKind.WRONG_SIGNER if signers else FindingKind.UNSIGNED
            raise self._stop(kind, "checkpoint", "the signature of a key that may sign it", refusal)
        policy = self._history.policy
        if not policy.satisfied(policy.witnesses[name] for name, _ in witnesses):
            found = ", ".join(name for name, _ in witnesses) or "none"
            self._say(FindingKind.UNSIGNED, "checkpoint", "as many cosignatures as the policy asks for", found)
        for vkey in self._trusted:
            if vkey not in {self._history.root, *signers}:
                self._say(FindingKind.WRONG_SIGNER, "checkpoint", f"a log of the key {vkey}", str(self._history.root))
        self._cover = Cover(self._issued, self._cosignatures, self._signed, self._stamps, witnesses)
        self._vouched = bool(self._stamps or witnesses)
        if not self._trusted:
            self._not_checked.append(
                f"whose keys these are: compare {self._history.root} with one from elsewhere, --trust"
            )
            for stamp in self._stamps:
                self._not_checked.append(
                    f"whether the authority {stamp.name} ({stamp.authority}) is one to rely on: the archive itself "
                    f"names it, with the certificates {digest(stamp.certificates)}"
                )
            for name, _ in witnesses:
                key = policy.witnesses[name]
                self._not_checked.append(f"whose the witness {name} is: the archive itself names it, {key}")

    def _cosigners(self) -> tuple[tuple[str, Any], ...]:
        note = self._signed.note
        found = {}
        for name, vkey in self._history.policy.witnesses.items():
            for signature in note.signatures:
                if signature.is_by(vkey):
                    found[name] = cosigned_at(note.text, signature, vkey)
        return tuple(sorted(found.items()))

    def _stamps_in(self, folder: str, message: bytes) -> Iterator[StampFiles]:
        """The time-stamps in a folder that hold; the others are findings."""
        for file in self._zip.below(folder, ".tsr"):
            name = file[len(folder) + 1 : -len(".tsr")]
            crl = f"{folder}/{name}.crl"
            stamp = StampFiles(
                name,
                self._signed.size,
                self._read(file),
                self._read(f"{folder}/{name}.pem"),
                self._read(crl) if crl in self._zip.entries else None,
            )
            try:
                yield verified_stamp(self._history, stamp, message)
            except TimestampError as error:
                self._say(FindingKind.TIME_UNPROVEN, file, "a time-stamp that holds", str(error))

    # ---- the records

    def _check_records(self, path: Path) -> None:
        """Each record against its entry, each entry against the log."""
        self._read(MANIFEST)
        if RECORDS not in self._zip.entries:
            raise self._stop(FindingKind.MISSING, RECORDS, "the records", "none")
        with path.open("wb") as file:
            for piece in self._zip.pieces(RECORDS):
                file.write(piece)
        proofs = self._zip.below("proofs", ".tlog-proof")
        digests = self._digests(proofs)
        number = -1
        try:
            for number, record in enumerate(read_records(path, name=RECORDS)):
                if number >= len(proofs):
                    self._say(FindingKind.INSERTED, RECORDS, "a proof for each record", "none", record)
                    continue
                self._check_record(proofs[number], record, digests)
        except RecordError as error:
            cut = isinstance(error, RecordTruncatedError)
            kind = FindingKind.TRUNCATED if cut else FindingKind.MALFORMED
            raise self._stop(kind, RECORDS, "whole records of WARC 1.1", str(error)) from error
        for name in proofs[number + 1 :]:
            self._say(FindingKind.MISSING, RECORDS, f"the record that {name} is about", "none")
        if self._found:
            raise _Stop

    def _digests(self, proofs: Iterable[str]) -> dict[str, str]:
        """By digest of the record, which proof it has."""
        found = {}
        for name in proofs:
            try:
                entry = parse_entry(parse_proof(self._read(name)).entry)
            except KhronikaError:
                continue
            if isinstance(entry, RecordEntry):
                found[str(entry.digest)] = name
        return found

    def _check_record(self, name: str, record: Record, digests: Mapping[str, str]) -> None:
        try:
            index, octets, entry = self._proved(name)
        except _Stop:
            return  # it is told; the other records are looked at all the same
        if not isinstance(entry, RecordEntry):
            self._say(FindingKind.ALTERED, name, "the entry of a record", f"a {entry.what} entry", record)
            return
        if entry.digest != record.record_digest:
            elsewhere = digests.get(str(record.record_digest))
            kind = FindingKind.ALTERED if elsewhere is None else FindingKind.REORDERED
            found = str(record.record_digest) + (f", which {elsewhere} is about" if elsewhere else "")
            self._say(kind, RECORDS, f"the record {entry.digest}, as its entry has it", found, record)
            return
        told = (entry.id, entry.date, entry.type, entry.length, str(entry.payload or ""))
        payload = record.value("WARC-Payload-Digest") or ""
        ours = payload if payload.startswith("sha256:") else ""
        held = (record.record_id, record.date, record.type, record.length, ours)
        if told != held:
            self._say(FindingKind.ALTERED, name, f"an entry that says {held}", str(told), record)
            return
        self._logged.append(Logged(record, index, entry, octets))

    def _check_exchanges(self) -> None:
        """What belongs to a record is there, and all stand in the order of the log."""
        records = {one.record.record_id: one.record for one in self._logged}
        if len(records) != len(self._logged):
            self._say(FindingKind.INSERTED, RECORDS, "each record once", "one twice")
        places = {one.record.record_id: one.entry.n for one in self._logged}
        ns: dict[str, set[int]] = {}
        for one in self._logged:
            ns.setdefault(one.entry.file, set()).add(one.entry.n)
        last: dict[str, tuple[int, int]] = {}
        for one in self._logged:
            record = one.record
            here, before = (one.index, one.entry.n), last.get(one.entry.file, (-1, -1))
            if not (before[0] < here[0] and before[1] < here[1]):
                self._say(FindingKind.REORDERED, RECORDS, "the order of the log", f"entry {one.index}", record)
            last[one.entry.file] = here
            info = record if record.type == "warcinfo" else records.get(_id(record, "WARC-Warcinfo-ID"))
            if info is None or info.type != "warcinfo":
                self._say(FindingKind.MISSING, RECORDS, "the first record of its file", "none", record)
            elif info.value("WARC-Filename") != one.entry.file:
                found = str(info.value("WARC-Filename"))
                self._say(FindingKind.ALTERED, RECORDS, f"the file {one.entry.file}", found, record)
            for other in record.concurrent_to:
                if other not in records:
                    self._say(FindingKind.MISSING, RECORDS, f"<{other}> of the same exchange", "none", record)
                elif one.entry.file.startswith(f"{PREFIX}-"):
                    # the records of an exchange lie together in the files that Khronika writes
                    begin = places[other]
                    if one.entry.n - begin > AFTER or not {*range(begin, one.entry.n)} <= ns[one.entry.file]:
                        self._say(
                            FindingKind.MISSING, RECORDS, "the records between it and its response", "a gap", record
                        )
            original = records.get(_id(record, "WARC-Refers-To"))
            if record.type == "revisit" and (original is None or original.type != "response"):
                self._say(FindingKind.MISSING, RECORDS, "the original of this revisit", "none", record)
        for name in self._wanted:
            if name not in records:
                self._say(FindingKind.MISSING, RECORDS, f"<{name}>, which bundle.json names", "none")
        if self._found:
            raise _Stop

    def _check_before(self) -> Before:
        """Earlier time-stamps, beacons, and the beginnings of crawls."""
        at = {one.record.record_id: one.index for one in self._logged}
        first = min(at[name] for name in self._wanted)
        proofs: dict[str, tuple[int, bytes]] = {}
        stamp: StampFiles | None = None
        checkpoint, beacon = b"", None
        sessions: dict[str, str] = {}
        for name in [*self._zip.below("after", ".tlog-proof"), *self._zip.below("sessions", ".tlog-proof")]:
            index, octets, entry = self._proved(name)
            proofs[name] = (index, octets)
            if isinstance(entry, EventEntry) and entry.type is EventType.CAPTURE_SESSION:
                sessions[entry.object or ""] = entry.detail
            elif index >= first:
                self._say(FindingKind.REORDERED, name, f"an entry before {first}", str(index))
            elif isinstance(entry, BeaconEntry):
                beacon = beacon_words(entry)
            elif isinstance(entry, AnchorEntry):
                checkpoint = self._read("after/checkpoint")
                held = [one for one in self._stamps_in("after", checkpoint) if one.name == entry.authority]
                stamp = held[0] if held else None
                if stamp is not None and digest(stamp.response) != entry.digest:
                    self._say(
                        FindingKind.ALTERED, f"after/{stamp.name}.tsr", str(entry.digest), str(digest(stamp.response))
                    )
            else:
                self._say(FindingKind.MALFORMED, name, "an anchor, a beacon, or a crawl's beginning", entry.what)
        until = min((one.latest for one in self._stamps), default=None)
        if stamp is not None and until is not None and stamp.earliest > until:
            self._say(FindingKind.TIME_UNPROVEN, "after/", f"a time-stamp before {until}", str(stamp.earliest))
        return Before(proofs, stamp, checkpoint, beacon, sessions, tuple(self._recoveries()))

    def _recoveries(self) -> Iterator[Recovery]:
        for name in self._zip.below("recovery", ".tlog-proof"):
            index, octets, _ = self._proved(name)
            found = recovery_of(index, octets)
            if found is None:
                self._say(FindingKind.MALFORMED, name, "what was not signed when a run was cut short", octets.decode())
            else:
                yield found

    def _check_warc(self, path: Path) -> None:
        """The file is a sound WARC: block and payload digests, the originals of revisits, all rules."""
        for found in verdict.check(path, RECORDS):
            if isinstance(found, Finding):
                self._found += [found] if found.severity is Severity.DEFECT else []

    # ---- the texts

    def _check_texts(self, before: Before) -> None:
        """Texts that no signature covers are made again and compared."""
        root = str(self._history.root)
        facts = facts_of(self._wanted, self._logged, self._cover, before, root, self._history)
        self._facts = facts
        if facts.misdated:
            self._not_checked.append("the archive's clock: a capture bears a later date than a time-stamp over it")
        if self._texts != texts_digest():
            self._not_checked.append(
                f"the texts and the program in the bundle: another version made them, {self._software[:80]!r}; this is "
                f"{SOFTWARE}"
            )
            return
        lengths = [one.record.location.length for one in self._logged]
        texts = {
            "STATEMENT.en.txt": statement_en(facts).encode(),
            "STATEMENT.ru.txt": statement_ru(facts).encode(),
            "FIELDS.txt": fields(facts).encode(),
            "README.txt": README.encode(),
            "COMMANDS.txt": commands(facts, lengths, self._history).encode(),
            VERIFIER: verifier(),
        }
        for name, octets in texts.items():
            if self._read(name) != octets:
                self._say(FindingKind.ALTERED, name, "the text that the evidence gives", "another text")


def _id(record: Record, field: str) -> str:
    return (record.value(field) or "").strip("<>")


class _Notes:
    """The notes of keys of a bundle as a collection has them."""

    def __init__(self, archive: ZipFile) -> None:
        self._zip = archive
        self._newest = len(archive.below("keys", ".note"))

    def read(self, name: str) -> bytes:
        """A file of a collection."""
        if name in {NOTE, POLICY} or name.endswith(".policy"):
            inside = f"keys/{self._newest}.note" if name == NOTE else "policy"
        else:
            inside = name.removeprefix(f"{LOG}/")
        assert name.startswith((NOTES, NOTE, POLICY))
        if inside not in self._zip.entries:
            raise FileNotFoundError(name)
        return self._zip.read(inside)

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        raise NotImplementedError

    def size(self, name: str) -> int:
        """Octets of a file."""
        raise NotImplementedError

    def names(self, prefix: str) -> Iterator[str]:
        """The files below a folder."""
        raise NotImplementedError

    def open(self, name: str, offset: int = 0, length: int | None = None) -> BinaryIO:
        """A file from an offset on."""
        raise NotImplementedError
