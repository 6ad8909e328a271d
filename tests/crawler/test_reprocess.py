"""`khronika reprocess`: only what differs is written, labelled the extractor's; the same on any machine."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from archive_samples import URL, collection, crawled, page
from page_styles import ARTICLE, STYLES
from warc_samples import exchange

from archive.catalogue import Catalogue, ChangeRow
from archive.collection import Collection
from archive.exchange import Exchange
from archive.kinds import ChangeKind
from crawler.cli import Exit, run

LONG = f"{URL}/long"
OTHERS = {
    "application/rss+xml": (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Листок речного порта</title>'
        "<item><title>Паром</title><description>Паром пойдёт на восточный берег с мая.</description>"
        "<pubDate>Tue, 03 Mar 2026 10:00:00 +0300</pubDate></item></channel></rss>"
    ),
    "application/json": '{"title": "The ferry", "content": "<p>The ferry leaves at noon.</p>", "date": "2026-03-03"}',
    "text/plain": "The ferry leaves at noon.\n\nПаром отходит в полдень.\n",
    "text/html; charset=windows-1251": "<title>Паром</title><p>Паром отходит в полдень, сказала Ада Линдквист.</p>",
}
PAGES = len(STYLES) + 2 + len(OTHERS)
NEWER = """
import pipelines.page, pipelines.rules
pipelines.rules.RULES_VERSION = "99"
pipelines.page.TITLE_LIMIT = 60
"""
"""Rules of a later version, which read no page otherwise but one with a long title."""
HERE = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C", "LANG": "C"}
ELSEWHERE = {"PYTHONHASHSEED": "4242", "TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}


def titled(title: str) -> str:
    return f"<html><head><title>{title}</title></head><body><main>{'<p>The hearing went on.</p>' * 9}</main></body>"


def other(number: int, told: str) -> Exchange:
    """What is no page in UTF-8."""
    mime, _, charset = told.partition("; charset=")
    body = OTHERS[told].encode(charset or "utf-8")
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {told}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return exchange(f"{URL}/other/{number}", head=head, body=body, mime=mime, after=timedelta(minutes=number))


def filled(folder: Path) -> Path:
    """A collection of all made-up styles of page, of other kinds of text, and of a long title, in two crawls."""
    with collection(folder) as made:
        crawled(made, "c0", *(other(number, told) for number, told in enumerate(OTHERS)))
        pages = [page(STYLES[name](), url=f"{URL}/{name}", hour=n) for n, name in enumerate(sorted(STYLES))]
        crawled(made, "c1", *pages, page(titled("A long title " * 6), url=LONG))
        crawled(made, "c2", page(titled("Another long title " * 6), url=LONG, hour=100))
        return made.path


def khronika(
    at: Path, *words: str, newer: bool = False, where: dict[str, str] = HERE, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, by newer rules where asked for."""
    environment = {**os.environ, **where}
    if newer:
        folder = at.parent / "newer"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(NEWER)
        environment["PYTHONPATH"] = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    command = [sys.executable, "-m", "crawler", "-C", str(at), *words]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False, timeout=300)


