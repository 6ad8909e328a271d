"""verify_bundle.py, the program in every bundle: it accepts what is honest, and names what is not.

It runs as an expert's machine runs it: Python and nothing else, outside of this project, without site packages. Every
attack is checked by `khronika check-proof` too, which is another program.
"""

from __future__ import annotations

import ast
import base64
import gzip
import hashlib
import io
import json
import os
import random
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bundle_samples import Sample, make_sample, unzipped, zipped

from archive import verify_bundle
from archive.bundle import RECORDS, verifier
from archive.bundle_check import BundleSummary, check_bundle
from archive.checkpoint import VerifierKey
from archive.finding import Finding, FindingKind
from archive.timestamp import gen_time, verify_token
from archive.verify_bundle import Key, ed25519_holds, main

Files = dict[str, bytes]

EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
"""The y of a point of order 8 on the curve of Ed25519."""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return make_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def honest(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a revisit, which has all kinds of files."""
    return sample.bundle(tmp_path_factory.mktemp("honest") / "bundle.zip", sample.again)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A bundle of another archive."""
    folder = tmp_path_factory.mktemp("other")
    other = make_sample(folder)
    return unzipped(other.bundle(folder / "bundle.zip", other.again))


def run(bundle: Path, *words: str, program: bytes | None = None) -> tuple[int, str]:
    """Run the program in an empty environment, in a folder of its own."""
    place = bundle.parent / "machine"
    place.mkdir(exist_ok=True)
    (place / "verify_bundle.py").write_bytes(program or verifier())
    command = ["env", "-i", "PATH=/usr/bin:/bin", sys.executable, "-I", "-S", "verify_bundle.py", str(bundle), *words]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=120)
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr


def checked(bundle: Path) -> tuple[str, set[FindingKind]]:
    """What `check-proof` says of it."""
    found = list(check_bundle(bundle))
    assert isinstance(found[-1], BundleSummary)
    return found[-1].verdict, {one.kind for one in found if isinstance(one, Finding)}


# --- what is honest --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["first", "again", "gone", "other"])
def test_a_bundle_holds_on_a_machine_with_python_alone(sample: Sample, tmp_path: Path, which: str) -> None:
    bundle = sample.bundle(tmp_path / "bundle.zip", getattr(sample, which))

    status, said = run(bundle, program=unzipped(bundle)["verify_bundle.py"])

    assert (status, said.splitlines()[-1]) == (0, "HOLDS")
    assert getattr(sample, which).url in said
    assert "openssl ts -verify -data checkpoint -in tsa/example.tsr" in said
    assert "What it does not show" in said
    assert checked(bundle) == ("ok", set())


def pythons() -> list[str]:
    """Every Python from 3.8 on that this machine has."""
    places = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    places += (Path.home() / ".pyenv" / "versions").glob("*/bin")
    found = {place / f"python3.{minor}" for place in places for minor in range(8, 20)}
    return sorted(str(path) for path in found if path.is_file() and "shims" not in path.parts)


def test_every_python_on_this_machine_comes_to_the_same(honest: Path, tmp_path: Path) -> None:
    (tmp_path / "verify_bundle.py").write_bytes(verifier())
    forged = zipped(ATTACKS["a page edited, digests made anew"][0](unzipped(honest)), tmp_path / "forged.zip")

    for python in pythons():
        for bundle, status in ((honest, 0), (forged, 6)):
            command = [python, "-I", "-S", "-W", "error", "verify_bundle.py", str(bundle)]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert done.returncode == status, (python, done.stdout, done.stderr)


