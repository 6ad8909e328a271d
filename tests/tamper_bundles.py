"""The tamper kit's attacks on evidence bundles: what somebody may do to a zip that is handed to a court.

Each attack changes the files of a bundle. Unless it says otherwise the attacker also writes the list of SHA-256 in
the bundle anew, so that nothing but signatures and proofs can tell.
"""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from log_forging import new_key
from tamper_victim import Victim

from archive.checkpoint import Note, parse_note, parse_proof
from archive.digest import digest
from archive.finding import FindingKind as K

RECORDS = "records.warc.gz"
MANIFEST = "manifest-sha256.txt"


@dataclass
class Bundle:
    """The files of a bundle, in their order."""

    files: dict[str, bytes]
    victim: Victim

    @classmethod
    def read(cls, path: Path, victim: Victim) -> Bundle:
        with zipfile.ZipFile(path) as opened:
            return cls({name: opened.read(name) for name in opened.namelist()}, victim)

    def other(self, name: str) -> Bundle:
        """Another bundle of the same collection."""
        return Bundle.read(self.victim.bundles[name], self.victim)

    def write(self, path: Path) -> None:
        with zipfile.ZipFile(path, "w") as made:
            for name, octets in self.files.items():
                made.writestr(name, octets)

    def list_anew(self) -> None:
        """Make the list of digests fit the files."""
        lines = [
            f"{hashlib.sha256(octets).hexdigest()}  {name}\n"
            for name, octets in sorted(self.files.items())
            if name != MANIFEST
        ]
        self.files[MANIFEST] = "".join(lines).encode()

    @property
    def members(self) -> list[bytes]:
        """The gzip members of the records."""
        octets, found = self.files[RECORDS], []
        while octets:
            inflate = zlib.decompressobj(wbits=31)
            inflate.decompress(octets)
            found.append(octets[: len(octets) - len(inflate.unused_data)])
            octets = inflate.unused_data
        return found

    @members.setter
    def members(self, members: list[bytes]) -> None:
        self.files[RECORDS] = b"".join(members)

    @property
    def proofs(self) -> list[str]:
        """Names of the proofs, one for each record."""
        return sorted(name for name in self.files if name.startswith("proofs/"))

    def record(self, wanted: bytes) -> int:
        """The place of the first record of a type."""
        return next(
            at for at, member in enumerate(self.members) if b"WARC-Type: " + wanted in gzip.decompress(member)[:200]
        )

    def under(self, change: Callable[[bytes], bytes]) -> None:
        """Change the checkpoint in every place that it stands in."""
        issued = self.files["checkpoint"]
        other = change(issued)
        assert other != issued
        for name, octets in self.files.items():
            if name == "checkpoint":
                self.files[name] = other
            elif name.endswith(".tlog-proof"):
                self.files[name] = octets.replace(issued, other)

    def tokens(self) -> list[str]:
        return [name for name in self.files if name.startswith("tsa/") and name.endswith(".tsr")]


@dataclass(frozen=True)
class BundleAttack:
    """One way to deceive somebody with a bundle."""

    name: str
    does: str
    bundle: str
    """Which of the victim's bundles."""
    apply: Callable[[Bundle], None]
    kind: K
    """What `check-proof` must find."""
    file: str
    """The file of the bundle that it must name."""
    says: str | None
    """Words that the refusal of `verify_bundle.py` must hold, a regular expression; None: it cannot see it."""
    lists_anew: bool
    openssl: bool
    """Whether only the token's own signature shows it, which `verify_bundle.py` leaves to openssl."""


BUNDLE_ATTACKS: dict[str, BundleAttack] = {}


def bundle_attack(
    name: str,
    does: str,
    kind: K,
    file: str,
    says: str | None,
    *,
    bundle: str = "page",
    lists_anew: bool = True,
    openssl: bool = False,
) -> Callable[[Callable[[Bundle], None]], Callable[[Bundle], None]]:
    """Put a function into the kit."""

    def kept(apply: Callable[[Bundle], None]) -> Callable[[Bundle], None]:
        assert name not in BUNDLE_ATTACKS, name
        BUNDLE_ATTACKS[name] = BundleAttack(name, does, bundle, apply, kind, file, says, lists_anew, openssl)
        return apply

    return kept


