"""A catalogue on a PostgreSQL server: what a server does that a file does not, and that both answer the same."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from archive_samples import URL, collection, crawled, derive, page, put, status, timeout, told
from catalogue_places import KeptInFile, KeptOnServer
from postgres_server import SCHEMA, PostgresServer, debian_programs, postgres_server

from archive.capture import Capture
from archive.catalogue import Catalogue, CrawlRow
from archive.collection import Collection
from archive.database import Server, create_database, exists, open_database
from archive.errors import CatalogueError, StorageError
from archive.transactions import Database


@pytest.fixture
def kept(postgres: PostgresServer) -> Iterator[KeptOnServer]:
    made = KeptOnServer(postgres)
    yield made
    made.close()


@pytest.fixture
def database(kept: KeptOnServer) -> Iterator[Database]:
    opened = open_database(kept.place, readonly=False, damaged=CatalogueError)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may stop, and then has to start again."""
    with postgres_server() as server:
        yield server


# --- the same answers ------------------------------------------------------------------------------------------------


ODD = (
    "http://site.example/%D0%94%D0%B5%D0%BB%D0%BE/17",
    "http://site.example/a",
    "http://site.example/B",
    "http://site.example/b",
    "http://site.example/_",
    "http://site.example/z",
    "http://site.example/" + "".join(f"{n:x}." for n in range(3_000)),
)
"""Addresses that come in another order by another collation; one that is too long for an index of PostgreSQL's."""


def test_the_same_crawls_have_the_same_answers_on_both(tmp_path: Path, kept: KeptOnServer) -> None:
    answers = []
    for place in (None, kept):
        folder = tmp_path / ("server" if place else "file")
        with collection(folder) as made:
            at = made if place is None else place.keep(made)
            _crawl(at)
            with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
                derive(at, catalogue)
            answers.append(_told(at.catalogue))

    in_file, on_server = answers
    assert on_server == in_file
    assert [row["url"] for row in in_file["pages"]] == sorted((*ODD, URL, "http://south.example/"), key=str.encode)


def _crawl(at: Collection) -> None:
    with at.writer() as writer:
        put(writer, "one", *(page(f"<p>{n}", url=url, hour=n) for n, url in enumerate(ODD)), status(404, hour=9))
        put(writer, "two", *(page(f"<p>{n}", url=url, hour=20 + n) for n, url in enumerate(ODD)), timeout(hour=29))
        put(writer, "three", *(page(f"<p>{n % 2}", url=url, hour=40 + n) for n, url in enumerate(reversed(ODD))))
        put(writer, "three", page("<p>south", url="http://south.example/", hour=50), site="south")


def _told(catalogue: Catalogue) -> dict[str, Any]:
    """All that is answered, without the ids of records, which are random."""
    names: dict[str, str] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, Capture):
            names.setdefault(value.record_id, f"record {len(names)}")
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [plain(each) for each in value]
        return names.get(value, value) if isinstance(value, str) else value

    answered = {**told(catalogue), "pages": catalogue.pages(), "captures": list(catalogue.captures())}
    unsteady = {"id", "change_id", "record_digest", "name", "file", "digest", "offset", "length", "size", "location"}
    unsteady |= {"frame", "began_at", "record_id", "refers_to", "from_record", "to_record", "event_id", "files"}

    def steady(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: steady(each) for key, each in value.items() if key not in unsteady}
        return [steady(each) for each in value] if isinstance(value, list) else value

    steady_answers: dict[str, Any] = steady(plain(answered))
    return steady_answers


@pytest.mark.parametrize("kind", ["SQLite", "PostgreSQL"])
def test_a_text_with_nul_comes_back_as_it_was(tmp_path: Path, kept: KeptOnServer, kind: str) -> None:
    with collection(tmp_path) as made:
        at = made if kind == "SQLite" else kept.keep(made)
        texts = ("text/html\0; odd", "\ufdd0", "\ufdd00", "\ufdd01\0\0")
        crawled(at, "one", page("<p>five"))
        [capture] = at.catalogue.captures_of(URL)
        with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
            for n, text in enumerate(texts):
                odd = dataclasses.replace(capture, mime=text, record_id=f"urn:uuid:{n}", error=text)
                catalogue.commit_records(capture.location.file, capture.location.offset, [], [odd])

        assert [(one.mime, one.error) for one in at.catalogue.captures_of(URL)[1:]] == [(text, text) for text in texts]


# --- the schema ------------------------------------------------------------------------------------------------------


def test_the_migrations_run_from_nothing_in_a_schema_of_its_own(postgres: PostgresServer) -> None:
    database = postgres.new_database()
    first, second = (Server(postgres.address(database), name) for name in ("north", "south"))
    create_database(first, "catalogue")
    Catalogue.create(second).close()

    with Catalogue.open(second, readonly=False) as catalogue:
        catalogue.add_crawl(CrawlRow("one", _now()))
    with Catalogue.open(first, readonly=True) as catalogue:
        assert catalogue.crawls() == []
    # nothing outside them
    named = "SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_schema !~ '^(pg_|information)'"
    assert sorted(postgres.ask(named, database=database)) == [("north",), ("south",)]


