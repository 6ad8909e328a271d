"""The audit holds a collection against its log: entries, tiles, checkpoints, keys, and what vouches for them."""

from __future__ import annotations

import base64
import gzip
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archive_samples import collection, crawled, page, put, unprivileged
from authority import Authority
from warc_samples import all_exchanges
from warc_tampering import CASES, Warc

from archive import audit as audit_module
from archive import audit_file
from archive.anchor import Kept, anchor_of, keep_token
from archive.audit import Asked, FileVerdict, Summary, verify
from archive.audit_file import Verdict, fails
from archive.audit_log import audit_log
from archive.audit_progress import Progress
from archive.checkpoint import SigningKey, parse_checkpoint, parse_vkey
from archive.collection import Collection
from archive.entry import EventEntry, EventType, GenesisEntry, Outcome, SealEntry, parse_entry
from archive.finding import Finding, FindingKind
from archive.header import parse_date
from archive.log import LogWriter
from archive.rotation import Trust, load_root, open_log, read_history, update
from archive.store import FolderStore
from archive.tiles import framed, unframed
from archive.timestamp import verify_token
from archive.warc import OPEN_SUFFIX
from archive.witness import Witness, keep_cosignature, match_answer, parse_request, request_of
from archive.writer import utc_now


@dataclass
class Told:
    """What a verification said."""

    findings: list[Finding]
    files: dict[str, FileVerdict]
    summary: Summary

    @property
    def named(self) -> set[tuple[FindingKind, str | None]]:
        return {(finding.kind, finding.file) for finding in self.findings if fails(finding)}


