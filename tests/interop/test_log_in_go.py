"""Go's own packages for logs verify ours: notes, checkpoints, inclusion proofs, consistency proofs.

They are Debian's golang-golang-x-mod-dev (x/mod/sumdb/note and tlog), the packages behind the Go module proxy's log:
a second implementation that shares nothing with `archive/`. Where Go is missing the tests are skipped; with CI=true
that is a failure, and `.ci/run` installs it.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from log_samples import LOG_KEY, ROOT_KEY, at_size, entry_of, new_log

from archive.checkpoint import SigningKey
from archive.keys import first_note
from archive.log import LogReader
from archive.store import FolderStore

PACKAGES = Path("/usr/share/gocode")
SOURCE = Path(__file__).parent / "go" / "verify.go"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, compiled."""
    if shutil.which("go") is None or not (PACKAGES / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        why = "no Go with golang-golang-x-mod-dev on this machine (apt-get install golang-go golang-golang-x-mod-dev)"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    target = tmp_path_factory.mktemp("go") / "verify"
    cache = {"GO111MODULE": "off", "GOPATH": str(PACKAGES), "GOCACHE": str(target.parent / "cache"), "GOFLAGS": ""}
    words = ["go", "build", "-o", str(target), str(SOURCE)]
    built = subprocess.run(words, env={**os.environ, **cache}, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return target


def verified(program: Path, case: dict[str, Any]) -> tuple[int, str]:
    done = subprocess.run([program], input=json.dumps(case), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip()


def text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def inclusion(log: LogReader, index: int, size: int) -> dict[str, Any]:
    path = [text(node) for node in log.inclusion(index, size)]
    return {"entry": text(log.entry(index)), "index": index, "size": size, "path": path}


def consistency(log: LogReader, old: int, new: int) -> dict[str, Any]:
    return {"old": old, "new": new, "path": [text(node) for node in log.consistency(old, new)]}


@pytest.fixture
def grown(tmp_path: Path) -> Iterator[LogReader]:
    """A log of 700 entries that was signed at many sizes: its tiles are of two levels, whole and not."""
    with new_log(tmp_path) as log:
        for size in (2, 3, 7, 8, 100, 255, 256, 257, 511, 512, 513, 700):
            log.append(entry_of(n) for n in range(log.size, size))
            log.checkpoint()
        yield log.reader()


def case_of(log: LogReader) -> dict[str, Any]:
    sizes = log.sizes()
    return {
        "vkeys": [str(LOG_KEY.vkey)],
        "checkpoints": [text(log.checkpoint_at(size)) for size in sizes],
        "inclusion": [inclusion(log, at, size) for size in sizes for at in {0, size // 2, size - 1}],
        "consistency": [consistency(log, old, new) for new in sizes for old in sizes if old <= new],
    }


def test_go_verifies_checkpoints_and_proofs_of_a_log_at_all_its_sizes(program: Path, grown: LogReader) -> None:
    case = case_of(grown)

    status, said = verified(program, case)

    assert (status, said) == (
        0,
        f"0 notes, {len(case['checkpoints'])} checkpoints, {len(case['inclusion'])} inclusion proofs, "
        f"{len(case['consistency'])} consistency proofs hold",
    )


def test_go_verifies_the_note_of_keys(program: Path) -> None:
    note, _ = first_note(LOG_KEY, ROOT_KEY)

    assert verified(program, {"vkeys": [str(ROOT_KEY.vkey)], "notes": [text(note)]})[0] == 0


def test_go_passes_over_the_cosignature_of_a_witness(program: Path, tmp_path: Path) -> None:
    at_size(tmp_path, 5)
    log = LogReader(FolderStore(tmp_path))
    witness = SigningKey("witness.example/w1", ROOT_KEY.private)
    cosigned = log.checkpoint_at(5) + witness.cosign(log.signed.note.text, log.genesis.created).line()

    assert verified(program, {"vkeys": [str(LOG_KEY.vkey)], "checkpoints": [text(cosigned)]})[0] == 0


@pytest.mark.parametrize("what", ["checkpoint", "entry", "path", "key", "consistency"])
def test_go_refuses_what_we_would(program: Path, grown: LogReader, what: str) -> None:
    case = case_of(grown)
    if what == "checkpoint":
        case["checkpoints"][-1] = text(grown.checkpoint_at(700).replace(b"\n700\n", b"\n701\n"))
    elif what == "entry":
        case["inclusion"][-1]["entry"] = text(grown.entry(0))
    elif what == "path":
        case["inclusion"][-1]["path"][0] = text(bytes(32))
    elif what == "key":
        case["vkeys"] = [str(ROOT_KEY.vkey)]
    else:
        case["consistency"][-2]["path"][0] = text(bytes(32))

    assert verified(program, case)[0] == 1