def test_the_verifier_is_written_for_python_3_8_and_imports_the_standard_library_alone() -> None:
    tree = ast.parse(verifier().decode(), feature_version=(3, 8))

    imported = {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= set(sys.stdlib_module_names)
    assert not imported & {"archive", "subprocess", "socket", "os", "shutil", "ctypes"}


def test_the_verifier_can_be_read_in_an_hour() -> None:
    lines = verifier().decode().splitlines()

    assert len([line for line in lines if line.strip() and not line.strip().startswith("#")]) < 570
    assert max(map(len, lines)) <= 120


def test_it_says_until_when_and_since_when(sample: Sample, honest: Path) -> None:
    _, said = run(honest)

    after = re.search(r"logged after +(\d{4}-.*)", said)
    before = re.search(r"logged before +(\d{4}-.*)", said)
    assert after and before
    files = unzipped(honest)
    tokens = []
    for folder, data in (("tsa", "checkpoint"), ("after", "after/checkpoint")):
        [name] = [one.removesuffix(".tsr") for one in files if re.fullmatch(rf"{folder}/.*\.tsr", one)]
        tokens.append(verify_token(files[f"{name}.tsr"], files[data], files[f"{name}.pem"]))
    over, earlier = tokens
    # the authority's clock is as accurate as it says: a bound is no tighter than that
    assert over.accuracy and earlier.accuracy
    assert before[1] == str(over.gen_time + over.accuracy)
    assert after[1] == str(earlier.gen_time - earlier.accuracy)


@pytest.mark.parametrize("kind", ["root", "log"])
def test_a_key_that_is_trusted_is_named(sample: Sample, honest: Path, kind: str) -> None:
    key = sample.root_key if kind == "root" else sample.log_key

    status, said = run(honest, "--trust", key)

    assert status == 0
    assert "(the one you trust)" in next(line for line in said.splitlines() if f"{kind} key" in line)


def test_another_key_that_is_trusted_fails_the_bundle(honest: Path, tmp_path: Path) -> None:
    other = make_sample(tmp_path, stamped=False, witnessed=False)

    assert run(honest, "--trust", other.root_key)[0] == 6


@pytest.mark.parametrize(
    "words", [(), ("--trust",), ("--trust", "nonsense"), ("--unknown",), ("a.zip", "b.zip"), ("missing.zip",)]
)
def test_a_wrong_command_line_is_status_2(tmp_path: Path, words: tuple[str, ...]) -> None:
    place = tmp_path / "machine"
    place.mkdir()
    (place / "verify_bundle.py").write_bytes(verifier())
    (place / "a.zip").write_bytes(b"")
    (place / "b.zip").write_bytes(b"")
    if words[:1] == ("--trust",):
        words = ("a.zip", *words)
    command = ["env", "-i", "PATH=/usr/bin:/bin", sys.executable, "-I", "-S", "verify_bundle.py", *words]

    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_bundle_without_anybody_outside_says_so(tmp_path: Path) -> None:
    alone = make_sample(tmp_path, stamped=False, witnessed=False)
    bundle = alone.bundle(tmp_path / "bundle.zip")

    status, said = run(bundle)

    assert status == 0
    assert "nobody outside says" in said
    assert checked(bundle) == ("self-attested", set())


def test_a_bundle_that_only_a_witness_vouches_for_does_not_say_nobody(tmp_path: Path) -> None:
    witnessed = make_sample(tmp_path, stamped=False)
    bundle = witnessed.bundle(tmp_path / "bundle.zip")

    assert "no time-stamp: only witnesses say" in run(bundle)[1]
    with zipfile.ZipFile(bundle) as archive:
        assert "only a witness, named below, says" in archive.read("STATEMENT.en.txt").decode()
        assert "только свидетель, названный ниже, подтверждает" in archive.read("STATEMENT.ru.txt").decode()


def test_a_quorum_that_is_reached_holds(tmp_path: Path) -> None:
    strict = make_sample(tmp_path, quorum=1)
    bundle = strict.bundle(tmp_path / "bundle.zip")

    assert run(bundle)[0] == 0
    assert checked(bundle) == ("ok", set())


# --- what is not -----------------------------------------------------------------------------------------------------


def parts(files: Files) -> list[bytes]:
    """The gzip members of the records."""
    octets, found = files[RECORDS], []
    while octets:
        unzip = zlib.decompressobj(31)
        unzip.decompress(octets)
        found.append(octets[: len(octets) - len(unzip.unused_data)])
        octets = unzip.unused_data
    return found


def with_parts(files: Files, members: list[bytes]) -> Files:
    return {**files, RECORDS: b"".join(members)}


def edited(files: Files, number: int, edit: Callable[[bytes], bytes]) -> Files:
    members = parts(files)
    changed = edit(gzip.decompress(members[number]))
    assert changed != gzip.decompress(members[number])
    members[number] = gzip.compress(changed, mtime=0)
    return with_parts(files, members)


def proof(number: int) -> str:
    return f"proofs/{number:05}.tlog-proof"


def everywhere(files: Files, old: bytes, new: bytes) -> Files:
    return {name: octets.replace(old, new) for name, octets in files.items()}


def redigested(record: bytes) -> bytes:
    """A response with another body, and block and payload digest to match."""
    head, _, block = record.partition(b"\r\n\r\n")
    block = block[:-4].replace(b"Case 17", b"Case 18")
    payload = block.partition(b"\r\n\r\n")[2]
    for name, octets in ((b"Block", block), (b"Payload", payload)):
        value = b"sha256:" + hashlib.sha256(octets).hexdigest().encode()
        head = re.sub(b"WARC-" + name + b"-Digest: [^\r]*", b"WARC-" + name + b"-Digest: " + value, head)
    return head + b"\r\n\r\n" + block + b"\r\n\r\n"


def renumbered(files: Files, left_out: int) -> Files:
    """Leave out a record with its proof, as if it had never been there."""
    members = parts(files)
    kept = [n for n in range(len(members)) if n != left_out]
    changed = {name: octets for name, octets in files.items() if not name.startswith("proofs/")}
    changed |= {proof(at): files[proof(n)] for at, n in enumerate(kept)}
    return with_parts(changed, [members[n] for n in kept])


def edited_entry(files: Files, number: int, old: bytes, new: bytes) -> Files:
    text = files[proof(number)]
    line = re.search(b"extra (.*)\n", text)
    assert line
    entry = base64.b64decode(line[1])
    assert old in entry
    return {**files, proof(number): text.replace(line[1], base64.b64encode(entry.replace(old, new)))}


def without_last_node(files: Files) -> Files:
    lines = files[proof(3)].split(b"\n")
    del lines[lines.index(b"") - 1]
    return {**files, proof(3): b"\n".join(lines)}


def with_node(files: Files) -> Files:
    lines = files[proof(3)].split(b"\n")
    lines.insert(lines.index(b""), base64.b64encode(bytes(32)))
    return {**files, proof(3): b"\n".join(lines)}


def other_root(files: Files) -> Files:
    root = files["checkpoint"].split(b"\n")[2]
    return everywhere(files, root, base64.b64encode(bytes(32)))


def flipped(octets: bytes, at: int) -> bytes:
    return octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]


