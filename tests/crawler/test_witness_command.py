"""`khronika witness`: an archive and its partners, with nothing but files between them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from key_samples import events_of, grow, problems
from machine_words import names_machine

from archive.collection import Collection
from archive.entry import EventType
from archive.keys import KEYS
from archive.lock import Lock
from archive.rotation import read_history
from archive.store import FolderStore
from archive.witness import COSIGNATURES, cosignatures
from crawler.cli import Exit, run


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("KHRONIKA_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def witness(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Make a witness in a folder of its name; its key."""
    capsys.readouterr()
    assert run(["-q", "witness", "init", name, "--name", f"{name}.example/w"]) == Exit.DONE
    return capsys.readouterr().out.strip()


def archive_with(*witnesses: tuple[str, str], quorum: int = 1) -> Path:
    assert run(["-q", "init", "archive"]) == Exit.DONE
    folder = Path("archive")
    text = (folder / "khronika.toml").read_text().replace("# quorum = 0", f"quorum = {quorum}")
    for name, key in witnesses:
        text += f'\n[[witness]]\nname = "{name}"\nkey = "{key}"\n'
    (folder / "khronika.toml").write_text(text)
    assert run(["-q", "-C", "archive", "key", "update"]) == Exit.DONE
    return folder


def log_key(folder: Path) -> str:
    return str(read_history(folder).newest.active.vkey)


def result(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["--json", *arguments]) == Exit.DONE, capsys.readouterr().err
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    return value


def test_an_archive_and_its_partner_cosign_again_and_again(capsys: pytest.CaptureFixture[str]) -> None:
    archive = archive_with(("partner", witness("partner", capsys)))
    trust = ["--trust", log_key(archive)]

    for _ in range(3):
        asked = result(capsys, "-C", "archive", "witness", "request", "-o", "request.txt")
        given = result(capsys, "witness", "cosign", "request.txt", "--witness", "partner", *trust, "-o", "answer.txt")
        added = result(capsys, "-C", "archive", "witness", "add", "answer.txt")
        assert given["size"] == added["size"] == asked["size"]
        assert (added["witness"], added["new"], added["at"][:19]) == ("partner", True, given["at"][:19])
        trust = []
        grow(archive, 10)

    history = read_history(archive)
    sizes = sorted(int(one.name) for one in (archive / COSIGNATURES).iterdir())
    with Collection.open(archive) as collection:
        from archive.checkpoint import parse_checkpoint

        log = collection.log()
        for size in sizes:
            text = parse_checkpoint(log.checkpoint_at(size)).note.text
            found = cosignatures(FolderStore(archive), size, text, history.policy)
            assert history.policy.satisfied(one.vkey for one in found)
    assert len(sizes) == 3
    assert len(events_of(archive, EventType.COSIGNATURE)) == 3
    assert problems(archive) == []


def test_an_answer_goes_to_stdout_and_may_come_from_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = archive_with(("partner", witness("partner", capsys)))
    capsys.readouterr()
    assert run(["-q", "-C", "archive", "witness", "request", "-o", "-"]) == Exit.DONE
    Path("request.txt").write_text(capsys.readouterr().out)

    arguments = ["-q", "witness", "cosign", "request.txt", "--witness", "partner", "--trust", log_key(archive)]
    assert run(arguments) == Exit.DONE

    answer = capsys.readouterr().out
    assert answer.startswith("— partner.example/w ") and answer.count("\n") == 1


def test_an_answer_added_twice_is_logged_once(capsys: pytest.CaptureFixture[str]) -> None:
    archive = archive_with(("partner", witness("partner", capsys)))
    run(["-C", "archive", "witness", "request", "-o", "request.txt"])
    run(["witness", "cosign", "request.txt", "--witness", "partner", "--trust", log_key(archive), "-o", "answer.txt"])
    result(capsys, "-C", "archive", "witness", "add", "answer.txt")

    assert result(capsys, "-C", "archive", "witness", "add", "answer.txt")["new"] is False

    assert len(events_of(archive, EventType.COSIGNATURE)) == 1