@bundle_attack(
    "page in the bundle edited",
    "Changes the page and all digests of its record.",
    K.ALTERED,
    "records.warc.gz",
    "altered",
)
def member_edited(bundle: Bundle) -> None:
    from warc_tampering import Warc

    members = bundle.members
    warc = Warc(Path("records"), [gzip.decompress(member) for member in members], members)
    n = bundle.record(b"response")
    warc.replace(n, "к 8 годам".encode(), "к 2 годам".encode())
    warc.digests(n, warc.block(n).partition(b"\r\n\r\n")[2])
    bundle.members = warc.members


@bundle_attack(
    "record of another bundle",
    "Puts the page of another capture in the place of this one's.",
    K.ALTERED,
    "records.warc.gz",
    "another record",
)
def member_swapped(bundle: Bundle) -> None:
    other = bundle.other("other")
    members = bundle.members
    members[bundle.record(b"response")] = other.members[other.record(b"response")]
    bundle.members = members


@bundle_attack(
    "record back-dated",
    "Sets the date in the header of the page's record back.",
    K.ALTERED,
    "records.warc.gz",
    "altered",
)
def member_back_dated(bundle: Bundle) -> None:
    members = bundle.members
    n = bundle.record(b"response")
    record = gzip.decompress(members[n])
    at = record.index(b"WARC-Date: ") + len(b"WARC-Date: ")
    year = int(record[at : at + 4])
    members[n] = gzip.compress(record[:at] + b"%d" % (year - 1) + record[at + 4 :], mtime=0)
    bundle.members = members


@bundle_attack(
    "proof of another record",
    "Puts the proof of another capture in the place of this one's.",
    K.ALTERED,
    "records.warc.gz",
    "not the record|another record",
)
def proof_swapped(bundle: Bundle) -> None:
    other = bundle.other("other")
    n = bundle.record(b"response")
    taken = other.files[other.proofs[other.record(b"response")]]
    assert taken != bundle.files[bundle.proofs[n]]
    bundle.files[bundle.proofs[n]] = taken


@bundle_attack(
    "entry made to fit",
    "Edits the page, and writes its new digest into the entry, with the proof of the old one.",
    K.ALTERED,
    "proofs/00001.tlog-proof",
    "path does not lead to the root",
)
def entry_made_to_fit(bundle: Bundle) -> None:
    member_edited(bundle)
    n = bundle.record(b"response")
    proof = parse_proof(bundle.files[bundle.proofs[n]])
    record = gzip.decompress(bundle.members[n])
    entry = json.loads(proof.entry)
    entry["digest"], entry["length"] = digest(record), len(record)
    entry["payload"] = digest(record.split(b"\r\n\r\n", 2)[2][:-4])
    octets = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    bundle.files[bundle.proofs[n]] = dataclasses.replace(proof, entry=octets).octets()


@bundle_attack(
    "path edited",
    "Changes one hash of a proof.",
    K.ALTERED,
    "proofs/00000.tlog-proof",
    "path does not lead to the root",
)
def path_edited(bundle: Bundle) -> None:
    name = bundle.proofs[0]
    proof = parse_proof(bundle.files[name])
    path = (bytes(32), *proof.path[1:])
    bundle.files[name] = dataclasses.replace(proof, path=path).octets()


@bundle_attack("index edited", "Gives a record another place in the log.", K.ALTERED, "proofs/00003.tlog-proof", "path")
def index_edited(bundle: Bundle) -> None:
    name = bundle.proofs[-1]
    proof = parse_proof(bundle.files[name])
    bundle.files[name] = dataclasses.replace(proof, index=proof.index ^ 1).octets()


@bundle_attack(
    "request left out", "Takes the request and its proof out of the bundle.", K.MISSING, "records.warc.gz", "missing"
)
def request_left_out(bundle: Bundle) -> None:
    n = bundle.record(b"request")
    members = bundle.members
    del members[n]
    bundle.members = members
    _drop_proof(bundle, n)