def spoilt_cosignature(files: Files) -> Files:
    line = files["cosignatures"]
    encoded = line.split(b" ")[2].strip()
    spoilt = line.replace(encoded, base64.b64encode(flipped(base64.b64decode(encoded), 40)))
    return everywhere(files, line, spoilt)


def without(files: Files, *names: str) -> Files:
    return {name: octets for name, octets in files.items() if name not in names}


KIND = FindingKind
ATTACKS: dict[str, tuple[Callable[[Files], Files], str, FindingKind]] = {
    "a page edited, digests made anew": (lambda f: edited(f, 3, redigested), "was altered", KIND.ALTERED),
    "a record's date put back": (
        lambda f: edited(f, 3, lambda r: r.replace(b"WARC-Date: 2026", b"WARC-Date: 2025")),
        "was altered",
        KIND.ALTERED,
    ),
    "another's proof": (
        lambda f: {**f, proof(3): f[proof(4)]},
        "record that its proof is about|about another record",
        KIND.ALTERED,
    ),
    "two members exchanged": (
        lambda f: with_parts(f, [parts(f)[n] for n in (0, 1, 2, 4, 3, *range(5, 12))]),
        "not the record that its proof is about|about another record",
        KIND.REORDERED,
    ),
    "a member more": (lambda f: with_parts(f, [*parts(f), parts(f)[3]]), "no proof", KIND.INSERTED),
    "a member twice, with its proof": (
        lambda f: {**with_parts(f, [*parts(f), parts(f)[11]]), proof(12): f[proof(11)]},
        "there twice",
        KIND.INSERTED,
    ),
    "a member less": (lambda f: with_parts(f, parts(f)[:-1]), "proofs for", KIND.MISSING),
    "the original left out": (lambda f: renumbered(f, 3), "missing", KIND.MISSING),
    "a file's first record left out": (lambda f: renumbered(f, 0), "first record of its file", KIND.MISSING),
    "a request left out": (lambda f: renumbered(f, 4), "of its exchange before it is missing", KIND.MISSING),
    "records cut within a member": (lambda f: {**f, RECORDS: f[RECORDS][:-9]}, "cut off", KIND.TRUNCATED),
    "octets after the last record": (lambda f: {**f, RECORDS: f[RECORDS] + b"\0\0"}, "no proof", KIND.MALFORMED),
    "the records gone": (lambda f: without(f, RECORDS), "missing", KIND.MISSING),
    "a proof gone": (lambda f: without(f, proof(11)), "no proof", KIND.INSERTED),
    "an entry edited": (
        lambda f: edited_entry(f, 3, b'"type":"response"', b'"type":"resource"'),
        "not in the log",
        KIND.ALTERED,
    ),
    "an entry marked as not recovered": (
        lambda f: edited_entry(f, 3, b'"n":3', b'"n":4'),
        "not in the log",
        KIND.ALTERED,
    ),
    "a path too short": (without_last_node, "too short", KIND.ALTERED),
    "a path too long": (with_node, "too long", KIND.ALTERED),
    "another root": (other_root, "does not lead to the root|signature by .* is wrong", KIND.ALTERED),
    "the signature stripped": (
        lambda f: everywhere(f, f["checkpoint"], f["checkpoint"].partition(b"\n\n")[0] + b"\n\n"),
        "not signed|signatures",
        KIND.UNSIGNED,
    ),
    "the size raised": (lambda f: everywhere(f, b"\n24\n", b"\n25\n"), "path|signature", KIND.WRONG_SIGNER),
    "the time-stamp of another checkpoint": (
        lambda f: {**f, "tsa/example.tsr": f["after/example.tsr"]},
        "not over this checkpoint",
        KIND.TIME_UNPROVEN,
    ),
    "a time-stamp that is none": (lambda f: {**f, "tsa/example.tsr": b"0\x03\x02\x01\0"}, "DER", KIND.TIME_UNPROVEN),
    "the authority's certificate exchanged": (
        lambda f: {**f, "tsa/example.pem": f["tsa/example.pem"] + b"\n"},
        "does not name with that certificate",
        KIND.TIME_UNPROVEN,
    ),
    "the earlier time-stamp exchanged": (
        lambda f: {**f, "after/example.tsr": f["tsa/example.tsr"], "after/checkpoint": f["checkpoint"]},
        "another time-stamp",
        KIND.ALTERED,
    ),
    "a later entry as an earlier one": (
        lambda f: {**f, "after/anchor.tlog-proof": f[proof(11)]},
        "not about an earlier time",
        KIND.REORDERED,
    ),
    "a cosignature spoilt": (spoilt_cosignature, "signature by witness.example/w1 is wrong", KIND.WRONG_SIGNER),
    "the policy edited": (
        lambda f: {**f, "policy": f["policy"].replace(b"quorum none", b"quorum w1")},
        "policy is not the one",
        KIND.WRONG_SIGNER,
    ),
    "the newest note of keys gone": (lambda f: without(f, "keys/2.note"), "policy|root key", KIND.WRONG_SIGNER),
    "all notes of keys gone": (lambda f: without(f, "keys/1.note", "keys/2.note"), "missing", KIND.WRONG_SIGNER),
    "a note of keys edited": (
        lambda f: {**f, "keys/2.note": f["keys/2.note"].replace(b"active", b"retired")},
        "is wrong",
        KIND.WRONG_SIGNER,
    ),
    "the first entry gone": (lambda f: without(f, "genesis.tlog-proof"), "missing", KIND.MISSING),
    "another entry as the first": (
        lambda f: {**f, "genesis.tlog-proof": f[proof(0)]},
        "first entry of the log is missing",
        KIND.WRONG_SIGNER,
    ),
    "a capture that is not there": (
        lambda f: {**f, "bundle.json": re.sub(rb"urn:uuid:[0-9a-f]{8}", b"urn:uuid:00000000", f["bundle.json"])},
        "is missing",
        KIND.MISSING,
    ),
    "no capture named": (
        lambda f: {**f, "bundle.json": b'{"captures":[],"format":"khronika-bundle/1"}'},
        "names no capture",
        KIND.MALFORMED,
    ),
    "another format": (lambda f: {**f, "bundle.json": b'{"format":"x"}'}, "another format", KIND.MALFORMED),
    "a list for an object": (lambda f: {**f, "bundle.json": b"[]"}, "read", KIND.MALFORMED),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_found_by_both_programs(honest: Path, tmp_path: Path, attack: str) -> None:
    forge, word, kind = ATTACKS[attack]
    forged = zipped(forge(unzipped(honest)), tmp_path / "bundle.zip")

    status, said = run(forged)
    verdict, kinds = checked(forged)

    assert (status, verdict) == (6, "failed"), said
    assert re.search(word, said.rpartition("FAILED:")[2]), said
    assert kind in kinds


SWAPS: dict[str, tuple[str, ...]] = {
    "the checkpoint of another log": ("checkpoint",),
    "checkpoint and cosignatures of another log": ("checkpoint", "cosignatures"),
    "the notes of keys of another log": ("keys/1.note", "keys/2.note"),
    "the first entry of another log": ("genesis.tlog-proof",),
    "keys, policy and first entry of another log": ("keys/1.note", "keys/2.note", "policy", "genesis.tlog-proof"),
    "the records of another archive": (RECORDS,),
    "the time-stamp of another archive": ("tsa/example.tsr", "tsa/example.pem"),
}


@pytest.mark.parametrize("swap", SWAPS)
def test_what_belongs_to_another_log_is_found(honest: Path, others: Files, tmp_path: Path, swap: str) -> None:
    files = unzipped(honest)
    forged = zipped({**files, **{name: others[name] for name in SWAPS[swap]}}, tmp_path / "bundle.zip")

    assert run(forged)[0] == 6
    assert checked(forged)[0] == "failed"


def test_a_quorum_that_is_not_reached_fails(tmp_path: Path) -> None:
    strict = make_sample(tmp_path, quorum=1)
    files = unzipped(strict.bundle(tmp_path / "bundle.zip"))
    alone = everywhere(without(files, "cosignatures"), files["cosignatures"], b"")
    forged = zipped(alone, tmp_path / "forged.zip")

    status, said = run(forged)

    assert status == 6
    assert "too few witnesses" in said
    assert FindingKind.UNSIGNED in checked(forged)[1]


def test_a_file_edited_after_the_manifest_is_named(honest: Path, tmp_path: Path) -> None:
    files = unzipped(honest)
    files["STATEMENT.en.txt"] += b"The court must believe this.\n"
    forged = zipped(files, tmp_path / "bundle.zip", listed=False)

    status, said = run(forged)

    assert status == 6
    assert "STATEMENT.en.txt was altered" in said
    assert checked(forged) == ("failed", {FindingKind.ALTERED})


@pytest.mark.parametrize(
    "text", ["STATEMENT.en.txt", "STATEMENT.ru.txt", "FIELDS.txt", "README.txt", "COMMANDS.txt", "verify_bundle.py"]
)
def test_a_text_edited_with_its_manifest_is_found_by_check_proof(honest: Path, tmp_path: Path, text: str) -> None:
    files = unzipped(honest)
    files[text] += b"# The court must believe this.\n"
    forged = zipped(files, tmp_path / "bundle.zip")

    assert checked(forged) == ("failed", {FindingKind.ALTERED})
    status, said = run(forged)
    assert status == 0
    assert "no signature covers them" in said


def test_a_file_more_or_less_than_the_manifest_lists_is_found(honest: Path, tmp_path: Path) -> None:
    more = zipped({**unzipped(honest), "extra.txt": b""}, tmp_path / "more.zip", listed=False)
    fewer = zipped(without(unzipped(honest), "README.txt"), tmp_path / "fewer.zip", listed=False)

    assert "extra.txt is not listed" in run(more)[1]
    assert "README.txt is missing" in run(fewer)[1]
    assert checked(more) == ("failed", {FindingKind.INSERTED})
    assert checked(fewer)[0] == "failed"


# --- hostile zip files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "a/../../evil", "C:\\evil", "a\\b", ".hidden", "a//b", "é", "a\n"]
)
def test_a_name_that_is_not_plain_is_refused_and_nothing_is_written(honest: Path, tmp_path: Path, name: str) -> None:
    forged = zipped({**unzipped(honest), name: b"x"}, tmp_path / "bundle.zip")
    before = sorted(path for path in tmp_path.rglob("*") if path.name != "verify_bundle.py")

    status, said = run(forged)

    assert status == 6
    assert "plain name" in said
    assert checked(forged)[0] == "failed"
    after = sorted(path for path in tmp_path.rglob("*") if path.name != "verify_bundle.py")
    assert after == sorted([*before, tmp_path / "machine"])