def told(at: Path | Collection, **how: object) -> Told:
    """Verify, as a new process would."""
    with Collection.open(at if isinstance(at, Path) else at.path) as opened:
        items = list(verify(opened, asked=Asked(**how)))  # type: ignore[arg-type]
    findings = [item for item in items if isinstance(item, Finding)]
    summary = items[-1]
    assert isinstance(summary, Summary)
    assert (summary.verdict == "failed") == any(map(fails, findings))
    return Told(findings, {item.file: item for item in items if isinstance(item, FileVerdict)}, summary)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files, more than 256 entries, a checkpoint after each file."""
    at = collection(tmp_path_factory.mktemp("template"))
    crawled(at, "first", *(page(f"case {n}", url=f"http://site.example/{n}", hour=n / 60) for n in range(90)))
    crawled(at, "second", *(page(f"case {n}", url=f"http://site.example/{n}", hour=2 + n / 60) for n in range(20)))
    at.close()
    return at.path


@pytest.fixture
def stored(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "collection"))


def size_of(at: Path) -> int:
    return parse_checkpoint((at / "log/checkpoint").read_bytes()).size


def names(at: Path) -> list[str]:
    return sorted(path.name for path in (at / "archive").iterdir())


def bundle_of(at: Path, n: int) -> Path:
    whole = at / f"log/tile/entries/{n:03}"
    return (
        whole if whole.exists() else max((at / f"log/tile/entries/{n:03}.p").iterdir(), key=lambda one: int(one.name))
    )


def relative(at: Path, path: Path) -> str:
    return path.relative_to(at).as_posix()


# --- what is there, and what is not ----------------------------------------------------------------------------------


def test_records_that_are_as_they_were_written_are_not_parsed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = collection(tmp_path)
    crawled(at, "first", *all_exchanges().values())
    crawled(at, "second", *all_exchanges().values())

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a file that is as it was sealed was read twice")

    monkeypatch.setattr(audit_file._FileAudit, "_strictly", never)
    monkeypatch.setattr(audit_file._FileAudit, "_catalogue_slowly", never)

    assert told(at).findings == []


def test_evidence_verifies_without_its_catalogue_and_that_is_said(stored: Path) -> None:
    for path in stored.glob("catalogue.sqlite*"):
        path.unlink()

    found = told(stored)

    assert found.findings == []
    assert found.summary.verdicts == {"ok": 332}
    assert any("the catalogue" in words and "there is none" in words for words in found.summary.not_checked)


def test_evidence_verifies_with_nothing_but_log_and_archive(stored: Path) -> None:
    for name in ("keys", "inbox", "crawls"):
        shutil.rmtree(stored / name, ignore_errors=True)
    for path in stored.glob("*.sqlite*"):
        path.unlink()

    assert told(stored).findings == []


def test_a_folder_that_cannot_be_written_is_verified(stored: Path) -> None:
    for folder, _, _ in os.walk(stored):
        Path(folder).chmod(0o555)
    before = {path: path.stat().st_mtime_ns for path in stored.rglob("*")}

    found = unprivileged(lambda: told(stored, keep_progress=True))

    assert found.findings == []
    assert {path: path.stat().st_mtime_ns for path in stored.rglob("*")} == before


def test_a_collection_without_its_log_fails_and_its_records_are_unsigned(stored: Path) -> None:
    shutil.rmtree(stored / "log")

    found = told(stored)

    assert (FindingKind.MISSING, "log/checkpoint") in found.named
    assert found.summary.verdicts == {"unsigned": 332}


NEEDS_ITS_OWN = {"a flipped byte of the page"}
SPOILED = [
    name for name in sorted(CASES)[::6] if CASES[name].file == 0 and "ssh" not in name and name not in NEEDS_ITS_OWN
]
"""A draw from the ways to spoil a file, of those that need no page of their own."""


@pytest.mark.parametrize("name", SPOILED)
def test_what_is_spoiled_is_found_without_the_catalogue_too(stored: Path, name: str) -> None:
    warc = Warc.read(stored / "archive" / names(stored)[0])
    CASES[name].spoil(warc)
    warc.write()
    (stored / "catalogue.sqlite").unlink()

    found = told(stored)

    assert found.files[names(stored)[0]].verdict is not Verdict.OK
    assert found.files[names(stored)[1]].verdict is Verdict.OK


# --- verdicts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "verdicts", "of_file"),
    [
        (lambda warc: warc.replace(1, b"case 0", b"case X"), {"altered": 1, "ok": 331}, Verdict.ALTERED),
        (lambda warc: warc.members.__delitem__(4), {"missing": 1, "ok": 331}, Verdict.MISSING),
        (lambda warc: warc.members.insert(7, warc.members.pop(4)), {"reordered": 1, "ok": 331}, Verdict.REORDERED),
        (
            lambda warc: warc.members.insert(4, gzip.compress(warc.records[4].replace(b"urn:uuid:", b"urn:uuid:0"))),
            {"inserted": 1, "ok": 332},
            Verdict.INSERTED,
        ),
        (
            lambda warc: warc.members.__setitem__(slice(269, None), [warc.members[269][:9]]),
            {"truncated": 1, "missing": 1, "ok": 330},
            Verdict.MISSING,
        ),
    ],
    ids=["altered", "missing", "reordered", "inserted", "truncated"],
)
def test_each_record_has_a_verdict_and_each_file(
    stored: Path, spoil: Callable[[Warc], object], verdicts: dict[str, int], of_file: Verdict
) -> None:
    warc = Warc.read(stored / "archive" / names(stored)[0])
    spoil(warc)
    warc.write()

    found = told(stored)

    assert found.summary.verdicts == verdicts
    assert found.files[names(stored)[0]].verdict is of_file
    assert found.files[names(stored)[1]].verdict is Verdict.OK


def test_a_file_compressed_anew_proves_and_is_reported(stored: Path) -> None:
    path = stored / "archive" / names(stored)[0]
    warc = Warc.read(path)
    warc.members = [gzip.compress(record, 9, mtime=0) for record in warc.records]
    warc.write()

    found = told(stored)

    assert [(one.kind, one.file, one.record_id) for one in found.findings] == [(FindingKind.ALTERED, path.name, None)]
    assert found.named == set()
    assert found.summary.verdicts == {"ok": 332}
    assert found.files[path.name].verdict is Verdict.ALTERED
    assert found.summary.file_verdicts == {"altered": 1, "ok": 1}


# --- entries and tiles -----------------------------------------------------------------------------------------------


def test_an_entry_that_was_altered_is_named_and_only_its_record_is_in_doubt(stored: Path) -> None:
    path = bundle_of(stored, 0)
    entries, _ = unframed(path.read_bytes())
    entries[40] = entries[40].replace(b'"length":', b'"length":1')
    path.write_bytes(framed(entries))

    found = told(stored)

    assert (FindingKind.ALTERED, relative(stored, path)) in found.named
    assert not any((file or "").startswith("log/tile/") and "entries" not in (file or "") for _, file in found.named)
    assert found.summary.verdicts == {"altered": 1, "ok": 331}


@pytest.mark.parametrize(("level", "what"), [(0, "edit"), (1, "edit"), (0, "delete"), (1, "delete")])
def test_a_tile_that_was_altered_or_deleted_is_named_and_the_records_hold(stored: Path, level: int, what: str) -> None:
    folder = stored / f"log/tile/{level}/000"
    path = folder if folder.exists() else stored / f"log/tile/{level}/000.p/1"
    octets = bytearray(path.read_bytes())
    octets[0] ^= 1
    path.write_bytes(octets) if what == "edit" else path.unlink()

    found = told(stored)

    assert found.named == {(FindingKind.ALTERED if what == "edit" else FindingKind.MISSING, relative(stored, path))}
    assert found.summary.verdicts == {"ok": 332}


def test_a_bundle_that_was_deleted_is_named_and_what_others_say_holds(stored: Path) -> None:
    path = bundle_of(stored, 1)
    path.unlink()

    found = told(stored)

    assert (FindingKind.MISSING, relative(stored, path)) in found.named
    assert found.summary.verdicts == {"ok": 254}


def test_without_the_genesis_nothing_says_whose_log_it_is(stored: Path) -> None:
    bundle_of(stored, 0).unlink()

    assert told(stored).summary.verdicts.keys() == {"unsigned"}


def test_entries_and_tiles_altered_together_fit_no_signed_root(stored: Path) -> None:
    path = bundle_of(stored, 1)
    entries, _ = unframed(path.read_bytes())
    entries[-4] = entries[-4].replace(b'"length":', b'"length":1')
    _rewrite(stored, 1, entries)

    found = told(stored)

    assert {kind for kind, file in found.named if (file or "").startswith("log/checkpoints/")} == {FindingKind.ALTERED}
    assert found.files[names(stored)[0]].verdict is Verdict.OK
    assert found.files[names(stored)[1]].verdict is not Verdict.OK


def _rewrite(at: Path, n: int, entries: list[bytes]) -> None:
    """Put other entries into a bundle, and what its tile has to be then."""
    from archive.merkle import leaf_hash

    bundle_of(at, n).write_bytes(framed(entries))
    tiles = at / f"log/tile/0/{n:03}.p/{len(entries)}"
    tiles.write_bytes(b"".join(map(leaf_hash, entries)))


def test_a_seal_that_counts_other_records_is_found(stored: Path) -> None:
    entries, _ = unframed(bundle_of(stored, 1).read_bytes())
    at = next(n for n, entry in enumerate(entries) if b'"what":"seal"' in entry)
    seal = parse_entry(entries[at])
    assert isinstance(seal, SealEntry)
    entries[at] = SealEntry(seal.file, seal.bytes, seal.digest, seal.records - 1, seal.first, seal.nonce).octets()
    _rewrite(stored, 1, entries)

    found = told(stored)

    assert any(kind is FindingKind.MALFORMED for kind, _ in found.named)


# --- checkpoints and signatures --------------------------------------------------------------------------------------


def stripped(octets: bytes) -> bytes:
    return octets[: octets.index(b"\n\n") + 1]


def test_a_checkpoint_without_its_signature_is_unsigned(stored: Path) -> None:
    path = stored / "log/checkpoint"
    path.write_bytes(stripped(path.read_bytes()))

    found = told(stored)

    assert found.named == {(FindingKind.UNSIGNED, "log/checkpoint")}


def test_without_any_signature_over_them_the_last_records_are_unsigned(stored: Path) -> None:
    size = size_of(stored)
    for path in (stored / "log/checkpoint", stored / f"log/checkpoints/{size}"):
        path.write_bytes(stripped(path.read_bytes()))

    found = told(stored)

    assert (FindingKind.UNSIGNED, "log/checkpoint") in found.named
    assert found.summary.verdicts.get("ok", 0) < 332


def test_a_checkpoint_of_another_key_under_the_same_name_is_of_a_wrong_signer(stored: Path) -> None:
    signed = parse_checkpoint((stored / "log/checkpoint").read_bytes())
    key = SigningKey.__new__(SigningKey)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = SigningKey(signed.origin, Ed25519PrivateKey.generate())
    octets = signed.note.text + b"\n" + key.sign(signed.note.text).line()
    for name in ("checkpoint", f"checkpoints/{signed.size}"):
        (stored / "log" / name).write_bytes(octets)

    found = told(stored)

    assert {kind for kind, _ in found.named} == {FindingKind.WRONG_SIGNER}
    assert found.summary.verdicts.get("wrong-signer", 0) > 0


def test_an_older_checkpoint_in_the_newest_ones_place_is_a_log_rolled_back(stored: Path) -> None:
    older = sorted(int(path.name) for path in (stored / "log/checkpoints").iterdir())[-2]
    shutil.copyfile(stored / f"log/checkpoints/{older}", stored / "log/checkpoint")

    found = told(stored)

    assert (FindingKind.ROLLED_BACK, "log/checkpoint") in found.named


def test_what_was_signed_last_shows_a_log_rolled_back(stored: Path) -> None:
    root = base64.b64encode(bytes(32)).decode()
    (stored / "keys/signed").write_text(f"{size_of(stored) + 5} {root}\n")

    assert (FindingKind.ROLLED_BACK, "log/checkpoint") in told(stored).named


# --- a checkpoint and a key that are kept elsewhere ------------------------------------------------------------------


def root_of(at: Path) -> str:
    genesis = parse_entry(unframed(bundle_of(at, 0).read_bytes())[0][0])
    assert isinstance(genesis, GenesisEntry)
    return genesis.root


def test_a_log_that_goes_on_from_a_kept_checkpoint_under_the_trusted_key_holds(stored: Path) -> None:
    for path in (stored / "log/checkpoints").iterdir():
        found = told(stored, against=path.read_bytes(), trust=parse_vkey(root_of(stored)))

        assert found.findings == []
        assert not any("--against" in words for words in found.summary.not_checked)


def test_a_log_that_is_shorter_than_a_kept_checkpoint_was_rolled_back(stored: Path, tmp_path: Path) -> None:
    older = Path(shutil.copytree(stored, tmp_path / "older"))
    with Collection.open(stored) as at:
        crawled(at, "third", page("later", hour=9))
    kept = (stored / "log/checkpoint").read_bytes()

    assert told(older).findings == []
    found = told(older, against=kept, trust=parse_vkey(root_of(stored)))

    assert found.named == {(FindingKind.ROLLED_BACK, "log/checkpoint")}


def test_a_log_that_differs_from_a_kept_checkpoint_is_forked(stored: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(stored, tmp_path / "other"))
    for at, text in ((stored, "one story"), (other, "another story")):
        with Collection.open(at) as opened:
            crawled(opened, "third", page(text, hour=9))
    kept = (stored / "log/checkpoints" / str(size_of(stored))).read_bytes()

    assert told(other).findings == []
    found = told(other, against=kept, trust=parse_vkey(root_of(stored)))

    assert found.named == {(FindingKind.FORKED, "log/checkpoint")}


def test_another_log_under_other_keys_is_of_a_wrong_signer(stored: Path, tmp_path: Path) -> None:
    Collection.create(tmp_path / "another", "# settings\n").close()
    another = tmp_path / "another"
    kept = (stored / "log/checkpoint").read_bytes()

    assert told(another).findings == []
    assert {kind for kind, _ in told(another, trust=parse_vkey(root_of(stored))).named} == {FindingKind.WRONG_SIGNER}
    assert {kind for kind, _ in told(another, against=kept).named} == {FindingKind.WRONG_SIGNER}


def test_without_trust_it_is_said_that_the_folder_names_its_own_key(stored: Path) -> None:
    found = told(stored, against=(stored / "log/checkpoint").read_bytes(), against_name="kept")

    assert found.findings == []
    assert any(words.startswith("whose checkpoint the file kept holds") for words in found.summary.not_checked)


# --- what vouches from outside ---------------------------------------------------------------------------------------


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    with Authority(tmp_path / "authority") as made:
        yield made


def bound(at: Path, authority: Authority | None = None, witness: Witness | None = None, quorum: int = 0) -> None:
    """Bind an authority and a witness in the note of keys."""
    trust = Trust(
        {"example": authority.certificate.read_bytes()} if authority else {},
        {"partner": witness.vkey} if witness else {},
        quorum,
    )
    update(at, load_root(at), trust, now=utc_now)


def stamped(at: Path, authority: Authority, *, when: datetime | None = None) -> Kept:
    """A token over the newest checkpoint, logged and signed."""
    kept = Kept(size_of(at), "example")
    octets = (at / f"log/checkpoints/{kept.size}").read_bytes()
    response = authority.stamp(octets, at=when)
    keep_token(at, kept, response)
    token = verify_token(response, octets, authority.certificate.read_bytes())
    with open_log(at) as log:
        log.append([anchor_of(kept, token, response).octets()])
        log.checkpoint()
    return kept


def cosigned(at: Path, witness: Witness) -> int:
    with Collection.open(at) as opened:
        log = opened.log()
        request = parse_request(request_of(log, 0).octets())
        [key] = read_history(at).vkeys
        line = witness.cosign(request, utc_now(), key).line()
        [(size, given)] = match_answer(line, log, read_history(at).policy)
        keep_cosignature(at, size, parse_checkpoint(log.checkpoint_at(size)).note.text, given)
    return size


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    with Witness.create(tmp_path / "witness", "witness.example/w1") as made:
        yield made


def test_a_token_over_all_records_makes_it_ok_and_dates_them(stored: Path, authority: Authority) -> None:
    bound(stored, authority)
    kept = stamped(stored, authority)

    found = told(stored)
    trusted = told(stored, trust=parse_vkey(root_of(stored)), require_anchor=True)

    assert (found.findings, found.summary.verdict, found.summary.anchored) == ([], "ok", 332)
    [by] = found.summary.vouched_by
    assert (by["kind"], by["name"], by["size"]) == ("authority", "example", kept.size)
    assert found.summary.time.before is not None
    assert "logged before" in found.summary.time.words
    assert any("this folder itself names it" in words for words in found.summary.not_checked)
    assert trusted.summary.verdict == "ok"
    assert not any("this folder itself names it" in words for words in trusted.summary.not_checked)


@pytest.mark.parametrize("instead", ["dangling", "loop", "pipe", "folder"])
@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("log/checkpoint", FindingKind.MISSING),
        ("log/tile/0/000", FindingKind.MISSING),
        ("log/tile/entries/000", FindingKind.MISSING),
        ("log/keys.note", FindingKind.MISSING),
        ("log/tsa/example.pem", FindingKind.MISSING),
        ("log/tsa/SIZE.example.tsr", FindingKind.TIME_UNPROVEN),
    ],
)
def test_what_is_no_file_in_the_place_of_a_file_of_the_log_is_missed(
    stored: Path, authority: Authority, what: str, kind: FindingKind, instead: str
) -> None:
    bound(stored, authority)
    name = what.replace("SIZE", str(stamped(stored, authority).size))
    path = stored / name
    path.unlink()
    match instead:
        case "dangling":
            path.symlink_to(stored / "nothing")
        case "loop":
            path.symlink_to(path.name)
        case "pipe":
            os.mkfifo(path)
        case _:
            path.mkdir()

    found = told(stored)

    assert (kind, name) in found.named
    assert found.summary.verdict == "failed"


def test_a_sample_of_a_log_whose_entries_are_no_sequence_fails_and_ends_with_a_summary(stored: Path) -> None:
    path = bundle_of(stored, 0)
    octets = path.read_bytes()
    assert octets.count(b',"n":60,') == 1
    path.write_bytes(octets.replace(b',"n":60,', b',"n":99,'))

    found = told(stored, sample=1.0)

    assert found.summary.verdict == "failed"
    assert (FindingKind.MALFORMED, "log/tile/entries") in found.named
    assert any("damage in the log" in words for words in found.summary.not_checked)


def test_records_after_the_last_token_are_vouched_for_by_nobody(stored: Path, authority: Authority) -> None:
    bound(stored, authority)
    stamped(stored, authority)
    with Collection.open(stored) as at:
        crawled(at, "third", page("later", hour=9))

    found = told(stored)
    strict = told(stored, require_anchor=True)

    assert (found.summary.verdict, found.summary.anchored) == ("self-attested", 332)
    assert strict.summary.verdict == "failed"
    assert strict.summary.verdicts == {"ok": 332, "time-unproven": 4}
    assert {kind for kind, _ in strict.named} == {FindingKind.TIME_UNPROVEN}


def test_what_is_logged_after_a_token_was_logged_after_its_time(stored: Path, authority: Authority) -> None:
    bound(stored, authority)
    stamped(stored, authority)
    with Collection.open(stored) as at:
        [capture] = crawled(at, "third", page("later", hour=9))
    stamped(stored, authority)

    time = told(stored, captures=[capture]).summary.time

    assert time.after is not None
    assert time.before is not None
    assert time.after < time.before
    assert time.words.startswith("logged between ")


def test_an_authority_that_the_note_of_keys_does_not_name_counts_for_nothing(
    stored: Path, authority: Authority
) -> None:
    stamped(stored, authority)

    found = told(stored)

    assert (found.findings, found.summary.verdict) == ([], "self-attested")
    assert any("tokens by example" in words for words in found.summary.not_checked)


@pytest.mark.parametrize("what", ["delete", "flip", "other octets"])
def test_a_token_that_does_not_hold_leaves_the_time_unproven(stored: Path, authority: Authority, what: str) -> None:
    bound(stored, authority)
    kept = stamped(stored, authority)
    path = stored / kept.name
    if what == "delete":
        path.unlink()
    elif what == "flip":
        octets = bytearray(path.read_bytes())
        octets[-5] ^= 1
        path.write_bytes(octets)
    else:
        path.write_bytes(authority.stamp(b"something else"))

    found = told(stored)

    assert found.named == {(FindingKind.TIME_UNPROVEN, kept.name)}
    assert found.summary.verdicts == {"ok": 332}


def test_a_token_holds_when_the_authoritys_certificate_has_expired_since(stored: Path, tmp_path: Path) -> None:
    then = datetime.now(UTC) - timedelta(days=400)
    week = timedelta(days=7)
    with Authority(tmp_path / "old", at=then, not_before=then - week, not_after=then + week) as old:
        bound(stored, old)
        stamped(stored, old, when=then)

    found = told(stored)

    assert (found.findings, found.summary.verdict) == ([], "ok")


def test_a_cosignature_of_a_witness_makes_it_ok(stored: Path, witness: Witness) -> None:
    bound(stored, witness=witness)
    size = cosigned(stored, witness)

    found = told(stored, require_anchor=True)

    assert (found.findings, found.summary.verdict) == ([], "ok")
    [by] = found.summary.vouched_by
    assert (by["kind"], by["name"], by["size"]) == ("witness", "partner", size)


def test_where_the_policy_asks_for_witnesses_a_token_alone_is_not_enough(
    stored: Path, authority: Authority, witness: Witness
) -> None:
    bound(stored, authority, witness, quorum=1)
    stamped(stored, authority)

    found = told(stored)

    assert (found.findings, found.summary.verdict) == ([], "self-attested")
    assert any("1 of 1 are to cosign, and 0 have" in words for words in found.summary.not_checked)


# --- what is not signed yet ------------------------------------------------------------------------------------------


def test_what_a_writer_has_logged_and_not_signed_is_unsigned_and_no_failure(stored: Path) -> None:
    with Collection.open(stored) as at, at.writer() as writer:
        put(writer, "third", page("new", hour=9))
        found = told(stored)

    assert found.findings == []
    assert found.summary.verdict == "self-attested"
    assert found.summary.verdicts == {"ok": 332, "unsigned": 4}
    assert found.summary.unsigned == 4
    assert "4 entries that are logged and not signed yet" in found.summary.not_checked


def test_a_closed_file_whose_records_nothing_signs_is_found(stored: Path) -> None:
    with Collection.open(stored) as at, at.writer() as writer:
        put(writer, "third", page("new", hour=9))
        [path] = (at.archive_folder).glob(f"*{OPEN_SUFFIX}")
        copy = Path(shutil.copytree(stored, stored.with_name("copy")))
    planted = copy / "archive" / path.name
    planted.rename(planted.with_name(path.name.removesuffix(OPEN_SUFFIX)))

    found = told(copy)

    assert (FindingKind.UNSIGNED, path.name.removesuffix(OPEN_SUFFIX)) in found.named


def test_a_verification_while_a_collection_is_written_finds_nothing(stored: Path) -> None:
    done = threading.Event()
    failures: list[BaseException] = []

    def write() -> None:
        try:
            with Collection.open(stored) as at, at.writer(roll_at=20_000) as writer:
                for n in range(150):
                    put(writer, f"crawl-{n // 50}", page(f"text {n} " * 400, url=f"http://site.example/w{n}", hour=n))
        except BaseException as error:
            failures.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=write)
    thread.start()
    looks = []
    try:
        while not done.is_set():
            looks.append(told(stored))
    finally:
        thread.join()

    assert failures == []
    assert len(looks) > 1
    assert [look.findings for look in looks] == [[]] * len(looks)
    assert told(stored).summary.verdicts.keys() == {"ok"}


def test_a_withholding_through_the_inbox_excuses_nothing(stored: Path) -> None:
    event = EventEntry(
        EventType.WITHHOLDING,
        utc_now(),
        "khronika",
        Outcome.SUCCESS,
        "withheld from disk\nground: none",
        of=5,
        via="inbox",
    )
    with open_log(stored) as log:
        assert isinstance(log, LogWriter)
        log.append([event.octets()])
        log.checkpoint()
    warc = Warc.read(stored / "archive" / names(stored)[0])
    del warc.members[3]
    warc.write()

    found = told(stored)

    assert found.summary.verdicts == {"missing": 1, "ok": 331}


# --- several processes, and going on ---------------------------------------------------------------------------------


def test_several_processes_find_the_same(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warc = Warc.read(stored / "archive" / names(stored)[0])
    warc.replace(1, b"case 0", b"case X")
    warc.write()
    alone = told(stored)
    monkeypatch.setattr(audit_module, "PARALLEL_FROM", 0)

    together = told(stored, jobs=2)

    assert (together.findings, together.files, together.summary) == (alone.findings, alone.files, alone.summary)


def test_a_verification_that_was_interrupted_goes_on(stored: Path) -> None:
    with Collection.open(stored) as at:
        for item in verify(at, asked=Asked(keep_progress=True)):
            if isinstance(item, FileVerdict):
                break
    assert (stored / "inbox/verify.json").exists()

    found = told(stored, resume=True, keep_progress=True)

    assert found.findings == []
    assert found.summary.verdicts == {"ok": 332}
    assert any(words.startswith("1 files that an interrupted verification") for words in found.summary.not_checked)
    assert not (stored / "inbox/verify.json").exists()


def test_what_was_touched_since_is_read_again(stored: Path) -> None:
    with Collection.open(stored) as at:
        for item in verify(at, asked=Asked(keep_progress=True)):
            if isinstance(item, FileVerdict):
                break
    warc = Warc.read(stored / "archive" / names(stored)[0])
    warc.replace(1, b"case 0", b"case X")
    warc.write()

    found = told(stored, resume=True)

    assert found.summary.verdicts == {"altered": 1, "ok": 331}


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"{}",
        b'{"version":1}',
        b"\xff" * 99,
        b'{"version":1,"size":1,"root":"","files":{"a":1}}',
        b'{"version":1,"size":1,"root":"","files":{"a":{"bytes":1,"mtime":1,"ctime":1,"inode":1,"records":1,'
        b'"captures":"many"}}}',
    ],
)
def test_progress_that_means_nothing_is_passed_over(stored: Path, octets: bytes) -> None:
    (stored / "inbox").mkdir(exist_ok=True)
    (stored / "inbox/verify.json").write_bytes(octets)

    assert not Progress(stored).load()
    assert told(stored, resume=True).findings == []


def test_only_files_with_records_from_a_date_on_are_read(stored: Path) -> None:
    newest = parse_date(audit_log(FolderStore(stored)).files[names(stored)[0]].newest)
    assert newest is not None

    found = told(stored, since=newest + timedelta(microseconds=1))

    assert set(found.files) == {names(stored)[1]}
    assert any("1 files whose" in words for words in found.summary.not_checked)


def test_a_store_without_local_files_is_verified(stored: Path) -> None:
    class Elsewhere:
        """As FolderStore, but for its class: nothing may rely on paths."""

        def __init__(self, path: Path) -> None:
            inner = FolderStore(path)
            self.read, self.open, self.size = inner.read, inner.open, inner.size
            self.names, self.exists = inner.names, inner.exists

    from archive.audit import verify_copy

    sound = list(verify_copy(Elsewhere(stored)))
    warc = Warc.read(stored / "archive" / names(stored)[0])
    warc.replace(1, b"case 0", b"case X")
    warc.write()
    spoiled = list(verify_copy(Elsewhere(stored)))

    assert isinstance(sound[-1], Summary)
    assert sound[-1].verdict == "self-attested"
    assert [(item.kind, item.file) for item in spoiled if isinstance(item, Finding)] == [
        (FindingKind.ALTERED, names(stored)[0])
    ]