def test_an_answer_kept_before_a_kill_is_logged_when_it_is_added_again(capsys: pytest.CaptureFixture[str]) -> None:
    archive = archive_with(("partner", witness("partner", capsys)))
    run(["-C", "archive", "witness", "request", "-o", "request.txt"])
    run(["witness", "cosign", "request.txt", "--witness", "partner", "--trust", log_key(archive), "-o", "answer.txt"])
    size = result(capsys, "-C", "archive", "witness", "request", "-o", "again.txt")["size"]
    (archive / COSIGNATURES).mkdir()
    shutil.copy("answer.txt", archive / COSIGNATURES / str(size))

    result(capsys, "-C", "archive", "witness", "add", "answer.txt")

    assert len(events_of(archive, EventType.COSIGNATURE)) == 1


def test_a_fork_is_refused_with_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    archive = archive_with(("partner", witness("partner", capsys)))
    shutil.copytree(archive, "fork")
    grow(archive)
    grow(Path("fork"))
    run(["-C", "archive", "witness", "request", "-o", "request.txt"])
    run(["-C", "fork", "witness", "request", "-o", "forged.txt"])
    cosign = ["witness", "cosign", "--witness", "partner"]
    assert run([*cosign, "request.txt", "--trust", log_key(archive)]) == Exit.DONE
    capsys.readouterr()

    assert run([*cosign, "forged.txt"]) == Exit.VERIFICATION_FAILED

    assert "has forked" in capsys.readouterr().err
    assert len(list(Path("partner/refused").iterdir())) == 1
    assert run(["--json", *cosign, "forged.txt"]) == Exit.VERIFICATION_FAILED
    assert json.loads(capsys.readouterr().out)["type"] == "refused"


def test_a_rolled_back_log_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    archive = archive_with(("partner", witness("partner", capsys)))
    run(["-C", "archive", "witness", "request", "-o", "old.txt"])
    grow(archive)
    run(["-C", "archive", "witness", "request", "-o", "new.txt"])
    cosign = ["witness", "cosign", "--witness", "partner"]
    assert run([*cosign, "new.txt", "--trust", log_key(archive)]) == Exit.DONE

    assert run([*cosign, "old.txt"]) == Exit.VERIFICATION_FAILED

    assert "would be rolled back" in capsys.readouterr().err


def test_the_partner_is_told_what_to_ask_for(capsys: pytest.CaptureFixture[str]) -> None:
    archive = archive_with(("partner", witness("partner", capsys)))
    run(["-C", "archive", "witness", "request", "-o", "request.txt"])
    cosign = ["witness", "cosign", "request.txt", "--witness", "partner"]
    assert run(cosign) == Exit.USAGE
    assert "--trust" in capsys.readouterr().err
    assert run([*cosign, "--trust", "nonsense"]) == Exit.USAGE
    size = result(capsys, *cosign, "--trust", log_key(archive))["size"]
    grow(archive)
    run(["-C", "archive", "witness", "request", "--since", "0", "-o", "request.txt"])

    capsys.readouterr()
    assert run(cosign) == Exit.USAGE

    assert f"--since {size}" in capsys.readouterr().err
    run(["-C", "archive", "witness", "request", "--since", str(size), "-o", "request.txt"])
    assert run(cosign) == Exit.DONE


def test_of_several_witnesses_each_is_asked_from_where_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    keys = [(name, witness(name, capsys)) for name in ("north", "south")]
    archive = archive_with(*keys, quorum=2)
    asked = result(capsys, "-C", "archive", "witness", "request", "-o", "request.txt")
    run(["witness", "cosign", "request.txt", "--witness", "north", "--trust", log_key(archive), "-o", "answer.txt"])
    run(["-C", "archive", "witness", "add", "answer.txt"])
    capsys.readouterr()

    assert run(["-C", "archive", "witness", "request", "-o", "request.txt"]) == Exit.USAGE

    assert "--for NAME" in capsys.readouterr().err
    request = ["-C", "archive", "witness", "request", "-o", "request.txt", "--for"]
    assert result(capsys, *request, "north")["old"] == asked["size"]
    assert result(capsys, *request, "south")["old"] == 0
    assert run([*request, "east"]) == Exit.USAGE
    assert result(capsys, "-C", "archive", "key", "show")["quorum"] == 2