def bomb(target: Path, name: str, size: int) -> Path:
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=True) as file,
    ):
        piece = bytes(1 << 20)
        for _ in range(size >> 20):
            file.write(piece)
    return target


@pytest.mark.parametrize("name", ["README.txt", RECORDS])
def test_a_zip_bomb_is_refused_before_it_goes_off(tmp_path: Path, name: str) -> None:
    status, said = run(bomb(tmp_path / "bomb.zip", name, 256 << 20))

    assert status == 6
    assert "too large" in said


def test_a_gzip_bomb_among_the_records_stops_at_the_length_in_the_log(honest: Path, tmp_path: Path) -> None:
    files = unzipped(honest)
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as file:
        file.write(b"WARC/1.1\r\nContent-Length: 1\r\n\r\n")
        for _ in range(512):
            file.write(bytes(1 << 20))
    members = parts(files)
    members[3] = buffer.getvalue()
    forged = zipped(with_parts(files, members), tmp_path / "bundle.zip")

    status, said = run(forged)

    assert status == 6
    assert "not the record that its proof is about" in said


def test_a_file_that_is_longer_than_the_directory_says_is_refused(honest: Path, tmp_path: Path) -> None:
    octets = bytearray(honest.read_bytes())
    # in the central directory, the size of README.txt: both sizes stand before the name's length
    at = octets.rfind(b"README.txt")
    size = struct.unpack_from("<I", octets, at - 46 + 24)[0]
    struct.pack_into("<I", octets, at - 46 + 24, size - 1)
    (tmp_path / "bundle.zip").write_bytes(octets)

    assert run(tmp_path / "bundle.zip")[0] == 6


