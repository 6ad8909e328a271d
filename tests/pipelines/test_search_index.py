"""The search's index: readings come in, go out and leave nothing; what it finds stands in the text."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.errors import UsageError
from pipelines.search_index import NAME, IndexDamagedError, Indexed, SearchIndex, Sought, segments
from pipelines.search_query import parse_query

STEMS = "суд дел год колони пекар маяк смотрител закон статьь улиц двор Островерхов Алексе Павл"
ENDS = "а у ом е ы ов ами ь я ю ем й и"
SIGNS = "aбв1.*\"«»-'’()[]{}:^+~|&=<>\\/%$ \t\n\0¶·ё₂²ﬁ😀"
WORDS = (" OR ", " AND ", " NOT ", " NEAR(", "суд", "207.3")


def reading(*blocks: str | tuple[str, str], title: str | None = None, side: str = "") -> dict[str, Any]:
    """A reading of blocks, each `(text, language)` or a Russian text."""
    text, spans, told = "", [], []
    for block in blocks:
        words, language = block if isinstance(block, tuple) else (block, "ru")
        start = len(text) + (2 if text else 0)
        text += ("\n\n" if text else "") + words
        told.append({"start": start, "end": len(text), "level": "main", "language": language})
        spans.append({"start": start, "end": len(text), "language": language})
    if side:
        told.append({"start": 0, "end": 0, "level": "side", "language": "ru", "text": side})
    return {"title": title, "text": text, "language": "ru", "spans": spans, "blocks": told}


def indexed(n: int, record: dict[str, Any], content: str = "1") -> Indexed:
    url = f"https://site.example/{n}"
    return Indexed(f"urn:uuid:{n}", f"site {url}", url, "site", f"2026-11-{n + 1:02}T00:00:00.000000Z", content, record)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SearchIndex]:
    with SearchIndex(tmp_path / NAME) as index:
        yield index


def put(index: SearchIndex, *records: dict[str, Any], content: str = "1") -> None:
    with index.writing():
        for n, record in enumerate(records):
            index.put(indexed(n, record, content))


def found(index: SearchIndex, query: str, **more: Any) -> set[int]:
    sought = Sought(parse_query(query), index.languages(), **more)
    return {int(match.record_id.rpartition(":")[2]) for match in index.find(sought)}


def test_a_reading_takes_the_place_of_its_older_one(index: SearchIndex) -> None:
    put(index, reading("Суд отпустил пекаря."))
    put(index, reading("Суд оставил пекаря в колонии."), content="2")

    assert (found(index, "отпустил"), found(index, "колония"), found(index, "пекарь")) == (set(), {0}, {0})


def test_the_same_reading_is_not_read_again(index: SearchIndex) -> None:
    put(index, reading("Суд отпустил пекаря."))
    put(index, {})

    assert found(index, "пекарь") == {0}


def test_a_transaction_that_fails_leaves_nothing(index: SearchIndex) -> None:
    with pytest.raises(KeyError), index.writing():
        index.put(indexed(0, reading("Суд отпустил пекаря.")))
        index.put(indexed(1, {}))

    assert index.record_ids() == set()
    assert found(index, "пекарь") == set()


def test_a_phrase_stays_within_its_block_and_its_title(index: SearchIndex) -> None:
    put(index, reading("Суд отпустил", "пекаря домой", title="Дело первое", side="Читайте также"))

    assert found(index, '"отпустил пекаря"') == set()
    assert found(index, '"первое суд"') == set()
    assert found(index, '"дело первое" "пекаря домой"') == {0}


def test_stems_are_those_of_the_language_of_the_words(index: SearchIndex) -> None:
    put(index, reading(("He was sentenced by the courts.", "en"), ("г. Верхнегорск, Островерхову", "ru")))

    assert found(index, "court") == {0}
    assert found(index, "Верхнегорска", only="ru") == {0}
    assert found(index, "Верхнегорска", only="en") == set()
    # the Russian form is one of English letters in no page, but words of undetermined language are found all the same
    put(index, reading(("Приговоры", "und"), ("мяне", "be")), content="2")
    assert found(index, "приговор") == {0}
    assert found(index, "мяне", only="be") == {0}


def test_the_best_comes_first_and_the_order_is_always_the_same(index: SearchIndex) -> None:
    words = "и ещё много других слов, о которых никто не спрашивал и которых никто не ищет. " * 5
    put(
        index,
        reading("Пекаря искали. " + words),
        reading("Пекарь, пекарь!"),
        reading("Пекарь, пекарь!"),
        *[reading(words)] * 8,  # what is in most readings tells nothing
    )

    order = [match.record_id for match in index.find(Sought(parse_query("пекарь"), index.languages()))]

    assert order == ["urn:uuid:2", "urn:uuid:1", "urn:uuid:0"]


def test_what_the_index_finds_stands_in_the_text(index: SearchIndex) -> None:
    random_ = random.Random(1)
    stems, ends = STEMS.split(), ENDS.split()
    records = [
        reading(*(" ".join(random_.choice(stems) + random_.choice(ends) for _ in range(12)) for _ in range(4)))
        for _ in range(60)
    ]
    put(index, *records)

    tried = 0
    for _ in range(150):
        words = [random_.choice(stems) + random_.choice(ends) for _ in range(random_.choice((1, 1, 2)))]
        query = random_.choice(('"{}"', "{}", "{}*")).format(" ".join(words))
        sought = Sought(parse_query(query), index.languages())
        there = {match.record_id for match in index.find(sought)}
        for n, record in enumerate(records):
            per_term = [
                any(Sought(parse_query(one), ["ru"]).hits(part) for part in segments(record)) for one in _parts(query)
            ]
            assert all(per_term) == (f"urn:uuid:{n}" in there), (query, record["text"])
            tried += all(per_term)
    assert tried > 500


def _parts(query: str) -> list[str]:
    return [query] if query.startswith('"') else query.split()


def test_what_is_erased_leaves_no_word_in_any_file(index: SearchIndex) -> None:
    put(
        index, reading("Ждакубзов щъетрафима", title="Zzyqwurth"), *(reading(f"Слово{n} и дело") for n in range(1, 400))
    )
    files = list(index.path.parent.iterdir())
    needles = [word.encode() for word in ("дакубз", "етрафим", "zyqwurth")]
    octets = b"".join(path.read_bytes() for path in files)
    assert all(needle in octets for needle in needles)

    assert index.erase(["urn:uuid:0", "urn:uuid:none"])

    octets = b"".join(path.read_bytes() for path in index.path.parent.iterdir())
    assert [needle for needle in needles if needle in octets] == []
    assert len(found(index, "дело")) == 399
    assert len(index.record_ids()) == 399


def test_what_is_no_index_is_told_from_a_disk_that_refuses(tmp_path: Path) -> None:
    for octets in (b"no database at all, whatever it is" * 100, b"SQLite format 3\0" + b"\xff" * 5_000):
        (tmp_path / NAME).write_bytes(octets)
        with pytest.raises(IndexDamagedError):
            SearchIndex(tmp_path / NAME)
    (tmp_path / NAME).unlink()
    connection = sqlite3.connect(tmp_path / NAME)
    connection.execute("CREATE TABLE other (x)")
    connection.close()
    with pytest.raises(IndexDamagedError):
        SearchIndex(tmp_path / NAME)


def test_no_query_is_a_fault_of_the_index(index: SearchIndex) -> None:
    put(index, reading("Суд отпустил пекаря."))
    random_ = random.Random(2)
    signs = [*SIGNS, *WORDS]

    answered = 0
    for _ in range(3_000):
        query = "".join(random_.choices(signs, k=random_.randint(1, 12)))
        try:
            parse_query(query)
        except UsageError:
            continue
        found(index, query)
        answered += 1
    assert answered > 500
