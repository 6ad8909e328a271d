"""The bench that fills a large catalogue by rows: they are those that the catalogue's own methods enter, and the copy
on PostgreSQL has the same."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archive_samples import change, told
from postgres_server import SCHEMA, PostgresServer

from archive.capture import RecordLocation
from archive.catalogue import Catalogue, RecordRow
from archive.database import Server
from archive.digest import digest_of_octets
from archive.warc import ClosedFile, WrittenRecord
from bench import catalogue_growth, growth_copy, growth_fill, growth_measure

CAPTURES = 600


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("growth") / "catalogue.sqlite"
    growth_fill.fill(path, CAPTURES, 7, lambda *_: None)
    return path


def test_the_rows_that_are_filled_in_are_those_that_the_catalogue_enters_itself(filled: Path, tmp_path: Path) -> None:
    with Catalogue.open(filled, readonly=True) as made, Catalogue.create(tmp_path / "own.sqlite") as own:
        _enter(made, own)
        assert made.states.due(growth_fill.STATED, 9) == own.states.due(growth_fill.STATED, 9) == []
        assert made.unread(9) == own.unread(9) == []
        assert made.uncompared(9) == own.uncompared(9) == []
        assert told(own) == told(made)
        assert own.pages() == made.pages()
    assert _rows(tmp_path / "own.sqlite") == _rows(filled)


def test_what_is_filled_in_is_mixed_as_it_is_said(filled: Path) -> None:
    with Catalogue.open(filled, readonly=True) as made:
        captures = list(made.captures())
        of_page = sorted((row.captures for row in made.pages()), reverse=True)
        changes = list(made.changes(kinds=growth_measure.TOLD))
    assert len(captures) == CAPTURES
    assert 0.5 < sum(one.is_revisit for one in captures) / CAPTURES < 0.65
    assert 0.03 < len(changes) / CAPTURES < 0.07
    # some have very many captures, most have few
    assert of_page[0] > 20 * of_page[len(of_page) // 2]
    assert {one.status for one in captures} == {200, 301, 403, 404, 503, None}


def test_the_copy_on_postgresql_has_the_same_answers(filled: Path, postgres: PostgresServer) -> None:
    server = Server(postgres.address(postgres.new_database()), SCHEMA)
    growth_copy.copy(filled, server, lambda *_: None)

    with Catalogue.open(filled, readonly=True) as made, Catalogue.open(server, readonly=True) as copied:
        assert told(copied) == told(made)
        assert copied.readings_mark() == made.readings_mark()


def test_a_short_run_measures_everything_on_both(capsys: pytest.CaptureFixture[str]) -> None:
    # not in a folder of pytest's, which nobody else can reach: the server is not run as root
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        _measured(folder, capsys)


def _measured(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--captures", "400", "--urls", "10", "--groups", "2", "--json"]
    _run([*arguments, "--keep", folder])
    first = json.loads(capsys.readouterr().out)
    _run([*arguments, "--measure", folder, "--database", "sqlite"])
    again = json.loads(capsys.readouterr().out)

    assert [one["database"] for one in first["figures"]] == ["SQLite", "PostgreSQL"]
    for one in first["figures"]:
        assert one["captures"] == 400
        assert one["capture_octets"] < one["all_octets"]
        assert {"captures", "pages"} <= one["octets"].keys()
        for name in ("inserts", "syncs", "history_p50", "cold_p50", "longest_history_time"):
            assert one[name] > 0, name
        assert one["longest_history"] > 5
    assert first["figures"][0]["changes_since"].keys() == first["figures"][1]["changes_since"].keys()
    # those that the first run entered are there now
    assert [one["captures"] for one in again["figures"]] == [400 + 2 * growth_measure.GROUP]


def _run(arguments: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["bench.catalogue_growth", *arguments])
        assert catalogue_growth.main() in {0, 1}


def _enter(made: Catalogue, own: Catalogue) -> None:
    """Enter by the catalogue's own methods what another has."""
    captures = list(made.captures())
    for crawl in made.crawls():
        own.add_crawl(crawl)
    for file in sorted(made.files(), key=lambda row: row.began_at):
        own.add_file(file.name, file.crawl, file.began_at, file.first_entry)
        records = [_written(file.name, row) for row in made.records_of(file.name)]
        mine = [one for one in captures if one.location.file == file.name]
        lots = [mine[at : at + growth_measure.GROUP] for at in range(0, len(mine), growth_measure.GROUP)]
        for lot, following in zip(lots, [*lots[1:], None], strict=True):
            end = None if following is None else following[0].location.offset
            some = [one for one in records if end is None or one.location.offset < end]
            # what the next group's first exchange rests on, or begins with, may come with this one
            records = records[len(some) :]
            size = some[-1].location.offset + some[-1].location.length
            own.commit_records(file.name, size, some, lot)
        assert file.digest is not None
        own.close_file(ClosedFile(file.name, file.size, file.digest, file.records))
    sites = {one.url: one.site for one in captures}
    own.put_identities((url, f"{sites[url]} ~{url[8:]}", f"{sites[url]} ~{url[8:]}") for url in sites)
    readings = [(one.record_id, made.reading(one.record_id)) for one in captures if not one.is_revisit]
    own.put_readings([(record_id, reading) for record_id, reading in readings if reading is not None])
    own.put_changes(list(made.changes()))
    while pairs := own.uncompared(100):
        # all that is left are revisits, of which nothing is kept but that they were compared
        found = [change(pair, weight=0.0, rules=growth_fill.COMPARED) for pair in pairs]
        own.put_changes([replace(one, edits=(), provenance={}) for one in found])
    own.settle([one.id for one in own.changes()], growth_fill.SETTLED)
    own.states.put(sorted(sites), growth_fill.STATED)