def _drop_proof(bundle: Bundle, n: int) -> None:
    kept = [bundle.files[name] for at, name in enumerate(bundle.proofs) if at != n]
    names = bundle.proofs
    del bundle.files[names[-1]]
    for name, octets in zip(names, kept, strict=False):
        bundle.files[name] = octets


@bundle_attack(
    "original of a revisit left out",
    "Takes the first capture out of a bundle about its revisit, whose body is only there.",
    K.MISSING,
    "records.warc.gz",
    "missing",
    bundle="revisit",
)
def original_left_out(bundle: Bundle) -> None:
    n = bundle.record(b"response")
    members = bundle.members
    del members[n]
    bundle.members = members
    _drop_proof(bundle, n)


@bundle_attack(
    "record without a proof", "Adds a record for which there is no proof.", K.INSERTED, "records.warc.gz", "no proof"
)
def record_without_proof(bundle: Bundle) -> None:
    bundle.members = [*bundle.members, bundle.other("other").members[-1]]


@bundle_attack(
    "another capture named",
    "Writes another record into the list of what the bundle is about.",
    K.MISSING,
    "records.warc.gz",
    "capture .* is missing",
)
def other_capture_named(bundle: Bundle) -> None:
    about = json.loads(bundle.files["bundle.json"])
    about["captures"] = ["<urn:uuid:11111111-1111-4111-8111-111111111111>"]
    bundle.files["bundle.json"] = json.dumps(about, sort_keys=True, separators=(",", ":")).encode()


@bundle_attack(
    "signature of the checkpoint stripped",
    "Takes the log's signature off the checkpoint.",
    K.UNSIGNED,
    "checkpoint",
    "not signed",
)
def checkpoint_unsigned(bundle: Bundle) -> None:
    own = new_key("log.khronika.invalid/00000000000000000000")

    def change(octets: bytes) -> bytes:
        text = parse_note(octets).text
        return Note(text, (own.sign(text),)).octets()

    bundle.under(change)


@bundle_attack(
    "checkpoint under another key",
    "Signs the checkpoint with a key of the attacker's own.",
    K.UNSIGNED,
    "checkpoint",
    "not signed",
)
def checkpoint_under_other_key(bundle: Bundle) -> None:
    def change(octets: bytes) -> bytes:
        note = parse_note(octets)
        return Note(note.text, (new_key(note.signatures[0].name).sign(note.text),)).octets()

    bundle.under(change)


@bundle_attack(
    "note of keys of another root",
    "Signs the notes of keys with a root key of the attacker's own.",
    K.WRONG_SIGNER,
    "keys/",
    "not signed with the root key",
)
def notes_of_other_root(bundle: Bundle) -> None:
    for name in [name for name in bundle.files if name.startswith("keys/")]:
        note = parse_note(bundle.files[name])
        root = new_key(note.signatures[0].name)
        bundle.files[name] = Note(note.text, (root.sign(note.text),)).octets()


@bundle_attack("notes of keys left out", "Leaves the note of keys out.", K.WRONG_SIGNER, "keys/", "missing")
def notes_left_out(bundle: Bundle) -> None:
    for name in [name for name in bundle.files if name.startswith("keys/")]:
        del bundle.files[name]


@bundle_attack(
    "policy of the bundle weakened", "Writes `quorum none` into the policy.", K.WRONG_SIGNER, "keys/", "policy"
)
def policy_weakened(bundle: Bundle) -> None:
    lines = bundle.files["policy"].decode().splitlines()
    weaker = "".join(f"{line}\n" for line in lines if line.startswith("log ")) + "quorum none\n"
    assert weaker.encode() != bundle.files["policy"]
    bundle.files["policy"] = weaker.encode()


@bundle_attack(
    "cosignatures left out",
    "Leaves the witness's cosignatures out, which the policy asks for.",
    K.UNSIGNED,
    "checkpoint",
    "too few witnesses",
)
def cosignatures_left_out(bundle: Bundle) -> None:
    lines = bundle.files.pop("cosignatures")
    for name, octets in bundle.files.items():
        if name.endswith(".tlog-proof"):
            bundle.files[name] = octets.replace(lines, b"")


