"""The log shown in the format is one that the program writes, octet for octet; and what is said of it can be computed.

Keys, nonces and dates are fixed: the log key is the octets 00 to 1f, the root key 20 to 3f, the witness's 40 to 5f.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import inbox
from archive.checkpoint import SigningKey, TlogProof, parse_checkpoint, parse_proof, parse_vkey, signed_by
from archive.digest import digest
from archive.entry import (
    AnchorEntry,
    BeaconEntry,
    EventEntry,
    EventType,
    GenesisEntry,
    KeyEntry,
    Outcome,
    ReadingsEntry,
    RecordEntry,
    SealEntry,
)
from archive.keys import Authority, KeysNote, KeyState, LogKey, parse_policy, policy_of, publish_note, read_keys_note
from archive.log import LogReader, LogWriter
from archive.merkle import check_inclusion, leaf_hash
from archive.store import FolderStore
from archive.tiles import unframed

FORMAT = (Path(__file__).parent.parent.parent / "docs" / "format.md").read_text(encoding="utf-8")
ORIGIN = "log.khronika.invalid/0f3a5b7c9d1e2f4a6b8c"
FILE = "khronika-20261122010000000-00000-1a2b3c4d.warc.gz"
AT = datetime(2026, 11, 22, 1, 0, 1, 123456, tzinfo=UTC)
LOG = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
ROOT = SigningKey(f"{ORIGIN}/root", Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))
WITNESS = SigningKey("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96))))


def nonce(n: int) -> str:
    return f"{n:032x}"


def record(n: int, kind: str, payload: bytes | None = None) -> RecordEntry:
    """A record of the file; the digests are those of short texts."""
    return RecordEntry(
        date=AT,
        digest=digest(f"record {n}".encode()),
        file=FILE,
        id=f"urn:uuid:{n + 2:08x}-0000-4000-8000-000000000000",
        length=700 + n,
        n=n,
        type=kind,
        payload=None if payload is None else digest(payload),
    )


@dataclass(frozen=True)
class Example:
    """The log that is shown."""

    folder: Path
    blocks: dict[str, str]
    """What has to stand in the page, by what stands before it."""


def text(entry: bytes) -> str:
    """An entry as a bundle holds it, its two octets of length in hexadecimal."""
    return f"{len(entry):04x} {entry.decode()}"


def make(folder: Path) -> Example:
    """Make the log, with the program's own means."""
    key = LogKey(LOG.vkey, KeyState.ACTIVE, 0)
    policy = policy_of([key], {"w1": WITNESS.witness_vkey}, 1).octets()
    authority = Authority("tsa-1", digest(b"certificate"))
    note = KeysNote(ORIGIN, 1, None, (key,), (authority,), digest(policy)).signed(ROOT)
    genesis = GenesisEntry(
        AT, ORIGIN, str(LOG.vkey), str(ROOT.vkey), "Example Archive <mail@example.org>", nonce=nonce(0)
    )
    entries = [
        genesis.octets(),
        KeyEntry(digest(note), 1, nonce(1)).octets(),
        record(0, "warcinfo").octets(),
        record(1, "response", b"Hello").octets(),
        record(2, "request").octets(),
        SealEntry(FILE, 2048, digest(b"file"), 3, 2, nonce(5)).octets(),
    ]
    publish_note(folder, note, policy)
    LogWriter.create(folder, entries, LOG).close()
    event = EventEntry(EventType.EXPORT, AT, "khronika/0.1.0", Outcome.SUCCESS, "warc, 1 capture", nonce=nonce(6))
    with LogWriter.open(folder, [LOG]) as log:
        log.append([event.octets()])
        log.sync()
    signed = parse_checkpoint((folder / "log/checkpoint").read_bytes())
    cosignature = WITNESS.cosign(signed.note.text, AT).line().decode()
    reader = LogReader(FolderStore(folder))
    proof = TlogProof(entries[3], 3, tuple(reader.inclusion(3)), signed.octets())
    bundle, _ = unframed((folder / "log/tile/entries/000.p/6").read_bytes())
    hashes = (folder / "log/tile/0/000.p/6").read_bytes()
    header, _, rest = (folder / "log/journal").read_bytes().partition(b"\n")
    [waiting] = unframed(rest)[0]
    later = [
        record(9, "metadata"),
        AnchorEntry("tsa-1", AT, digest(b"token"), 6, nonce(7)),
        BeaconEntry(AT, "drand", "00ff", 4_500_000, nonce(8)),
        ReadingsEntry("20261122010000-1a2b3c4d", 1, digest(b"readings"), "reading-1", nonce(9)),
    ]
    return Example(
        folder,
        {
            "log/tile/entries/000.p/6": "".join(f"{text(entry)}\n" for entry in bundle),
            "log/tile/0/000.p/6": "".join(f"{hashes[at : at + 32].hex()}\n" for at in range(0, len(hashes), 32)),
            "log/checkpoint": signed.octets().decode(),
            "keys/signed": (folder / "keys/signed").read_text(),
            "log/journal": f"{header.decode()}\n{text(waiting)}\n",
            "log/keys.note": (folder / "log/keys.note").read_text(encoding="utf-8"),
            "log/policy": (folder / "log/policy").read_text(),
            "log/cosig/6": cosignature,
            "tlog-proof": proof.octets().decode(),
            "other entries": "".join(f"{one.octets().decode()}\n" for one in later),
        },
    )


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return make(tmp_path_factory.mktemp("example"))


