"""`khronika key` does what it says, and says what it did."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from key_samples import grow, problems

from archive.entry import EventEntry, EventType, parse_entry
from archive.keys import KEYS, LOG_KEY, ROOT_KEY, is_encrypted
from archive.lock import Lock
from archive.rotation import read_history
from crawler.cli import Exit, run

WITNESS = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"


@pytest.fixture(autouse=True)
def no_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KHRONIKA_PASSPHRASE", "KHRONIKA_ROOT_PASSPHRASE", "KHRONIKA_NEW_PASSPHRASE", "KHRONIKA_COLLECTION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    assert run(["-q", "init", str(folder)]) == Exit.DONE
    return folder


def shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["--json", "-C", str(folder), "key", "show"]) == Exit.DONE
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    return value


def append(folder: Path, text: str) -> None:
    with (folder / "khronika.toml").open("a") as settings:
        settings.write(text)


def test_a_new_collection_shows_its_keys(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = shown(archive, capsys)

    assert keys["origin"].startswith("log.khronika.invalid/")
    assert keys["root"]["here"] is True and keys["root"]["encrypted"] is False
    assert [(key["state"], key["from"], key["to"]) for key in keys["log"]] == [("active", 0, None)]
    assert run(["-C", str(archive), "key", "show"]) == Exit.DONE
    said = capsys.readouterr()
    assert keys["root"]["vkey"] in said.out and keys["log"][0]["vkey"] in said.out
    assert "khronika key move-root" in said.err


def test_nothing_secret_is_shown(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["key", "show"], ["key", "rotate"], ["status"], ["key", "update"]):
        run(["-v", "-C", str(archive), *arguments])
    said = capsys.readouterr()

    for path in (archive / KEYS).glob("*.pem"):
        secret = path.read_text().split("\n")[1]
        assert secret not in said.out + said.err


def test_a_rotation_says_what_it_did(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = shown(archive, capsys)

    assert run(["--json", "-C", str(archive), "key", "rotate"]) == Exit.DONE

    said = json.loads(capsys.readouterr().out)
    after = shown(archive, capsys)
    assert said["before"] == before["log"][0]["vkey"]
    assert said["active"] == after["log"][1]["vkey"]
    assert [key["state"] for key in after["log"]] == ["retired", "active"]
    assert after["serial"] == said["serial"] == 2
    assert problems(archive) == []


def test_a_revocation_needs_to_know_since_when(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(archive), "key", "revoke"]) == Exit.USAGE
    assert "--compromised" in capsys.readouterr().err
    assert run(["-C", str(archive), "key", "revoke", "--compromised", "2999-01-01"]) == Exit.USAGE
    assert "expected a time that has passed" in capsys.readouterr().err
    assert len(shown(archive, capsys)["log"]) == 1


def test_a_key_is_revoked_by_its_id(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = shown(archive, capsys)["log"][0]
    run(["-C", str(archive), "key", "rotate"])

    assert run(["-C", str(archive), "key", "revoke", first["id"], "--compromised", "2026-01-01"]) == Exit.DONE

    keys = shown(archive, capsys)["log"]
    assert (keys[0]["id"], keys[0]["state"]) == (first["id"], "revoked")
    assert keys[0]["compromised"] == "2026-01-01T00:00:00.000000Z"
    assert len(keys) == 2
    assert problems(archive) == []


def test_a_revocation_typed_twice_does_not_revoke_the_new_key(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moment = _now_text()

    assert run(["-C", str(archive), "key", "revoke", "--compromised", moment]) == Exit.DONE
    assert run(["-C", str(archive), "key", "revoke", "--compromised", moment]) == Exit.USAGE

    assert "when the active key began to sign" in capsys.readouterr().err
    assert [key["state"] for key in shown(archive, capsys)["log"]] == ["revoked", "active"]


def test_an_unknown_key_is_not_revoked(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["-C", str(archive), "key", "revoke", "00000000", "--compromised", "2026-01-01"]

    assert run(arguments) == Exit.USAGE

    assert shown(archive, capsys)["log"][0]["id"] in _said(capsys, arguments)


def _said(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    run(arguments)
    return capsys.readouterr().err


def _now_text() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="microseconds")


# --- the root key elsewhere ---


def test_the_root_key_can_be_kept_elsewhere(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "medium").mkdir()
    assert run(["-C", str(archive), "key", "move-root", str(tmp_path / "medium")]) == Exit.DONE
    (moved,) = (tmp_path / "medium").iterdir()
    assert moved.stat().st_mode & 0o777 == 0o600
    assert not (archive / KEYS / ROOT_KEY).exists()
    assert shown(archive, capsys)["root"]["here"] is False

    assert run(["-C", str(archive), "key", "rotate"]) == Exit.ERROR
    assert "--root FILE" in capsys.readouterr().err
    assert run(["-C", str(archive), "key", "rotate", "--root", str(moved)]) == Exit.DONE
    assert problems(archive) == []
    assert run(["-C", str(archive), "key", "move-root", str(tmp_path / "medium")]) == Exit.ERROR


@pytest.mark.parametrize("target", ["not-mounted", "no-such-folder/root.pem", "stick/root"])
def test_a_medium_that_is_not_there_makes_no_file_of_its_name(
    archive: Path, tmp_path: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-C", str(archive), "key", "move-root", str(tmp_path / target)]) == Exit.USAGE

    assert "expected a folder that is there" in capsys.readouterr().err
    assert not (tmp_path / target).exists()
    assert (archive / KEYS / ROOT_KEY).exists()


def test_a_root_key_that_stays_on_the_disk_is_told(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-C", str(archive), "key", "move-root", str(tmp_path / "root.pem")]) == Exit.DONE

    assert "same disk as the collection" in capsys.readouterr().err


def test_that_the_root_key_was_moved_is_logged_and_where_to_is_not(archive: Path, tmp_path: Path) -> None:
    run(["-C", str(archive), "key", "move-root", str(tmp_path / "a-secret-place.pem")])
    from archive.collection import Collection

    with Collection.open(archive) as collection:
        entries = [octets for _, octets in collection.log().entries()]
    events = [one for one in map(parse_entry, entries) if isinstance(one, EventEntry)]

    assert "the root key was moved out of the collection" in [one.detail for one in events]
    assert {one.type for one in events} == {EventType.KEY_CHANGE}
    assert not any(b"secret-place" in octets or str(tmp_path).encode() in octets for octets in entries)


def test_a_move_that_was_killed_can_be_done_again(archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "root.pem"
    target.write_bytes((archive / KEYS / ROOT_KEY).read_bytes())

    assert run(["-C", str(archive), "key", "move-root", str(target)]) == Exit.DONE

    assert not (archive / KEYS / ROOT_KEY).exists()


def test_a_root_key_is_not_written_over_something_else(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_text("the root key of another collection")

    assert run(["-C", str(archive), "key", "move-root", str(tmp_path / "root.pem")]) == Exit.ERROR
    assert run(["-C", str(archive), "key", "move-root", str(archive / "elsewhere.pem")]) == Exit.USAGE
    assert run(["-C", str(archive), "key", "move-root", str(archive)]) == Exit.USAGE

    assert (archive / KEYS / ROOT_KEY).exists()


def test_the_root_key_of_another_collection_is_refused(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["-q", "init", str(tmp_path / "other")])
    other = tmp_path / "other" / KEYS / ROOT_KEY

    assert run(["-C", str(archive), "key", "rotate", "--root", str(other)]) == Exit.ERROR
    assert "expected the root key of this collection" in capsys.readouterr().err
    assert run(["-C", str(archive), "key", "rotate", "--root", str(tmp_path / "none.pem")]) == Exit.ERROR
    assert "Traceback" not in capsys.readouterr().err


# --- restored, lost, busy ---


def test_a_restored_collection_goes_on_under_a_new_key(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    shutil.copytree(archive / "log", archive.parent / "backup")
    grow(archive, 2)
    shutil.rmtree(archive / "log")
    shutil.copytree(archive.parent / "backup", archive / "log")

    assert run(["-C", str(archive), "key", "rotate"]) == Exit.ERROR
    assert "khronika key rotate --restored" in capsys.readouterr().err
    assert run(["--json", "-C", str(archive), "key", "rotate", "--restored"]) == Exit.DONE

    assert json.loads(capsys.readouterr().out)["event"] == "restored"
    assert problems(archive) == []


def test_a_lost_log_key_is_replaced(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (archive / KEYS / LOG_KEY).unlink()
    run(["-C", str(archive), "status"])
    assert "The log key is missing" in capsys.readouterr().out

    assert run(["-C", str(archive), "key", "rotate"]) == Exit.DONE

    assert problems(archive) == []


def test_while_another_process_writes_no_key_changes(archive: Path) -> None:
    lock = Lock(archive)
    try:
        assert run(["-C", str(archive), "key", "rotate"]) == Exit.LOCKED
        assert run(["-C", str(archive), "key", "revoke", "--compromised", _now_text()]) == Exit.LOCKED
        assert run(["-C", str(archive), "key", "show"]) == Exit.DONE
    finally:
        lock.release()


def test_without_a_collection_there_are_no_keys(tmp_path: Path) -> None:
    for arguments in (["show"], ["rotate"], ["update"], ["move-root", "x"], ["passphrase"]):
        assert run(["-C", str(tmp_path), "key", *arguments]) == Exit.NO_COLLECTION


# --- what the settings name ---


def test_the_settings_are_bound_on_demand(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(archive, f'\n[[witness]]\nname = "partner"\nkey = "{WITNESS}"\n')
    run(["-C", str(archive), "status"])
    assert "khronika key update" in capsys.readouterr().out

    assert run(["-C", str(archive), "key", "update"]) == Exit.DONE

    assert shown(archive, capsys)["witnesses"] == [{"name": "partner", "vkey": WITNESS}]
    run(["-C", str(archive), "status"])
    assert "khronika key update" not in capsys.readouterr().out
    assert run(["--json", "-C", str(archive), "key", "update"]) == Exit.DONE
    assert json.loads(capsys.readouterr().out)["changed"] is False
    assert problems(archive) == []


def test_an_authority_without_a_certificate_is_refused(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(archive, '\n[[authority]]\nname = "tsa"\nurl = "https://tsa.example/"\ncertificate = "tsa.pem"\n')

    assert run(["-C", str(archive), "key", "update"]) == Exit.USAGE
    (archive / "tsa.pem").write_text("none")
    assert run(["-C", str(archive), "key", "update"]) == Exit.USAGE

    assert read_history(archive).newest.serial == 1
    assert "Traceback" not in capsys.readouterr().err


# --- passphrases ---


def test_a_passphrase_is_put_on_changed_and_taken_off(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHRONIKA_NEW_PASSPHRASE", "первая")
    assert run(["-C", str(archive), "key", "passphrase"]) == Exit.DONE
    assert is_encrypted(archive / KEYS / LOG_KEY) and is_encrypted(archive / KEYS / ROOT_KEY)

    assert run(["-C", str(archive), "key", "rotate"]) == Exit.ERROR
    monkeypatch.setenv("KHRONIKA_PASSPHRASE", "вторая")
    assert run(["-C", str(archive), "key", "rotate"]) == Exit.ERROR
    monkeypatch.setenv("KHRONIKA_PASSPHRASE", "первая")
    assert run(["-C", str(archive), "key", "rotate"]) == Exit.DONE
    assert is_encrypted(archive / KEYS / LOG_KEY)

    assert run(["-C", str(archive), "key", "passphrase", "--remove"]) == Exit.DONE
    assert not is_encrypted(archive / KEYS / LOG_KEY)
    monkeypatch.delenv("KHRONIKA_PASSPHRASE")
    assert run(["-C", str(archive), "key", "rotate"]) == Exit.DONE


def test_a_passphrase_for_the_moved_root_key_alone(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "root.pem"
    run(["-C", str(archive), "key", "move-root", str(moved)])
    monkeypatch.setenv("KHRONIKA_NEW_PASSPHRASE", "корень")

    assert run(["-C", str(archive), "key", "passphrase", "--root", str(moved)]) == Exit.DONE

    assert is_encrypted(moved) and not is_encrypted(archive / KEYS / LOG_KEY)
    assert run(["-C", str(archive), "key", "rotate", "--root", str(moved)]) == Exit.ERROR
    monkeypatch.setenv("KHRONIKA_ROOT_PASSPHRASE", "корень")
    assert run(["-C", str(archive), "key", "rotate", "--root", str(moved)]) == Exit.DONE
    assert not is_encrypted(archive / KEYS / LOG_KEY)


def test_where_nobody_can_be_asked_the_way_is_named(
    archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KHRONIKA_NEW_PASSPHRASE", "p")
    run(["-C", str(archive), "key", "passphrase"])
    capsys.readouterr()

    for arguments in (["key", "rotate"], ["crawl", "--url", "http://127.0.0.1:9/"], ["rebuild"], ["reprocess"]):
        assert run(["-C", str(archive), *arguments]) == Exit.ERROR
        assert "PASSPHRASE" in capsys.readouterr().err


def test_on_a_terminal_a_passphrase_is_asked_for_and_not_echoed(tmp_path: Path) -> None:
    said = _on_a_terminal(["init", "archive", "--passphrase"], ["тайна", "тайна"], tmp_path)
    assert is_encrypted(tmp_path / "archive" / KEYS / LOG_KEY)
    assert "Passphrase" in said and "тайна" not in said

    said = _on_a_terminal(["-C", "archive", "key", "rotate"], ["тайна", "тайна"], tmp_path)
    assert "The log key is now" in said and "тайна" not in said

    said = _on_a_terminal(["-C", "archive", "key", "rotate"], ["wrong"], tmp_path)
    assert "expected the passphrase of root.pem, found another" in said


def _on_a_terminal(arguments: list[str], typed: list[str], folder: Path) -> str:
    """What `khronika` says on a terminal where somebody types these lines, each when there is a question."""
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "crawler", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent), "PYTHONUTF8": "1"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_take_terminal,  # noqa: PLW1509 -- an ioctl alone, and without it there is nobody to ask
    )
    os.close(theirs)
    said = b""
    left = list(typed)
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        if not piece:
            break
        said += piece
        if left and piece.rstrip().endswith(b":"):
            os.write(ours, left.pop(0).encode() + b"\n")
    program.wait(timeout=60)
    os.close(ours)
    return said.decode("utf-8", "replace")


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