@bundle_attack(
    "token for other octets in the bundle",
    "Puts a true token over something else into the bundle.",
    K.TIME_UNPROVEN,
    "tsa/example.tsr",
    "not over this checkpoint",
)
def token_for_other_octets(bundle: Bundle) -> None:
    for name in bundle.tokens():
        bundle.files[name] = bundle.victim.authority.stamp(b"something else")


@bundle_attack(
    "token of another authority in the bundle",
    "Puts a token over the right checkpoint into it, by an authority of the attacker's own with the same names.",
    K.TIME_UNPROVEN,
    "tsa/example.tsr",
    None,
    openssl=True,
)
def token_of_other_authority(bundle: Bundle) -> None:
    from authority import make_token

    imprint = bytes.fromhex(digest(bundle.files["checkpoint"]).partition(":")[2])
    at = datetime.now(UTC)
    for name in bundle.tokens():
        bundle.files[name] = make_token(bundle.victim.authority.rogue(), imprint, at=at)


@bundle_attack(
    "authority replaced in the bundle",
    "The same, with the certificate that fits.",
    K.TIME_UNPROVEN,
    "tsa/example.tsr",
    "does not name",
)
def authority_replaced(bundle: Bundle) -> None:
    from authority import make_ca, make_token, make_tsa

    own = make_ca("Example Root")
    imprint = bytes.fromhex(digest(bundle.files["checkpoint"]).partition(":")[2])
    at = datetime.now(UTC) - timedelta(hours=20)
    for name in bundle.tokens():
        bundle.files[name] = make_token(make_tsa(own, "Example Time-Stamping Unit"), imprint, at=at)
        bundle.files[name.removesuffix(".tsr") + ".pem"] = own.pem


@bundle_attack(
    "token damaged in the bundle",
    "Changes one bit of the token's signature.",
    K.TIME_UNPROVEN,
    "tsa/example.tsr",
    None,
    openssl=True,
)
def token_damaged(bundle: Bundle) -> None:
    from authority import flip_signature

    for name in bundle.tokens():
        bundle.files[name] = flip_signature(bundle.files[name])


@bundle_attack(
    "file of the bundle edited",
    "Edits the statement, and leaves the list of SHA-256 as it was.",
    K.ALTERED,
    "STATEMENT.en.txt",
    "altered",
    lists_anew=False,
)
def statement_edited(bundle: Bundle) -> None:
    bundle.files["STATEMENT.en.txt"] = bundle.files["STATEMENT.en.txt"].replace(b"not", b"now", 1)


@bundle_attack(
    "file added to the bundle",
    "Adds a file that is not in the list.",
    K.INSERTED,
    "EXPERT.txt",
    "not listed",
    lists_anew=False,
)
def file_added(bundle: Bundle) -> None:
    bundle.files["EXPERT.txt"] = b"The court's own expert has found that all is true.\n"


@bundle_attack(
    "file of the bundle left out",
    "Leaves the page that says what is not shown out.",
    K.MISSING,
    "STATEMENT.ru.txt",
    "missing",
    lists_anew=False,
)
def file_left_out(bundle: Bundle) -> None:
    del bundle.files["STATEMENT.ru.txt"]


@bundle_attack(
    "statement rewritten",
    "Lets the statement say more than is shown, and writes the list of SHA-256 anew: no signature covers the texts.",
    K.ALTERED,
    "STATEMENT.en.txt",
    None,
)
def statement_rewritten(bundle: Bundle) -> None:
    statement_edited(bundle)


@bundle_attack(
    "verifier replaced",
    "Puts a verify_bundle.py into the bundle that always agrees.",
    K.ALTERED,
    "verify_bundle.py",
    None,
)
def verifier_replaced(bundle: Bundle) -> None:
    bundle.files["verify_bundle.py"] = b'print("HOLDS")\n'