def _written(file: str, row: RecordRow) -> WrittenRecord:
    # of the records beside a capture's own no more is kept
    digest = digest_of_octets(row.record_digest.ljust(32, b"\0"))
    return WrittenRecord(
        n=row.n,
        type=row.type,
        record_id=row.record_id,
        date=growth_fill.BEGAN,
        target_uri=row.foundation,
        location=RecordLocation(file, row.offset, row.length),
        length=row.length,
        record_digest=digest,
        payload_digest=None,
    )


_CAPTURES = """
    SELECT hex(c.record_id), c.captured_at, c."offset", c.length, c.payload_length, c.payload_start, c.n, c.state,
        hex(c.record_digest), hex(c.payload), hex(c.beside), c.refers_to, c.via_url, c.error, hex(o.record_id), v.url
    FROM captures c LEFT JOIN captures o ON o.id = c.original LEFT JOIN pages v ON v.id = c.via ORDER BY c.id
"""
_PAGES = "SELECT url, url_hash, key_hash, hex(place), hex(identity) FROM pages ORDER BY url"
_VISITS = (
    "SELECT v.crawl, s.name, s.pages, v.captures, v.first_at, v.last_at FROM visits v JOIN sites s ON s.id = v.site"
)
_SHOWN = """
    SELECT c.server, hex(c.certificate), c.verdict, v.crawl, w.first_at, w.last_at
    FROM shown w JOIN visits v ON v.id = w.visit JOIN connections c ON c.id = w.connection
"""
_READ = """
    SELECT v.crawl, s.name, r.version, k.captures
    FROM read_counts k JOIN visits v ON v.id = k.visit JOIN sites s ON s.id = v.site JOIN rules r ON r.id = k.rules
    WHERE k.captures > 0
"""


def _rows(path: Path) -> dict[str, list[Any]]:
    """What lies in the tables, without the numbers of rows that were given in another order."""
    connection = sqlite3.connect(path)
    try:
        return {
            "files": connection.execute("SELECT * FROM files ORDER BY name").fetchall(),
            "captures": connection.execute(_CAPTURES).fetchall(),
            "pages": connection.execute(_PAGES).fetchall(),
            "visits": sorted(connection.execute(_VISITS)),
            "shown": sorted(connection.execute(_SHOWN)),
            "read_counts": sorted(connection.execute(_READ)),
            "sorts": sorted(connection.execute("SELECT hash, outcome, status, mime, hops FROM sorts"), key=repr),
        }
    finally:
        connection.close()