def wrapped(octets: bytes, how: str) -> bytes:
    """A zip with octets that are in none of its files, or whose two directories do not say the same."""
    directory = octets.index(b"PK\1\2")
    end = octets.rindex(b"PK\5\6")
    match how:
        case "before":
            return b"#!/bin/sh\n" + octets
        case "after":
            return octets + b"more"
        case "another zip before":
            return octets + octets
        case "comment":
            return octets[: end + 20] + struct.pack("<H", 4) + b"more"
        case "file not in the directory":
            hidden = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, zlib.crc32(b"x"), 1, 1, 1, 0) + b"hx"
            moved = octets[end : end + 16] + struct.pack("<L", directory + len(hidden)) + octets[end + 20 :]
            return octets[:directory] + hidden + octets[directory:end] + moved
        case "encrypted by its header":
            return octets[:6] + b"\1" + octets[7:]
        case "shorter by its header":
            return octets[:18] + b"\1\0\0\0" + octets[22:]
    raise ValueError(how)


@pytest.mark.parametrize(
    "how",
    [
        "before",
        "after",
        "another zip before",
        "comment",
        "file not in the directory",
        "encrypted by its header",
        "shorter by its header",
    ],
)
def test_octets_of_the_zip_that_are_in_none_of_its_files_are_refused(honest: Path, tmp_path: Path, how: str) -> None:
    forged = tmp_path / "bundle.zip"
    forged.write_bytes(wrapped(honest.read_bytes(), how))

    status, said = run(forged)

    assert status == 6
    assert "in none of its files" in said
    assert checked(forged) == ("failed", {FindingKind.MALFORMED})


