"""`khronika copies`: what an archivist sees of copies on a real S3 server and in a real folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
from khronika_command import Khronika
from page_server import serving
from s3_server import ACCESS_KEY, SECRET_KEY, S3Server, s3_server

from archive.s3_connection import S3Connection
from archive.state import State
from crawler.cli import Exit, run

PAGES = {"/": "<p>Cases <a href='/17'>17</a>", "/17": "<p>Case 17: five years in a colony."}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def environment(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What boto3 finds for itself."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in server.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection with two crawls, made once."""
    path = tmp_path_factory.mktemp("crawled") / "collection"
    assert run(["-q", "init", str(path)]) == Exit.DONE
    settings = path / "khronika.toml"
    settings.write_text(
        settings.read_text("utf-8").replace("\n[crawl]\n", "\n[crawl]\nfetch-processes = 0\n", 1), "utf-8"
    )
    with serving(PAGES) as served:
        for _ in range(2):
            assert run(["-q", "-C", str(path), "crawl", "--url", served.url(), "--delay", "0"]) == Exit.DONE
    return path


class Copied(Khronika):
    """A collection that is there already."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._capsys = capsys


@pytest.fixture
def khronika(crawled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], environment: None) -> Khronika:
    """One of its own, with two crawls."""
    shutil.copytree(crawled, tmp_path / "collection")
    return Copied(tmp_path / "collection", capsys)


def bucket(khronika: Khronika, server: S3Server, name: str, *, lock: str = "", more: str = "", **made: bool) -> None:
    """A copy in a bucket of that name."""
    server.make_bucket(name, **made)
    place = f'[[copy]]\nname = "{name}"\nto = "s3://{name}/one"\nendpoint = "{server.endpoint}"\n'
    add(khronika, place + (f'lock = "{lock}"\nlock-days = 3\n' if lock else "") + more)


def folder(khronika: Khronika, name: str = "disk", more: str = "") -> Path:
    """A copy in a folder, which is there."""
    path = khronika.path.parent / name
    path.mkdir()
    add(khronika, f'[[copy]]\nname = "{name}"\nto = "../{name}"\n{more}')
    return path


def add(khronika: Khronika, text: str) -> None:
    with (khronika.path / "khronika.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"\n{text}")


def keep(khronika: Khronika, **values: object) -> None:
    settings = khronika.path / "khronika.toml"
    text = settings.read_text("utf-8")
    lines = "".join(f"{key.replace('_', '-')} = {value}\n" for key, value in values.items())
    settings.write_text(text.replace("\n[keep]\n", f"\n[keep]\n{lines}", 1), "utf-8")


def warcs(at: Path) -> list[str]:
    return sorted(path.name for path in (at / "archive").glob("*.warc.gz"))


def of_type(records: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [one for one in records if one["type"] == name]


def read_days_ago(khronika: Khronika, copy: str, days: float) -> None:
    """As if nothing had been read back since."""
    import sqlite3

    when = datetime.now(UTC) - timedelta(days=days)
    with sqlite3.connect(khronika.path / "state.sqlite") as rows:
        (sample,) = rows.execute("SELECT read_at FROM copies WHERE read_at IS NOT NULL LIMIT 1").fetchone()
        if isinstance(sample, int):
            rows.execute("UPDATE copies SET read_at = ? WHERE target = ?", (int(when.timestamp() * 10**6), copy))
        else:
            rows.execute("UPDATE copies SET read_at = ? WHERE target = ?", (when.isoformat(sep=" "), copy))


# --- list -------------------------------------------------------------------------------------------------------------


def test_without_a_copy_the_commands_say_how_one_is_made(khronika: Khronika) -> None:
    assert "khronika.toml names no copy" in khronika("copies", "list")[1]
    for word in ("push", "check"):
        status, _, err = khronika("copies", word)
        assert status == Exit.USAGE
        assert "add a [[copy]] part" in err


def test_a_copy_is_followed_from_nothing_to_all(khronika: Khronika, server: S3Server) -> None:
    bucket(khronika, server, "followed", versioned=True)
    (before,) = of_type(khronika.records("copies", "list"), "copy")
    assert (before["begun"], before["files"], before["waiting"]) == (False, 0, len(warcs(khronika.path)))

    status, out, err = khronika("copies", "push")

    assert (status, err) == (Exit.DONE, "")
    assert "followed: " in out
    assert "up to date" in out
    (after,) = of_type(khronika.records("copies", "list"), "copy")
    assert (after["waiting"], after["problems"], after["never_read"], after["versioned"]) == (0, 0, 0, True)
    assert after["levels"] == {"read": len(warcs(khronika.path))}
    assert after["files"] > len(warcs(khronika.path))
    listed = khronika("copies", "list")[1]
    assert "WARCs proved by read:" in listed
    assert SECRET_KEY not in listed + out
    assert ACCESS_KEY not in listed + out
    assert not khronika.warnings("copy")


def test_a_second_push_sends_nothing(khronika: Khronika, server: S3Server) -> None:
    bucket(khronika, server, "twice", versioned=True)
    folder(khronika)
    khronika("copies", "push")

    again = of_type(khronika.records("copies", "push"), "pushed")

    assert [(one["copy"], one["copied"], one["whole"]) for one in again] == [("twice", 0, True), ("disk", 0, True)]


def test_one_copy_is_pushed_by_its_name(khronika: Khronika) -> None:
    first, second = folder(khronika, "first"), folder(khronika, "second")

    assert khronika("copies", "push", "second")[0] == Exit.DONE

    assert warcs(second) == warcs(khronika.path)
    assert list(first.iterdir()) == []
    status, _, err = khronika("copies", "push", "fourth")
    assert status == Exit.USAGE
    assert "no copy 'fourth' in khronika.toml; known: first, second" in err


def test_keys_and_settings_are_never_among_what_is_copied(khronika: Khronika) -> None:
    plain, private = folder(khronika, "plain"), folder(khronika, "private", "private = true\n")

    assert khronika("copies", "push")[0] == Exit.DONE

    for path in (plain, private):
        assert not (path / "keys").exists()
        assert warcs(path) == warcs(khronika.path)
    assert not (plain / "khronika.toml").exists()
    assert not (plain / "state.sqlite").exists()
    assert (private / "khronika.toml").is_file()
    assert (private / "state.sqlite").is_file()


def test_a_server_that_is_not_there_is_exit_status_three(khronika: Khronika) -> None:
    path = folder(khronika)
    add(khronika, '[[copy]]\nname = "away"\nto = "s3://away/one"\nendpoint = "http://127.0.0.1:9"\n')

    status, out, _ = khronika("copies", "push")

    assert status == Exit.INCOMPLETE
    assert "away: 0 files copied" in out
    assert "disk: " in out
    assert warcs(path) == warcs(khronika.path)
    assert khronika("copies", "check")[0] == Exit.INCOMPLETE


# --- check ------------------------------------------------------------------------------------------------------------


def test_a_check_reads_what_is_due_and_no_more(khronika: Khronika) -> None:
    folder(khronika)
    khronika("copies", "push")
    assert "disk: nothing is due today" in khronika("copies", "check")[1]
    read_days_ago(khronika, "disk", 15)
    keep(khronika, check_days=30)

    (some,) = of_type(khronika.records("copies", "check"), "checked")
    (none,) = of_type(khronika.records("copies", "check"), "checked")
    (everything,) = of_type(khronika.records("copies", "check", "--all"), "checked")

    assert 0 < some["files"] < everything["files"]
    assert (none["files"], none["problems"]) == (0, 0)
    read_days_ago(khronika, "disk", 31)
    (overdue,) = of_type(khronika.records("copies", "check"), "checked")
    assert overdue["files"] == everything["files"]


@pytest.mark.parametrize("words", [("--share", "50"), ("--budget", "1K")])
def test_a_share_or_a_budget_may_be_given(khronika: Khronika, words: tuple[str, ...]) -> None:
    folder(khronika)
    khronika("copies", "push")

    (some,) = of_type(khronika.records("copies", "check", *words), "checked")
    (everything,) = of_type(khronika.records("copies", "check", "--all"), "checked")

    assert 0 < some["files"] < everything["files"]
    status, _, err = khronika("copies", "check", "--all", *words)
    assert status == Exit.USAGE
    assert "exclude each other" in err


def test_a_budget_that_is_none_is_refused(khronika: Khronika) -> None:
    folder(khronika)

    status, _, err = khronika("copies", "check", "--budget", "much")

    assert status == Exit.USAGE
    assert "--budget: expected a number of bytes" in err


def test_a_flipped_byte_in_a_folder_is_named_shown_and_mended(khronika: Khronika) -> None:
    path = folder(khronika)
    khronika("copies", "push")
    damaged = path / "archive" / warcs(path)[0]
    damaged.chmod(0o600)
    octets = damaged.read_bytes()
    damaged.write_bytes(octets[:50] + bytes([octets[50] ^ 1]) + octets[51:])

    status, out, _ = khronika("copies", "check", "--all")

    assert status == Exit.VERIFICATION_FAILED
    assert f"disk: archive/{damaged.name}: damaged: expected sha256:" in out
    (problem,) = of_type(khronika.records("copies", "list"), "problem")
    assert (problem["copy"], problem["file"], problem["kind"]) == ("disk", f"archive/{damaged.name}", "damaged")
    assert khronika("copies", "check")[0] == Exit.VERIFICATION_FAILED, "as long as it is not mended"

    khronika("copies", "push")

    assert damaged.read_bytes() == octets
    assert khronika("copies", "check", "--all")[0] == Exit.DONE
    assert of_type(khronika.records("copies", "list"), "problem") == []
    (mended,) = of_type(khronika.records("-v", "copies", "list"), "problem")
    assert mended["mended_at"] is not None


def test_the_place_of_another_collection_is_left_alone(khronika: Khronika) -> None:
    path = folder(khronika)
    mark = path / "khronika-copy"
    mark.write_text(f"{'0' * 32} khronika.example/another\n", "utf-8")

    status, out, _ = khronika("copies", "push")

    assert status == Exit.VERIFICATION_FAILED
    assert "disk: 0 files copied" in out
    assert [one.name for one in path.iterdir()] == ["khronika-copy"]


def test_what_is_damaged_below_the_server_is_found(
    khronika: Khronika, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket(khronika, server, "below", versioned=True)
    khronika("copies", "push")
    name = warcs(khronika.path)[0]
    server.flip_on_disk((khronika.path / "archive" / name).read_bytes()[:2000])
    # a file that is damaged on its disk is tried again and again, and longer each time
    monkeypatch.setattr(S3Connection, "__init__", partialmethod(S3Connection.__init__, attempts=1))

    status, out, _ = khronika("copies", "check", "--all")

    assert status == Exit.VERIFICATION_FAILED
    assert f"below: archive/{name}: " in out


def test_what_somebody_deleted_or_put_over_is_found(khronika: Khronika, server: S3Server) -> None:
    bucket(khronika, server, "touched", versioned=True)
    khronika("copies", "push")
    first, second = warcs(khronika.path)[:2]
    server.client().delete_object(Bucket="touched", Key=f"one/archive/{first}")
    server.client().put_object(Bucket="touched", Key=f"one/archive/{second}", Body=b"not it")

    status, out, _ = khronika("copies", "check", "--all")

    assert status == Exit.VERIFICATION_FAILED
    assert f"touched: archive/{first}: deleted: " in out
    assert f"touched: archive/{second}: overwritten: " in out


def test_a_log_there_that_was_put_back_is_found(khronika: Khronika) -> None:
    path = folder(khronika)
    khronika("copies", "push")
    shutil.copytree(path, path.with_name("earlier"))
    with serving(PAGES) as served:
        khronika("crawl", "--url", served.url(), "--delay", "0")
    khronika("copies", "push")
    for file in sorted((path.with_name("earlier") / "log").rglob("*")):
        if file.is_file():
            to = path / file.relative_to(path.with_name("earlier"))
            to.chmod(0o600) if to.exists() else to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(file.read_bytes())

    status, out, _ = khronika("copies", "check")

    assert status == Exit.VERIFICATION_FAILED
    assert "disk: the place itself: rolled back: expected a log of at least" in out


# --- extend -----------------------------------------------------------------------------------------------------------


def test_a_lock_is_made_longer_and_read_back_and_never_shorter(khronika: Khronika, server: S3Server) -> None:
    bucket(khronika, server, "extended", lock="governance", locked=True)
    folder(khronika)
    khronika("copies", "push")
    (before,) = [one for one in of_type(khronika.records("copies", "list"), "copy") if one["copy"] == "extended"]

    status, out, _ = khronika("copies", "extend", "--days", "40")

    assert status == Exit.DONE
    assert f"extended: {len(warcs(khronika.path))} files locked for longer, 0 were as long" in out
    (after,) = [one for one in of_type(khronika.records("copies", "list"), "copy") if one["copy"] == "extended"]
    assert after["lock_until"] > before["lock_until"]
    told = server.client().get_object_retention(Bucket="extended", Key=f"one/archive/{warcs(khronika.path)[0]}")
    assert f"{told['Retention']['RetainUntilDate']:%Y-%m-%d}" == after["lock_until"][:10]
    assert "0 files locked for longer" in khronika("copies", "extend")[1]
    assert khronika("copies", "check", "--all")[0] == Exit.DONE


def test_a_lock_that_was_made_shorter_there_is_not_taken_for_long_enough(khronika: Khronika, server: S3Server) -> None:
    bucket(khronika, server, "shortened", lock="governance", locked=True)
    khronika("copies", "push")
    khronika("copies", "extend", "--days", "40")
    where: dict[str, Any] = {"Bucket": "shortened", "Key": f"one/archive/{warcs(khronika.path)[0]}"}
    client = server.client()
    soon = {"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(hours=2)}
    client.put_object_retention(**where, Retention=soon, BypassGovernanceRetention=True)

    status, out, _ = khronika("copies", "extend", "--days", "30")

    assert status == Exit.DONE
    assert f"shortened: 1 file locked for longer, {len(warcs(khronika.path)) - 1} were as long" in out
    until = client.get_object_retention(**where)["Retention"]["RetainUntilDate"]
    assert until > datetime.now(UTC) + timedelta(days=29)


def test_where_no_lock_is_asked_for_none_is_made(khronika: Khronika) -> None:
    folder(khronika)

    for words in (("extend",), ("extend", "disk")):
        status, _, err = khronika("copies", *words)
        assert status == Exit.USAGE
        assert "khronika.toml asks for no lock at" in err


# --- release ----------------------------------------------------------------------------------------------------------


def test_nothing_is_released_where_the_settings_do_not_say_so(khronika: Khronika) -> None:
    folder(khronika)
    khronika("copies", "push")

    status, _, err = khronika("copies", "release")

    assert status == Exit.USAGE
    assert 'nothing is released: [keep] says local = "always"' in err
    assert warcs(khronika.path)


@pytest.fixture
def twofold(khronika: Khronika, server: S3Server, request: pytest.FixtureRequest) -> Khronika:
    """Two copies, on a server with locks and in a folder; what is safe may go."""
    name = f"twofold-{abs(hash(request.node.name)) % 10**9}"
    bucket(khronika, server, name, lock="governance", locked=True)
    folder(khronika)
    keep(khronika, local='"copied"', days=0)
    return khronika


def test_what_is_safe_at_two_places_goes_and_the_collection_stays_sound(twofold: Khronika) -> None:
    names = warcs(twofold.path)
    assert twofold("copies", "release")[0] == Exit.DONE
    assert warcs(twofold.path) == names, "nothing was copied yet"
    assert twofold("copies", "push")[0] == Exit.DONE
    history = twofold("changes")[1]

    dry = of_type(twofold.records("copies", "release", "--dry-run"), "release")
    assert [(one["released"], one["why"], len(one["copies"])) for one in dry] == [(False, "", 2)] * len(names)
    assert warcs(twofold.path) == names
    status, out, _ = twofold("copies", "release")

    assert status == Exit.DONE
    assert f"{len(names)} files gone" in out
    assert warcs(twofold.path) == []
    (told,) = of_type(twofold.records("copies", "list"), "released")
    assert told["files"] == len(names)
    assert twofold("changes")[1] == history
    assert twofold("verify")[0] == Exit.DONE
    assert twofold("copies", "check", "--all")[0] == Exit.DONE
    assert "0 files gone" in twofold("copies", "release")[1]


def test_a_crawl_goes_on_after_a_release(twofold: Khronika) -> None:
    twofold("copies", "push")
    twofold("copies", "release")

    with serving(PAGES) as served:
        status, _, err = twofold("crawl", "--url", served.url(), "--delay", "0")

    assert status == Exit.DONE, err
    assert len(warcs(twofold.path)) == 1
    assert twofold("verify")[0] == Exit.DONE


def test_a_file_that_is_damaged_at_one_of_two_copies_is_not_released(twofold: Khronika) -> None:
    twofold("copies", "push")
    names = warcs(twofold.path)
    there = twofold.path.parent / "disk" / "archive" / names[0]
    there.chmod(0o600)
    there.write_bytes(there.read_bytes()[:-1] + b"\xff")

    status, out, _ = twofold("copies", "release")

    assert status == Exit.VERIFICATION_FAILED
    assert f"stays: archive/{names[0]}: expected 2 good copies, found 1; disk: damaged" in out
    assert warcs(twofold.path) == names[:1]


def test_a_copy_that_cannot_be_asked_keeps_everything_here(twofold: Khronika) -> None:
    twofold("copies", "push")
    names = warcs(twofold.path)
    (twofold.path.parent / "disk").rename(twofold.path.parent / "away")

    status, out, _ = twofold("copies", "release")

    assert status == Exit.INCOMPLETE
    assert "disk: it could not be looked at" in out
    assert warcs(twofold.path) == names


def test_two_folders_on_one_disk_are_no_two_places(khronika: Khronika) -> None:
    folder(khronika, "first")
    folder(khronika, "second")
    keep(khronika, local='"copied"', days=0)
    khronika("copies", "push")

    status, out, _ = khronika("copies", "release")

    assert status == Exit.DONE
    assert "second: at the same place as first" in out
    assert warcs(khronika.path)


def test_one_bucket_by_two_names_of_its_server_is_one_place(khronika: Khronika, server: S3Server) -> None:
    bucket(khronika, server, "twice")
    by_name = server.endpoint.replace("127.0.0.1", "localhost") + "/"
    assert by_name.rstrip("/") != server.endpoint
    add(khronika, f'[[copy]]\nname = "other"\nto = "s3://twice/two"\nendpoint = "{by_name}"\n')
    keep(khronika, local='"copied"', days=0)
    khronika("copies", "push")

    status, out, _ = khronika("copies", "release")

    assert status == Exit.DONE
    assert "other: at the same place as twice" in out
    assert warcs(khronika.path)


def test_a_kill_between_row_and_file_is_settled_at_the_next_start(twofold: Khronika) -> None:
    twofold("copies", "push")
    name = f"archive/{warcs(twofold.path)[0]}"
    with State.open(twofold.path, readonly=False) as state:
        copy = state.copies.copy("disk", name)
        assert copy is not None
        state.copies.release(name, copy.size, copy.digest, datetime.now(UTC))

    status, _, err = twofold("copies", "release")

    assert status == Exit.DONE
    assert f"{name}: an earlier release was broken off" in err
    assert warcs(twofold.path) == []
