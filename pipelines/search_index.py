"""The index of a search: `search.sqlite` in the collection, derived from the readings and from nothing else.

It holds no text, but for each reading the words of its blocks in two columns of an FTS5 table, position by position:

    plain   the plain forms (`pipelines/stems.py`): `приговорил`
    stems   the stems, each with the language of the span that the word stands in: `ru·приговор`

and the same of the side blocks. So a Russian address in an English page is found by Russian stems, and a word can be
asked for in one language. `¶` stands between blocks: no phrase goes from one to the next. Which readings are in it, and
up to which mark of the catalogue, it knows itself; one that is lost, damaged or of another version is made again.

SQLite's own query language is written here alone, from words that consist of letters and digits.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice, product
from pathlib import Path
from typing import Any, Final

from archive.errors import StorageError
from pipelines.name_forms import name_forms
from pipelines.search_query import Query, Term
from pipelines.stems import Token, bare, stem, tokens

NAME: Final = "search.sqlite"
VERSION: Final = "1"
"""Of the tables and of what is a word and a stem; raised when either is another."""

BUSY_SECONDS: Final = 60.0
CACHE_KIB: Final = 32_768
PHRASES: Final = 64
"""Ways in one language that a phrase with names in it is looked for at most."""

_GAP: Final = "¶"
_NOTHING: Final = "¶¶"
_TABLES: Final = """
CREATE TABLE about (version TEXT NOT NULL, mark TEXT);
CREATE TABLE languages (code TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE readings (
    id INTEGER PRIMARY KEY, record_id TEXT NOT NULL UNIQUE, page TEXT NOT NULL, url TEXT NOT NULL, site TEXT NOT NULL,
    captured_at TEXT NOT NULL, content TEXT NOT NULL
);
CREATE TABLE streams (id INTEGER PRIMARY KEY, octets BLOB NOT NULL);
CREATE VIRTUAL TABLE words USING fts5(plain, stems, side_plain, side_stems, content='', tokenize='ascii');
"""
_COLUMNS: Final = {False: ("{plain}", "{stems}"), True: ("{plain side_plain}", "{stems side_stems}")}


class IndexDamagedError(Exception):
    """The file is no index of this version: it is to be made again. Never seen outside of what keeps the index."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """A reading to be entered."""

    record_id: str
    page: str
    """One text for all captures of a page."""
    url: str
    site: str
    captured_at: str
    content: str
    """What tells one reading of the capture from another."""
    record: Mapping[str, Any]
    """The reading as `Reading.to_record` has it."""


@dataclass(frozen=True, slots=True)
class Match:
    """A reading in which everything was found."""

    record_id: str
    page: str
    url: str
    site: str
    captured_at: str
    score: float
    """Higher is better; only good for an order."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a reading that phrases stay within: a block, or the title where no block says it."""

    where: str
    """`text`, `title`, or the number of a side block: `b12`."""
    text: str
    offset: int
    """What is added to places in `text` to make them places of `where`."""
    starts: Sequence[int]
    """Where in `text` another language begins."""
    languages: Sequence[str]

    @property
    def is_side(self) -> bool:
        """Whether it stands around the main text."""
        return self.where not in {"text", "title"}

    def words(self) -> Iterator[tuple[Token, str]]:
        """The words, each with its language."""
        if len(self.languages) == 1:
            for token in tokens(self.text):
                yield token, self.languages[0]
            return
        for token in tokens(self.text):
            yield token, self.languages[max(bisect_right(self.starts, token.start) - 1, 0)]


def segments(record: Mapping[str, Any]) -> Iterator[Segment]:
    """The segments of a reading, in the order of the page."""
    text, title = record["text"], record["title"]
    if title and title not in text:
        yield Segment("title", title, 0, (0,), (record["language"],))
    spans = record["spans"]
    starts = [span["start"] for span in spans]
    for n, block in enumerate(record["blocks"]):
        if block["level"] != "main":
            yield Segment(f"b{n}", block["text"], 0, (0,), (block["language"],))
            continue
        start, end = block["start"], block["end"]
        first = max(bisect_right(starts, start) - 1, 0)
        inside = [span for span in spans[first:] if span["start"] < end] if first + 1 < len(spans) else spans[first:]
        own = [max(span["start"] - start, 0) for span in inside] or [0]
        languages = [span["language"] for span in inside] or [block["language"]]
        yield Segment("text", text[start:end], start, own, languages)


@lru_cache(262_144)
def key(lower: str, language: str) -> str:
    """A stem with its language, as the index has it."""
    return f"{language}·{stem(lower, language)}"


def _streams(record: Mapping[str, Any]) -> tuple[list[str], set[str]]:
    """The four columns of a reading, and its languages."""
    columns: list[list[str]] = [[], [], [], []]
    seen: set[str] = set()
    for segment in segments(record):
        plain, stems = columns[2:] if segment.is_side else columns[:2]
        seen.update(segment.languages)
        for token, language in segment.words():
            plain.append(bare(token.lower))
            stems.append(key(token.lower, language))
        plain.append(_GAP)
        stems.append(_GAP)
    return [" ".join(column) for column in columns], seen


# --- what is looked for -----------------------------------------------------------------------------------------------


class Sought:
    """A query against the languages that an index has: what SQLite is asked, and where the words are in a text."""

    def __init__(self, query: Query, languages: Iterable[str], *, only: str | None = None, side: bool = False) -> None:
        """`only`: words in this language alone; `side`: also in what stands around the main text."""
        self._query = query
        self.languages = [only] if only is not None else sorted(languages)
        self._only = only
        self._side = side
        self._words = {word: self._ways(word) for term in query.terms for word in term.words}

    @property
    def has_prefix(self) -> bool:
        """Whether a word is asked for by its beginning, of which the index does not know the language."""
        return any(term.prefix for term in self._query.terms)

    def expression(self, has: Callable[[str], bool]) -> str:
        """What FTS5 is asked. `has`: whether the index has a word; no time goes into forms that it has not."""
        groups = [" OR ".join(self._term(term, has) for term in group) for group in self._query.groups]
        asked = " AND ".join(f"({group})" for group in groups)
        if self._query.without:
            asked = f"({asked}) NOT ({' OR '.join(self._term(term, has) for term in self._query.without)})"
        return asked

    def _term(self, term: Term, has: Callable[[str], bool]) -> str:
        plain, stems = _COLUMNS[self._side]
        words = [bare(word) for word in term.words]
        exact = f"{plain} : {_phrase(words)}"
        if term.prefix:
            return f"({exact} *)"
        if len(words) > 1:
            ways = dict.fromkeys(way for language in self.languages for way in self._phrases(term, language, has))
            keys = f"{stems} : ({' OR '.join(ways)})"
        else:
            forms, of_stems = self._words.get(term.words[0]) or self._ways(term.words[0])
            exact = f"{plain} : ({_any(filter(has, forms)) or _phrase(words)})"
            ways = dict.fromkeys(f'"{way}"' for way in sorted(filter(has, of_stems)))
            keys = f"{stems} : ({' OR '.join(ways)})"
        if not ways:
            # nothing has it: a word that is in no text
            return f'({plain} : "{_NOTHING}")' if self._only else f"({exact})"
        return f"({keys})" if self._only else f"({exact} OR {keys})"

    def _ways(self, word: str) -> tuple[frozenset[str], frozenset[str]]:
        """The plain forms and the keys that a word is found by. Other forms of a name are not cut to their stems, which
        other words may have, unless there is nothing else to go by."""
        plain = bare(word)
        forms, keys = {plain}, set()
        for language in self.languages:
            keys.add(key(word, language))
            others = name_forms(plain, language)
            forms |= others
            if self._only:
                keys.update(key(other, language) for other in others)
        return frozenset(forms), frozenset(keys)

    def _phrases(self, term: Term, language: str, has: Callable[[str], bool]) -> Iterator[str]:
        """A phrase by stems, a name in it by the stems of all its forms."""
        ways = []
        for word in term.words:
            own = key(word, language)
            others = _keys_in_phrase(word, language) - {own}
            ways.append([way for way in (own, *sorted(others)) if has(way)])
        yield from map(_phrase, islice(product(*ways), PHRASES))

    def hits(self, segment: Segment) -> list[tuple[int, int, str]]:
        """Start, end and language of each word or phrase of the query in a segment, in order, none within another."""
        if segment.is_side and not self._side:
            return []
        words = list(segment.words())
        found = [hit for term in self._query.terms for hit in self._hits_of(term, words)]
        found.sort(key=lambda hit: (hit[0], -hit[1]))
        kept: list[tuple[int, int, str]] = []
        for hit in found:
            if not kept or hit[0] >= kept[-1][1]:
                kept.append(hit)
        return [(segment.offset + start, segment.offset + end, language) for start, end, language in kept]

    def _hits_of(self, term: Term, words: Sequence[tuple[Token, str]]) -> Iterator[tuple[int, int, str]]:
        length = len(term.words)
        for at in range(len(words) - length + 1):
            if all(self._is(term, n, *words[at + n]) for n in range(length)):
                yield words[at][0].start, words[at + length - 1][0].end, words[at][1]

    def _is(self, term: Term, n: int, token: Token, language: str) -> bool:
        """Whether a word of a text is the `n`-th of a term."""
        if self._only is not None and language != self._only:
            return False
        word, plain = term.words[n], bare(token.lower)
        if term.prefix:
            whole = n < len(term.words) - 1
            return plain == bare(word) if whole else plain.startswith(bare(word))
        own = key(token.lower, language)
        if len(term.words) > 1:
            return plain == bare(word) or own in _keys_in_phrase(word, language)
        forms, keys = self._words[word]
        return (self._only is None and plain in forms) or own in keys


@lru_cache(1_024)
def _keys_in_phrase(word: str, language: str) -> frozenset[str]:
    """The keys in one language that a word is found by in a phrase, where words beside it tell it from others."""
    forms = name_forms(bare(word), language)
    return frozenset((key(word, language), *(key(form, language) for form in forms)))


def _phrase(words: Iterable[str]) -> str:
    return '"' + " ".join(words) + '"'


def _any(words: Iterable[str]) -> str:
    return " OR ".join(f'"{word}"' for word in sorted(words))


# --- the file ---------------------------------------------------------------------------------------------------------


class SearchIndex:
    """The index of one collection, opened for writing; a context manager.

    Raises IndexDamagedError where the file is to be made again, StorageError where the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _said(path):
            self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self) -> None:
        ask = self._connection.execute
        # what is deleted is overwritten with zeros
        ask("PRAGMA secure_delete = ON")
        ask("PRAGMA journal_mode = WAL")
        ask(f"PRAGMA cache_size = -{CACHE_KIB}")
        # derived: a power cut costs work, and no truth
        ask("PRAGMA synchronous = NORMAL")
        with self.writing():
            if ask("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                for statement in _TABLES.split(";\n"):
                    if statement.strip():
                        ask(statement)
                ask("INSERT INTO about VALUES (?, NULL)", (VERSION,))
        found = ask("SELECT version FROM about").fetchone()
        if found is None or found[0] != VERSION:
            raise IndexDamagedError(f"expected version {VERSION}, found {found and found[0]}")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> SearchIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction."""
        with _said(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @property
    def mark(self) -> str | None:
        """Up to where in the catalogue's readings it goes; None where nothing is in it."""
        with _said(self.path):
            mark: str | None = self._connection.execute("SELECT mark FROM about").fetchone()[0]
            return mark

    def put_mark(self, mark: str) -> None:
        """Note up to where it goes; within `writing`."""
        self._connection.execute("UPDATE about SET mark = ?", (mark,))

    def put(self, one: Indexed) -> None:
        """Enter a reading, in place of an older one of its capture; within `writing`."""
        ask = self._connection.execute
        known = ask("SELECT page, content FROM readings WHERE record_id = ?", (one.record_id,)).fetchone()
        if known == (one.page, one.content):
            return
        self._take_out(one.record_id)
        columns, languages = _streams(one.record)
        row = (one.record_id, one.page, one.url, one.site, one.captured_at, one.content)
        made = ask(
            "INSERT INTO readings (record_id, page, url, site, captured_at, content) VALUES (?, ?, ?, ?, ?, ?)", row
        )
        # beside the rows that a search goes through, which stay small
        streams = zlib.compress(json.dumps(columns, ensure_ascii=False).encode(), 1)
        ask("INSERT INTO streams VALUES (?, ?)", (made.lastrowid, streams))
        ask(
            "INSERT INTO words (rowid, plain, stems, side_plain, side_stems) VALUES (?, ?, ?, ?, ?)",
            (made.lastrowid, *columns),
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO languages VALUES (?)", [(code,) for code in sorted(languages)]
        )

    def _take_out(self, record_id: str) -> bool:
        ask = self._connection.execute
        row = ask(
            "SELECT id, octets FROM readings JOIN streams USING (id) WHERE record_id = ?", (record_id,)
        ).fetchone()
        if row is None:
            return False
        columns = json.loads(zlib.decompress(row[1]))
        # a table without content is told what it had (FTS5, 6.2)
        ask(
            "INSERT INTO words (words, rowid, plain, stems, side_plain, side_stems) VALUES ('delete', ?, ?, ?, ?, ?)",
            (row[0], *columns),
        )
        ask("DELETE FROM readings WHERE id = ?", (row[0],))
        ask("DELETE FROM streams WHERE id = ?", (row[0],))
        return True

    def take_out(self, record_id: str) -> bool:
        """Take out a reading; whether it was there. Within `writing`."""
        return self._take_out(record_id)

    def erase(self, record_ids: Iterable[str]) -> bool:
        """Take out readings so that nothing of them is left in the file or its journal.

        False where another process keeps the journal from being emptied.
        """
        with self.writing():
            for record_id in record_ids:
                self._take_out(record_id)
        # also where nothing was there: a run that was stopped may have come as far as here
        with _said(self.path):
            # one segment is made of all: what was deleted is in none of them then, nor in the file after VACUUM
            self._connection.execute("INSERT INTO words (words) VALUES ('optimize')")
            self._connection.execute("VACUUM")
            (busy, _, _) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def record_ids(self) -> set[str]:
        """Of all that is in it."""
        with _said(self.path):
            return {row[0] for row in self._connection.execute("SELECT record_id FROM readings")}

    def languages(self) -> list[str]:
        """The languages that words in it are in."""
        with _said(self.path):
            return [row[0] for row in self._connection.execute("SELECT code FROM languages ORDER BY code")]

    def find(self, sought: Sought, *, site: str | None = None) -> list[Match]:
        """Every reading in which all is found, the best first."""
        if not sought.languages:
            return []  # nothing has been read
        question = (
            "SELECT record_id, page, url, site, captured_at, score FROM "
            "(SELECT rowid AS found, -bm25(words, 2.0, 1.0, 1.0, 0.5) AS score FROM words WHERE words MATCH ?) "
            "JOIN readings ON id = found"
        )
        values: list[str] = [sought.expression(cache(self._has))]
        if site is not None:
            question += " WHERE site = ?"
            values.append(site)
        with _said(self.path):
            rows = self._connection.execute(question, values).fetchall()
        matches = [Match(row[0], row[1], row[2], row[3], row[4], round(row[5], 4)) for row in rows]
        # in an order that no machine's last digit decides
        matches.sort(key=lambda one: one.record_id)
        matches.sort(key=lambda one: (one.score, one.captured_at), reverse=True)
        return matches

    def _has(self, word: str) -> bool:
        with _said(self.path):
            found = self._connection.execute("SELECT 1 FROM words WHERE words MATCH ? LIMIT 1", (f'"{word}"',))
            return found.fetchone() is not None


@contextlib.contextmanager
def _said(path: Path) -> Iterator[None]:
    """SQLite's errors as ours: the disk's, or the file's."""
    try:
        yield
    except sqlite3.Error as error:
        code = int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
        if "no such module" in str(error):
            raise StorageError("search needs SQLite with FTS5, which this Python was built without") from error
        if code in _OF_THE_DISK:
            raise StorageError(f"{path.name}: {_OF_THE_DISK[code]}") from error
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} or "no such table" in str(error):
            raise IndexDamagedError(str(error)) from error
        raise
    except (zlib.error, ValueError) as error:
        raise IndexDamagedError(str(error)) from error


_OF_THE_DISK: Final = {
    sqlite3.SQLITE_FULL: "no room left on the disk",
    sqlite3.SQLITE_READONLY: "cannot be written here (read-only file, folder or disk)",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk refused to read or write",
    sqlite3.SQLITE_BUSY: f"another process has held it for {BUSY_SECONDS:.0f} s",
    sqlite3.SQLITE_LOCKED: "another process holds it",
}