def test_debians_server_keeps_a_catalogue_too(tmp_path: Path) -> None:
    programs = debian_programs()
    if programs is None:
        pytest.skip("Debian's postgresql is not installed")
    with postgres_server(binaries=programs) as server, collection(tmp_path) as made:
        at = KeptOnServer(server).keep(made)
        crawled(at, "one", page("<p>five"), page("<p>eight", hour=1))
        with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
            derive(at, catalogue)
        assert [row.capture.url for row in at.catalogue.history(URL)] == [URL, URL]


def test_the_collation_is_that_of_octets_whatever_the_databases_own_is(kept: KeptOnServer) -> None:
    found = kept.ask(
        "SELECT DISTINCT collation_name FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND data_type = 'text'"
    )
    assert found == [("C",)]


@pytest.mark.parametrize("name", ["", "North", "a b", 'a"; DROP SCHEMA public; --', "x" * 64])
def test_a_schema_of_another_name_is_refused(name: str) -> None:
    with pytest.raises(StorageError, match="expected a name of small Latin letters"):
        Server("", name)


# --- views and transactions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("readonly", [False, True], ids=["for writing", "for reading"])
def test_a_view_stays_as_it_began_while_another_writes(kept: KeptOnServer, readonly: bool) -> None:
    asked = "SELECT count(*) FROM crawls"
    database = open_database(kept.place, readonly=readonly, damaged=CatalogueError)
    with database.asking() as connection:
        # begins nothing, and the same connection begins a view after it
        connection.exec_driver_sql(asked).scalar()
        here = "datname = current_database() AND state = 'idle in transaction'"
        assert kept.ask(f"SELECT count(*) FROM pg_stat_activity WHERE {here}") == [(0,)]
    with Catalogue.open(kept.place, readonly=False) as other, database.reading() as connection:
        before = connection.exec_driver_sql(asked).scalar()
        other.add_crawl(CrawlRow("one", _now()))
        after = connection.exec_driver_sql(asked).scalar()
    with database.reading() as connection:
        assert (before, after, connection.exec_driver_sql(asked).scalar()) == (0, 0, 1)
    database.close()


def test_writers_take_turns_and_each_sees_what_the_one_before_wrote(kept: KeptOnServer) -> None:
    """Reads what is there and adds one: two at a time would both read the same."""
    failures: list[BaseException] = []

    def count() -> None:
        opened = open_database(kept.place, readonly=False, damaged=CatalogueError)
        try:
            for _ in range(25):
                with opened.writing() as connection:
                    number = connection.exec_driver_sql("SELECT written FROM catalogue").scalar()
                    time.sleep(0.001)
                    connection.exec_driver_sql(f"UPDATE catalogue SET written = {number} + 1")
        except BaseException as error:
            failures.append(error)
        finally:
            opened.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert kept.ask("SELECT written FROM catalogue") == [(100,)]


