"""A log that was put back from an older copy than the WARCs: what it lacks is logged again, and marked."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from disk_faults import Faults, disk, kill
from key_samples import problems
from page_server import PageServer

from archive.collection import Collection
from archive.entry import RecordEntry, SealEntry, parse_entry
from crawler.cli import Exit, run


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    server = PageServer({f"/{n}": f"<html><body><p>Page {n}.</p></body></html>" for n in range(4)})
    yield server
    server.close()


@pytest.fixture
def archive(tmp_path: Path, server: PageServer) -> Path:
    """A collection of two crawls with the log of the first."""
    folder = tmp_path / "archive"
    assert run(["-q", "init", str(folder)]) == Exit.DONE
    assert run(["-q", "-C", str(folder), "crawl", "--url", server.url("/1")]) == Exit.DONE
    shutil.copytree(folder / "log", tmp_path / "backup")
    assert run(["-q", "-C", str(folder), "crawl", "--url", server.url("/2")]) == Exit.DONE
    shutil.rmtree(folder / "log")
    shutil.copytree(tmp_path / "backup", folder / "log")
    return folder


def verdict(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Exit status of `verify`, and the kinds of what it found."""
    capsys.readouterr()
    status = run(["--json", "-C", str(folder), "verify"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return status, [line["kind"] for line in lines if line["type"] == "finding"]


def test_what_the_restored_log_lacks_is_logged_again_and_marked(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, kinds = verdict(archive, capsys)
    assert status == Exit.VERIFICATION_FAILED and "rolled-back" in kinds and "inserted" in kinds

    assert run(["--json", "-C", str(archive), "key", "rotate", "--restored"]) == Exit.DONE

    (said,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    newest = sorted(path.name for path in (archive / "archive").iterdir())[-1]
    assert [one["file"] for one in said["logged_again"]] == [newest]
    assert run(["-q", "-C", str(archive), "rebuild"]) == Exit.DONE
    assert verdict(archive, capsys) == (Exit.DONE, [])
    assert problems(archive) == []
    entries = _entries(archive)
    records = [entry for entry in entries if isinstance(entry, RecordEntry) and entry.file == newest]
    assert records and all(entry.recovered for entry in records)
    assert not any(entry.recovered for entry in entries if isinstance(entry, RecordEntry) and entry.file != newest)
    assert [entry.file for entry in entries if isinstance(entry, SealEntry)][-1] == newest


def test_the_crawls_go_on(archive: Path, server: PageServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-q", "-C", str(archive), "key", "rotate", "--restored"]) == Exit.DONE
    assert run(["-q", "-C", str(archive), "rebuild"]) == Exit.DONE
    assert run(["-q", "-C", str(archive), "crawl", "--url", server.url("/3")]) == Exit.DONE

    assert verdict(archive, capsys) == (Exit.DONE, [])


def test_without_restored_a_file_that_the_log_does_not_know_stays_a_stranger(
    archive: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, server: PageServer
) -> None:
    whole = tmp_path / "whole"
    assert run(["-q", "init", str(whole)]) == Exit.DONE
    newest = sorted((archive / "archive").iterdir())[-1]
    assert run(["-q", "-C", str(whole), "crawl", "--url", server.url("/1")]) == Exit.DONE
    shutil.copy(newest, whole / "archive")

    assert run(["-q", "-C", str(whole), "key", "rotate"]) == Exit.DONE
    assert run(["-q", "-C", str(whole), "rebuild"]) == Exit.DONE

    status, kinds = verdict(whole, capsys)
    assert status == Exit.VERIFICATION_FAILED and "inserted" in kinds


def test_a_damaged_file_is_logged_as_far_as_it_goes_and_told(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    newest = sorted((archive / "archive").iterdir())[-1]
    newest.write_bytes(newest.read_bytes()[:-20])

    assert run(["--json", "-C", str(archive), "key", "rotate", "--restored"]) == Exit.DONE

    said = json.loads(capsys.readouterr().out)
    assert said["logged_again"][0]["damage"]
    assert newest.name not in [entry.file for entry in _entries(archive) if isinstance(entry, SealEntry)]


def test_after_a_kill_it_can_be_done_again(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counted = Faults(lambda *_: None)
    shutil.copytree(archive, archive.parent / "counted")
    with disk(counted):
        run(["-q", "-C", str(archive.parent / "counted"), "key", "rotate", "--restored"])

    for at in range(0, len(counted.done), max(1, len(counted.done) // 6)):
        folder = archive.parent / f"{at}"
        shutil.copytree(archive, folder)
        child = os.fork()
        if child == 0:
            with disk(Faults(kill, at)):
                run(["-q", "-C", str(folder), "key", "rotate", "--restored"])
            os._exit(0)
        os.waitpid(child, 0)
        assert run(["-q", "-C", str(folder), "key", "rotate", "--restored"]) == Exit.DONE
        assert run(["-q", "-C", str(folder), "rebuild"]) == Exit.DONE
        assert verdict(folder, capsys) == (Exit.DONE, [])
        assert problems(folder) == []
        shutil.rmtree(folder)


def _entries(folder: Path) -> list[object]:
    with Collection.open(folder) as collection:
        return [parse_entry(octets) for _, octets in collection.log().entries()]