def told(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == Exit.DONE, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def rows(at: Path) -> list[tuple[Any, ...]]:
    """The readings as the file has them."""
    with contextlib.closing(sqlite3.connect(at / "catalogue.sqlite")) as connection:
        return connection.execute("SELECT * FROM readings ORDER BY capture").fetchall()


def readings(at: Path) -> list[bytes]:
    with Catalogue.open(at / "catalogue.sqlite", readonly=True) as catalogue:
        found = [catalogue.reading(capture.record_id) for capture in catalogue.captures()]
        return [row.json for row in found if row is not None]


def changes(at: Path, *kinds: str) -> list[ChangeRow]:
    with Catalogue.open(at / "catalogue.sqlite", readonly=True) as catalogue:
        return list(catalogue.changes(kinds=kinds or None))


def files(at: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in at.rglob("*") if path.is_file()}


@dataclass(frozen=True)
class Upgrade:
    """A collection that was read, and read again by newer rules; another that only these have read, elsewhere."""

    at: Path
    fresh: Path
    before: list[tuple[Any, ...]]
    changes_before: list[ChangeRow]
    dry: list[dict[str, Any]]
    written_by_dry_run: bool
    again: list[dict[str, Any]]
    summary_of_fresh: dict[str, Any]


@pytest.fixture(scope="module")
def upgrade(tmp_path_factory: pytest.TempPathFactory) -> Upgrade:
    folder = tmp_path_factory.mktemp("upgrade")
    at, fresh = filled(folder), folder / "fresh"
    shutil.copytree(at, fresh)
    [summary] = told(khronika(at, "--json", "reprocess", "--workers", "1", cwd=Path("/")))
    assert (summary["readings"], summary["rewritten"], summary["fields"]) == (PAGES, 0, {})
    before, changes_before, octets = rows(at), changes(at), files(at)
    dry = told(khronika(at, "--json", "reprocess", "--dry-run", newer=True))
    written = files(at) != octets
    again = told(khronika(at, "--json", "reprocess", newer=True))
    command = ("--json", "reprocess", "--workers", "2")
    [of_fresh] = told(khronika(fresh, *command, newer=True, where=ELSEWHERE, cwd=folder))
    return Upgrade(at, fresh, before, changes_before, dry, written, again, of_fresh)


def test_the_same_octets_and_versions_give_the_same_readings_whatever_the_machine(upgrade: Upgrade) -> None:
    assert upgrade.summary_of_fresh["readings"] == PAGES
    assert len(readings(upgrade.at)) == PAGES
    assert readings(upgrade.at) == readings(upgrade.fresh)
    # all of the rows but the number, which counts in the order of writing
    assert [row[:-1] for row in rows(upgrade.at)] == [row[:-1] for row in rows(upgrade.fresh)]
    assert changes(upgrade.at, "edited", "same", "noise") == changes(upgrade.fresh)


def test_newer_rules_rewrite_what_differs_and_nothing_else(upgrade: Upgrade) -> None:
    *differences, summary = upgrade.again

    assert len([old for old, new in zip(upgrade.before, rows(upgrade.at), strict=True) if old == new]) == PAGES - 2
    assert [(one["url"], one["fields"], one["source"]) for one in differences] == [(LONG, ["title"], "extractor")] * 2
    assert (summary["readings"], summary["rewritten"], summary["fields"]) == (PAGES, 2, {"title": 2})
    assert all(json.loads(one)["provenance"]["rules"].startswith("99+") for one in readings(upgrade.at))


def test_what_newer_rules_read_otherwise_is_the_extractors_and_the_pages_change_stays_the_sources(
    upgrade: Upgrade,
) -> None:
    [change] = changes(upgrade.at, "edited")
    own = changes(upgrade.at, "extractor")

    assert [one.id for one in upgrade.changes_before if one.kind is ChangeKind.EDITED] == [change.id]
    assert (change.url, change.provenance["source"]) == (LONG, "source")
    assert [rules.split("+")[0] for rules in change.provenance["readings"]] == ["99"]
    assert [(one.url, one.provenance["source"], one.provenance["fields"]) for one in own] == [
        (LONG, "extractor", ["title"])
    ] * 2
    assert {one.from_record == one.to_record for one in own} == {True}
    [event] = told(khronika(upgrade.at, "--json", "events", "--type", "rereading"))
    assert event["detail"] == f"2 of {PAGES} readings are others by rules 99: title in 2"


def test_a_dry_run_says_the_same_and_writes_nothing(upgrade: Upgrade) -> None:
    *differences, summary = upgrade.dry

    assert not upgrade.written_by_dry_run
    assert differences == upgrade.again[:-1]
    assert (summary["dry_run"], summary["rewritten"], summary["fields"]) == (True, 2, {"title": 2})


def test_what_these_rules_have_read_is_not_read_again(upgrade: Upgrade) -> None:
    before = rows(upgrade.at)

    [summary] = told(khronika(upgrade.at, "--json", "reprocess", newer=True))

    assert (summary["readings"], summary["comparisons"]) == (0, 0)
    assert rows(upgrade.at) == before


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with Collection.open(filled(tmp_path)) as opened:
        yield opened


def test_one_site_or_one_time_may_be_read_alone(at: Collection, capsys: pytest.CaptureFixture[str]) -> None:
    crawled(at, "c3", page(titled("South"), url=f"{URL}/south", hour=30), site="south")
    newest = at.catalogue.captures_of(LONG)[-1]

    def reprocess(*words: str) -> tuple[int, int]:
        status = run(["--json", "-C", str(at.path), "reprocess", *words])
        out = capsys.readouterr().out
        return status, json.loads(out.splitlines()[-1])["readings"] if out else 0

    assert reprocess("--site", "south") == (Exit.DONE, 1)
    assert reprocess("--since", newest.captured_at.strftime("%Y-%m-%dT%H:%M")) == (Exit.DONE, 1)
    assert at.catalogue.reading(newest.record_id) is not None
    assert reprocess("--site", "west") == (Exit.USAGE, 0)
    assert reprocess("--since", "soon") == (Exit.USAGE, 0)
    assert reprocess("--workers", "0") == (Exit.USAGE, 0)


def test_words_for_a_person_say_what_would_differ(at: Collection, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-q", "-C", str(at.path), "reprocess", "--site", "north"]) == Exit.DONE
    config = at.path / "khronika.toml"
    entry = '[[site]]\nname = "north"\nstart = ["http://site.example/"]\n[site.selectors]\ntitle = "main p"\n'
    config.write_text(config.read_text() + entry)
    capsys.readouterr()

    assert run(["-C", str(at.path), "reprocess", "--dry-run"]) == Exit.DONE

    said = capsys.readouterr().out
    assert f"{PAGES} pages read, 0 unreadable; nothing was written." in said
    assert "readings would be another than before: " in said
    assert f"{LONG}  title" in said


def test_where_nothing_is_to_be_read_that_is_said(at: Collection, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-q", "-C", str(at.path), "reprocess"]) == Exit.DONE
    for words in ((), ("--dry-run",)):
        capsys.readouterr()
        assert run(["-C", str(at.path), "reprocess", *words]) == Exit.DONE
        assert capsys.readouterr().out.startswith("Nothing to do: ")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_stopped_in_the_middle_it_goes_on(at: Collection, how: signal.Signals) -> None:
    crawled(at, "c3", *(page(STYLES["semantic"](), url=f"{URL}/more/{n}", hour=n) for n in range(300)))
    command = [sys.executable, "-m", "crawler", "-C", str(at.path), "reprocess", "--workers", "1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 120
    while not (done := len(rows(at.path))):
        assert process.poll() is None, process.stderr
        assert time.monotonic() < end, "nothing was read"
        time.sleep(0.05)
    process.send_signal(how)
    said = process.communicate(timeout=60)[1]
    left = PAGES + 300 - len(rows(at.path))

    [summary] = told(khronika(at.path, "--json", "reprocess"))

    assert process.returncode == (Exit.INTERRUPTED if how is signal.SIGINT else -signal.SIGKILL)
    assert "Traceback" not in said
    assert done > 0
    assert summary["readings"] == left > 0
    assert len(rows(at.path)) == PAGES + 300


def test_equal_payloads_of_one_day_are_read_once_and_named_by_their_own_captures(
    at: Collection, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-q", "-C", str(at.path), "reprocess"]) == Exit.DONE
    [first] = at.catalogue.captures_of(f"{URL}/semantic")
    hour = sorted(STYLES).index("semantic")
    [again] = crawled(at, "c1", page(STYLES["semantic"](), url=first.url, hour=hour))
    [later] = crawled(at, "c1", page(STYLES["semantic"](), url=first.url, hour=24 + hour))
    capsys.readouterr()

    assert run(["--json", "-C", str(at.path), "reprocess"]) == Exit.DONE

    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (summary["readings"], summary["copied"]) == (2, 1)
    for capture in (again, later):
        assert (capture.payload_digest, capture.is_revisit) == (first.payload_digest, False)
        row = at.catalogue.reading(capture.record_id)
        assert row is not None
        reading = json.loads(row.json)
        assert reading["record_id"] == reading["provenance"]["record_id"] == capture.record_id
        assert ARTICLE[0] in reading["text"]


def test_in_a_folder_without_a_collection_nothing_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(tmp_path), "reprocess", "--dry-run"]) == Exit.NO_COLLECTION
    assert "Traceback" not in capsys.readouterr().err