def test_a_writer_that_waits_too_long_is_told_so(
    kept: KeptOnServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.postgresql.BUSY_SECONDS", 1.0)
    other = open_database(kept.place, readonly=False, damaged=CatalogueError)
    with database.writing(), pytest.raises(StorageError, match="another process has held it for 1 s"), other.writing():
        raise AssertionError("two at a time")
    with other.writing():
        pass
    other.close()


def test_a_transaction_that_fails_leaves_nothing(kept: KeptOnServer, database: Database) -> None:
    with pytest.raises(RuntimeError), database.writing() as connection:
        connection.exec_driver_sql("UPDATE catalogue SET written = 7")
        raise RuntimeError
    assert kept.ask("SELECT written FROM catalogue") == [(0,)]


def test_a_handle_for_reading_writes_nothing_even_past_our_code(kept: KeptOnServer) -> None:
    reader = open_database(kept.place, readonly=True, damaged=CatalogueError)
    with pytest.raises(StorageError, match="opened for reading only"), reader.writing():
        pass
    with pytest.raises(StorageError, match="cannot be written here"), reader.reading() as connection:
        connection.exec_driver_sql("UPDATE catalogue SET written = 7")
    reader.close()


def test_what_the_acknowledged_is_there_after_the_server_is_killed(own_server: PostgresServer) -> None:
    kept = KeptOnServer(own_server)
    # a server that is set to acknowledge before it syncs is asked to sync all the same
    own_server.ask(f"ALTER DATABASE {kept.database} SET synchronous_commit = off")
    own_server.ask("ALTER SYSTEM SET wal_writer_delay = '10s'")
    own_server.ask("SELECT pg_reload_conf()")
    with Catalogue.open(kept.place, readonly=False) as catalogue:
        for n in range(20):
            catalogue.add_crawl(CrawlRow(f"crawl {n}", _now()))
        own_server.stop(how=signal.SIGQUIT)
    own_server.start()

    assert kept.ask("SELECT count(*) FROM crawls") == [(20,)]


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_server_that_was_started_again_is_used_again_at_once(own_server: PostgresServer) -> None:
    kept = KeptOnServer(own_server)
    with Catalogue.open(kept.place, readonly=False) as catalogue:
        catalogue.add_crawl(CrawlRow("one", _now()))
        own_server.stop()
        own_server.start()
        catalogue.add_crawl(CrawlRow("two", _now()))
        assert [crawl.id for crawl in catalogue.crawls()] == ["one", "two"]


def test_a_server_that_is_gone_is_told_in_our_words(own_server: PostgresServer) -> None:
    kept = KeptOnServer(own_server)
    opened = open_database(kept.place, readonly=False, damaged=CatalogueError)
    with pytest.raises(StorageError, match="the server is gone"), opened.writing() as connection:
        own_server.stop()
        connection.exec_driver_sql("UPDATE catalogue SET written = 7")
    for ask in (exists, lambda place: Catalogue.open(place, readonly=True)):
        with pytest.raises(StorageError, match="expected a PostgreSQL server that lets this user in, found none"):
            ask(kept.place)
    own_server.start()
    assert kept.ask("SELECT written FROM catalogue") == [(0,)]
    opened.close()


@pytest.mark.parametrize(
    ("user", "password", "found"),
    [
        ("khronika", "not this one", "does not let this user in with this password"),
        ("khronika", "", "asks for a password, and none is given"),
        ("nobody-we-know", "x", "does not let this user in with this password"),
    ],
)
def test_who_may_not_in_is_told_why_and_no_password_is_shown(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, user: str, password: str, found: str
) -> None:
    monkeypatch.setenv("PGPASSFILE", os.devnull)
    place = Server(postgres.address(user=user, password=password), SCHEMA)
    with pytest.raises(StorageError, match=found) as caught:
        Catalogue.open(place, readonly=True)
    if password:
        assert "not this one" not in str(caught.value)
    assert "not this one" not in repr(place)


def test_an_address_that_is_none_is_refused_without_repeating_it() -> None:
    with pytest.raises(StorageError, match="expected an address of a PostgreSQL server") as caught:
        exists(Server("host=somewhere passwort=hush", SCHEMA))
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_does_not_sync_is_not_written_to() -> None:
    with postgres_server(settings={"fsync": "off"}) as server:
        place = Server(server.address(server.new_database()), SCHEMA)
        with pytest.raises(StorageError, match="syncs what it acknowledges, found fsync = off"):
            Catalogue.create(place)


def test_a_database_of_another_encoding_is_refused(postgres: PostgresServer) -> None:
    postgres.ask("DROP DATABASE IF EXISTS latin")
    postgres.ask("CREATE DATABASE latin TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    with pytest.raises(StorageError, match="expected a database of encoding UTF8, found SQL_ASCII"):
        Catalogue.create(Server(postgres.address("latin"), SCHEMA))


def test_a_user_who_may_not_read_is_told_so(postgres: PostgresServer, kept: KeptOnServer) -> None:
    postgres.ask("DROP ROLE IF EXISTS visitor")
    postgres.ask("CREATE ROLE visitor LOGIN PASSWORD 'visiting'")
    kept.ask(f"GRANT USAGE ON SCHEMA {SCHEMA} TO visitor")
    place = Server(postgres.address(kept.database, user="visitor", password="visiting"), SCHEMA)
    with pytest.raises(StorageError, match="the server's user may not do this"):
        Catalogue.open(place, readonly=True)
    kept.ask(f"REVOKE ALL ON SCHEMA {SCHEMA} FROM visitor")


def test_a_schema_without_our_tables_asks_for_rebuild(postgres: PostgresServer) -> None:
    database = postgres.new_database()
    postgres.ask(f"CREATE SCHEMA {SCHEMA}", database=database)
    with pytest.raises(CatalogueError, match=r"expected schema version .*, found none.*khronika rebuild"):
        Catalogue.open(Server(postgres.address(database), SCHEMA), readonly=True)


def test_a_table_that_is_gone_is_a_damaged_catalogue(kept: KeptOnServer) -> None:
    kept.ask("DROP TABLE logged")
    catalogue = Catalogue.open(kept.place, readonly=True)
    with catalogue, pytest.raises(CatalogueError, match="expected a sound catalogue on the server"):
        catalogue.logged()


def test_the_check_of_plans_sees_an_index_that_is_missing(kept: KeptOnServer, tmp_path: Path) -> None:
    with collection(tmp_path) as in_file:
        for place in (kept, KeptInFile(in_file)):
            asked = "SELECT id FROM captures WHERE page = 1"
            assert place.whole_readings(asked, None) == []
            for index in ("captures_page", "captures_payload"):
                place.ask(f"DROP INDEX {index}")
            assert place.whole_readings(asked, None) != []


def test_what_is_taken_out_is_not_said_to_be_gone_from_the_servers_journal(kept: KeptOnServer, tmp_path: Path) -> None:
    with collection(tmp_path) as made:
        at = kept.keep(made)
        [capture] = crawled(at, "one", page("<p>five"))
        with Catalogue.open(kept.place, readonly=False) as catalogue:
            catalogue.take_out([capture.record_id], [], [])
            assert catalogue.compact() is False
        assert list(at.catalogue.captures()) == []


def _now() -> Any:
    from warc_samples import BEGAN

    return BEGAN