def test_a_zip_with_sizes_of_64_bits_is_read(honest: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        for name, octets in unzipped(honest).items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as file:
                file.write(octets)

    assert run(tmp_path / "bundle.zip")[0] == 0
    assert checked(tmp_path / "bundle.zip")[0] == "ok"


@pytest.mark.parametrize(
    "name", ["ADDENDUM.txt", "index.html", "CHECKPOINT", "STATEMENT.de.txt", "keys/1.policy", "after/more/x.tsr"]
)
def test_a_file_that_no_bundle_has_is_refused_though_it_is_listed(honest: Path, tmp_path: Path, name: str) -> None:
    forged = zipped({**unzipped(honest), name: b"The court has accepted this."}, tmp_path / "bundle.zip")

    status, said = run(forged)

    assert status == 6
    assert f"{name} is none of the files of a bundle" in said
    assert checked(forged) == ("failed", {FindingKind.INSERTED})


@pytest.mark.parametrize("what", ["an object", "twice", "without brackets", "utf-16"])
def test_both_programs_read_the_list_of_captures_alike(honest: Path, tmp_path: Path, what: str) -> None:
    files = unzipped(honest)
    about = json.loads(files["bundle.json"])
    names = about["captures"]
    match what:
        case "an object":
            about["captures"] = dict.fromkeys(names, 1)
        case "twice":
            about["captures"] = names * 2
        case "without brackets":
            about["captures"] = [name.strip("<>") for name in names]
    octets = json.dumps(about).encode("utf-16" if what == "utf-16" else "utf-8")
    forged = zipped({**files, "bundle.json": octets}, tmp_path / "bundle.zip")

    assert run(forged)[0] == 6
    assert checked(forged) == ("failed", {FindingKind.MALFORMED})


@pytest.mark.parametrize("octets", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"\0" * 1000, "не архив".encode()])
def test_what_is_no_bundle_fails(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "bundle.zip").write_bytes(octets)

    assert run(tmp_path / "bundle.zip")[0] == 6
    assert checked(tmp_path / "bundle.zip")[0] == "failed"