def shown(name: str, kind: str = "") -> str:
    """The block after the paragraph that begins with a name."""
    begins = rf"^(?:`{re.escape(name)}`|{re.escape(name)})(?:(?!\n\n).)*:\n\n"
    found = re.search(rf"{begins}```{kind}\n(.*?)^```$", FORMAT, re.DOTALL | re.MULTILINE)
    assert found is not None, f"docs/format.md has no block for {name}"
    return found[1]


NAMES = (
    *("log/tile/entries/000.p/6", "log/tile/0/000.p/6", "log/checkpoint", "keys/signed", "log/journal"),
    *("log/keys.note", "log/policy", "log/cosig/6"),
)


@pytest.mark.parametrize("name", NAMES)
def test_the_file_shown_in_the_format_is_what_the_log_writes(example: Example, name: str) -> None:
    assert shown(name) == example.blocks[name]


def test_the_proof_shown_in_the_format_is_the_log_s_and_holds(example: Example) -> None:
    assert shown("The proof of entry 3") == example.blocks["tlog-proof"]

    proof = parse_proof(shown("The proof of entry 3").encode())
    signed = parse_checkpoint(proof.checkpoint)
    check_inclusion(leaf_hash(proof.entry), proof.index, signed.size, proof.path, signed.root)
    assert signed_by(signed.note, [LOG.vkey]) == [LOG.vkey]


def test_the_other_entries_shown_in_the_format_are_what_the_log_writes(example: Example) -> None:
    assert shown("Entries of the other kinds") == example.blocks["other entries"]


def test_the_keys_named_in_the_format_are_those_of_the_example() -> None:
    for key in (LOG.vkey, ROOT.vkey, WITNESS.witness_vkey):
        assert f"`{key}`" in FORMAT
        assert parse_vkey(str(key)) == key
    policy = shown("log/policy").encode()
    assert parse_policy(policy).witnesses == {"w1": WITNESS.witness_vkey}
    assert read_keys_note(shown("log/keys.note").encode(), ROOT.vkey).policy == digest(policy)


def test_what_lies_in_the_inbox_is_an_entry(tmp_path: Path) -> None:
    event = EventEntry(
        EventType.FIXITY_CHECK, AT, "khronika/0.1.0", Outcome.SUCCESS, "3 files, 17 records", nonce=nonce(10)
    )
    assert inbox.leave(tmp_path, event)
    [path] = (tmp_path / "inbox").iterdir()

    assert shown("A file in the inbox") == path.read_text() + "\n"


def test_the_program_shown_in_the_format_computes_the_root_of_the_example(
    example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing but Python's own library."""
    monkeypatch.chdir(example.folder)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(shown("The root, computed", "python"), "format.md", "exec"), {})

    assert output.getvalue() == shown("log/checkpoint").splitlines()[2] + "\n"


def test_the_commands_shown_in_the_format_check_the_example_s_signature(example: Example) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    copy = example.folder / "commands"
    shutil.copytree(example.folder / "log", copy / "log")

    def said() -> subprocess.CompletedProcess[str]:
        command = ["sh", "-e", "-c", shown("The signature, checked", "sh")]
        environment = {"PATH": os.environ["PATH"]}
        return subprocess.run(command, cwd=copy, capture_output=True, text=True, env=environment, check=False)

    assert "Signature Verified Successfully" in said().stdout
    checkpoint = copy / "log/checkpoint"
    checkpoint.write_bytes(checkpoint.read_bytes().replace(b"\n6\n", b"\n7\n"))
    assert said().returncode != 0