def test_an_answer_by_somebody_else_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    archive = archive_with(("partner", witness("partner", capsys)))
    witness("stranger", capsys)
    run(["-C", "archive", "witness", "request", "-o", "request.txt"])
    run(["witness", "cosign", "request.txt", "--witness", "stranger", "--trust", log_key(archive), "-o", "answer.txt"])
    capsys.readouterr()

    assert run(["-C", "archive", "witness", "add", "answer.txt"]) == Exit.VERIFICATION_FAILED

    assert "expected a cosignature by a witness of this collection (partner)" in capsys.readouterr().err
    assert not (archive / COSIGNATURES).exists()
    assert events_of(archive, EventType.COSIGNATURE) == []


@pytest.mark.parametrize("octets", [b"", b"x", b"\xff\xfe", b"old 0\n\n", "— a b\n".encode()])
def test_what_is_no_request_and_no_answer_is_refused(octets: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    archive_with(("partner", witness("partner", capsys)))
    Path("file").write_bytes(octets)

    assert run(["witness", "cosign", "file", "--witness", "partner"]) == Exit.VERIFICATION_FAILED
    assert run(["-C", "archive", "witness", "add", "file"]) == Exit.VERIFICATION_FAILED
    assert run(["witness", "cosign", "missing", "--witness", "partner"]) == Exit.USAGE

    assert "Traceback" not in capsys.readouterr().err


def test_a_request_shows_no_address_and_nobodys_name(capsys: pytest.CaptureFixture[str]) -> None:
    archive_with(("partner", witness("partner", capsys)))
    run(["-C", "archive", "witness", "request", "-o", "request.txt"])

    text = Path("request.txt").read_text()

    assert "log.khronika.invalid/" in text
    assert not any(word in text for word in ("http", "partner", "example", str(Path.cwd())))
    assert not names_machine(text)


def test_a_witness_shows_what_it_has_seen(capsys: pytest.CaptureFixture[str]) -> None:
    key = witness("partner", capsys)
    archive = archive_with(("partner", key))
    asked = result(capsys, "-C", "archive", "witness", "request", "-o", "request.txt")
    run(["witness", "cosign", "request.txt", "--witness", "partner", "--trust", log_key(archive)])

    seen = result(capsys, "witness", "show", "--witness", "partner")

    assert seen["vkey"] == key
    assert [(one["vkey"], one["size"]) for one in seen["logs"]] == [(log_key(archive), asked["size"])]
    assert run(["witness", "show", "--witness", "archive"]) == Exit.USAGE


def test_a_witness_may_have_a_passphrase(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHRONIKA_PASSPHRASE", "свидетель")
    assert run(["witness", "init", "w", "--name", "w.example", "--passphrase"]) == Exit.DONE
    assert run(["witness", "show", "--witness", "w"]) == Exit.DONE
    monkeypatch.delenv("KHRONIKA_PASSPHRASE")

    assert run(["witness", "show", "--witness", "w"]) == Exit.ERROR

    assert "KHRONIKA_PASSPHRASE" in capsys.readouterr().err


def test_while_another_process_writes_no_answer_is_added(capsys: pytest.CaptureFixture[str]) -> None:
    archive = archive_with(("partner", witness("partner", capsys)))
    run(["-C", "archive", "witness", "request", "-o", "request.txt"])
    run(["witness", "cosign", "request.txt", "--witness", "partner", "--trust", log_key(archive), "-o", "answer.txt"])
    lock = Lock(archive)
    try:
        assert run(["-C", "archive", "witness", "add", "answer.txt"]) == Exit.LOCKED
        assert run(["-C", "archive", "witness", "request", "-o", "request.txt"]) == Exit.DONE
    finally:
        lock.release()
    assert (archive / KEYS).exists()