def test_two_files_of_one_name_are_refused(honest: Path, tmp_path: Path) -> None:
    forged = tmp_path / "bundle.zip"
    forged.write_bytes(honest.read_bytes())
    with zipfile.ZipFile(forged, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("checkpoint", b"another")

    status, said = run(forged)

    assert status == 6
    assert "two files with the name checkpoint" in said


def test_control_characters_never_reach_the_terminal(honest: Path, tmp_path: Path) -> None:
    files = unzipped(honest)
    files["bundle.json"] = json.dumps({"format": "khronika-bundle/1", "captures": ["\x1b[2J\x07<urn:x>"]}).encode()
    forged = zipped(files, tmp_path / "bundle.zip")

    status, said = run(forged)

    assert status == 6
    assert "\x1b" not in said
    assert "\x07" not in said


@pytest.fixture
def quiet(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    capsys.readouterr()


TEXTS = {"README.txt", "STATEMENT.en.txt", "STATEMENT.ru.txt", "FIELDS.txt", "COMMANDS.txt", "verify_bundle.py"}


def test_no_bit_of_the_evidence_can_be_changed(honest: Path, tmp_path: Path, quiet: None) -> None:
    files, chance = unzipped(honest), random.Random(4)
    covered = sorted(set(files) - TEXTS - {"manifest-sha256.txt", "bundle.json", RECORDS, "after/example.tsr"})

    for name in covered:
        stamp = name.endswith(".tsr")
        for _ in range(6):
            at = chance.randrange(len(files[name]))
            octets = bytearray(files[name])
            octets[at] ^= 1 << chance.randrange(8)
            forged = zipped({**files, name: bytes(octets)}, tmp_path / "bundle.zip")
            # the signature of a time-stamp is left to openssl, which check-proof has within
            assert main([str(forged)]) == 6 or stamp, (name, at)
            assert checked(forged)[0] == "failed", (name, at)


def test_no_bit_of_the_records_can_be_changed(honest: Path, tmp_path: Path, quiet: None) -> None:
    files, chance = unzipped(honest), random.Random(5)
    unpacked = gzip.decompress(files[RECORDS])

    for _ in range(60):
        octets = bytearray(files[RECORDS])
        octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
        forged = zipped({**files, RECORDS: bytes(octets)}, tmp_path / "bundle.zip")
        try:
            same = gzip.decompress(bytes(octets)) == unpacked  # a member's header says when and where it was packed
        except (OSError, EOFError, zlib.error):
            same = False
        assert main([str(forged)]) == (0 if same else 6)


def test_whatever_is_broken_in_the_zip_ends_without_a_traceback(honest: Path, tmp_path: Path, quiet: None) -> None:
    whole, chance = honest.read_bytes(), random.Random(6)
    files = unzipped(honest)
    target = tmp_path / "bundle.zip"

    for _ in range(300):
        octets = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 30))):
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        if chance.random() < 0.2:
            del octets[chance.randrange(len(octets)) :]
        target.write_bytes(octets)
        status = main([str(target)])
        assert status in (0, 6)
        if status == 0:
            assert unzipped(target) == files
        assert checked(target)[0] in ("ok", "failed")


JSON = [b"[]", b"{}", b"null", b"1e999", b"[" * 5000, b'{"a":' * 2000, b"\xff", b'"', b"123456789012345678901234567890"]


@pytest.mark.parametrize("octets", JSON)
@pytest.mark.parametrize("name", ["bundle.json", "proofs/00003.tlog-proof", "after/anchor.tlog-proof"])
def test_hostile_json_ends_without_a_traceback(
    honest: Path, tmp_path: Path, quiet: None, name: str, octets: bytes
) -> None:
    files = unzipped(honest)
    if name.endswith("proof"):
        encoded = re.search(b"extra (.*)\n", files[name])
        assert encoded
        octets = files[name].replace(encoded[1], base64.b64encode(octets))
    forged = zipped({**files, name: octets}, tmp_path / "bundle.zip")

    assert main([str(forged)]) == 6
    assert checked(forged)[0] == "failed"


# --- its parts -------------------------------------------------------------------------------------------------------


def test_ed25519_agrees_with_the_vectors_of_rfc_8032() -> None:
    vectors = [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a",
        ),
    ]
    for public, message, signature in vectors:
        key, text, mark = map(bytes.fromhex, (public, message, signature))
        assert ed25519_holds(key, text, mark)
        assert not ed25519_holds(key, text + b"x", mark)
        assert not ed25519_holds(key, text, flipped(mark, 0))
        assert not ed25519_holds(key, text, flipped(mark, 40))


def test_ed25519_refuses_what_is_not_canonical() -> None:
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    mark = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    s = int.from_bytes(mark[32:], "little") + verify_bundle.L  # RFC 8032, 5.1.7: S is below L

    assert not ed25519_holds(public, b"", mark[:32] + s.to_bytes(32, "little"))
    assert not ed25519_holds((2**255 - 18).to_bytes(32, "little"), b"", mark)
    assert not ed25519_holds(public, b"", mark[:-1])


@pytest.mark.parametrize("y", [0, 1, verify_bundle.P - 1, EIGHTH, verify_bundle.P - EIGHTH, verify_bundle.P + 1])
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_a_key_that_is_not_canonical_or_of_small_order_is_refused(y: int, sign: int) -> None:
    key = VerifierKey("log.example", (y | sign).to_bytes(32, "little"))

    with pytest.raises(verify_bundle.Failed, match=r"small order|not written canonically|not on the curve"):
        Key(str(key))


@pytest.mark.parametrize("name", ["trustid", "sigstore"])
def test_the_tokens_of_authorities_in_service_are_read(name: str) -> None:
    response = (Path(__file__).parent.parent / "tokens" / f"{name}.tsr").read_bytes()

    assert verify_bundle.token_time(response, b"hello")[0] == gen_time(response)
    with pytest.raises(verify_bundle.Failed, match="not over"):
        verify_bundle.token_time(response, b"Hello")
    for cut in range(0, len(response), 7):
        with pytest.raises((verify_bundle.Failed, ValueError)):
            verify_bundle.token_time(response[:cut], b"hello")


def test_a_key_with_a_wrong_id_is_refused(sample: Sample) -> None:
    name, key_id, encoded = sample.root_key.split("+", 2)

    with pytest.raises(verify_bundle.Failed, match="wrong id"):
        Key(f"{name}+{int(key_id, 16) ^ 1:08x}+{encoded}")
