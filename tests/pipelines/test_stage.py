"""The reading stage: driven by the catalogue, in worker processes that may die, beside a writer or alone."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from archive_samples import URL, collection, crawled, page, status, told
from page_styles import ADDRESS_RU, ARTICLE, MOVED, STYLES
from warc_samples import OCCASION, exchange

from archive.catalogue import Catalogue, ChangeRow
from archive.collection import Collection
from archive.errors import ReadingError, StorageError
from archive.exchange import Made
from archive.kinds import ChangeKind
from archive.spool import Spool
from pipelines.reading import Reading
from pipelines.rules import ReadingRules
from pipelines.stage import ReadingStage
from pipelines.weight import SIGNALS
from pipelines.workers import Worker
from spiders.definition import SiteDefinition

PAGE = STYLES["semantic"]()
EDITED = STYLES["semantic"](tuple(line.replace("him to five years", "him to eight years") for line in ARTICLE))
OTHER = "http://site.example/cases/18"
SLOW = "".join(
    f"<p>Paragraph {n} of a page that takes its time, {'word ' * (n % 50)} and ends.</p>" for n in range(9000)
)
"""Takes several seconds to read."""


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        yield made


@pytest.fixture
def derived(at: Collection) -> Iterator[Catalogue]:
    with Catalogue.open(at.catalogue_path, readonly=False) as opened:
        yield opened


def run(at: Collection, derived: Catalogue, *, again: bool = False, **more: object) -> ReadingStage:
    stage = ReadingStage(at, derived, workers=1, **more)  # type: ignore[arg-type]
    stage.run_until_done(again=again)
    return stage


def words(change: ChangeRow) -> list[list[list[str]]]:
    """What was edited of the text; the fact of the case that it says stands beside it."""
    return [edit["words"] for edit in change.edits if edit["level"] == "main"]


def kinds(derived: Catalogue, url: str = URL) -> list[ChangeKind | None]:
    return [row.change_kind for row in derived.history(url)]


def test_what_was_captured_is_read(at: Collection, derived: Catalogue) -> None:
    [capture] = crawled(at, "c1", page(PAGE))

    stage = run(at, derived)

    row = derived.reading(capture.record_id)
    assert row is not None
    assert row.failed is None
    reading = Reading.from_json(row.json)
    assert ADDRESS_RU in reading.text
    assert (row.language, row.title, row.text_digest) == ("en", reading.title, reading.text_digest)
    assert (reading.record_id, reading.payload_digest) == (capture.record_id, capture.payload_digest)
    assert derived.unread(10) == []
    assert stage.counts.readings == 1


def test_an_edit_between_two_crawls_is_that_word_and_nothing_else(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", page(PAGE), page(PAGE, url=OTHER))
    crawled(at, "c2", page(EDITED, hour=2), page(PAGE, url=OTHER, hour=2))

    run(at, derived)

    changes = [change for change in derived.changes() if change.kind not in {ChangeKind.SAME, ChangeKind.NOISE}]
    assert [(change.url, change.kind.value) for change in changes] == [(URL, "edited")]
    assert words(changes[0]) == [[["-five", "+eight"]]]
    assert kinds(derived, OTHER) == [None, ChangeKind.SAME]


def test_noise_is_stored_as_noise_with_what_was_set_aside(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", page(PAGE))
    crawled(at, "c2", page(STYLES["semantic"](f=MOVED), hour=2))

    run(at, derived)

    [change] = derived.changes()
    assert change.kind is ChangeKind.NOISE
    assert change.weight == 0
    assert all(edit["set_aside"] for edit in change.edits)


def test_noise_beside_an_edit_is_kept_apart_from_it(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", page(PAGE))
    lines = tuple(line.replace("him to five years", "him to eight years") for line in ARTICLE)
    crawled(at, "c2", page(STYLES["semantic"](lines, MOVED), hour=2))

    run(at, derived)

    [change] = derived.changes()
    assert words(change) == [[["-five", "+eight"]]]
    assert change.provenance["set_aside"]


def test_a_page_that_is_taken_down_is_gone_and_then_back(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", page(PAGE))
    for n in range(2, 6):
        crawled(at, f"c{n}", status(404, hour=n))
    crawled(at, "c6", page(EDITED, hour=6))

    run(at, derived)

    rows = derived.history(URL)
    assert [row.event_kind for row in rows] == [None] * 3 + [ChangeKind.GONE, None, ChangeKind.BACK]
    assert kinds(derived) == [None] * 5 + [ChangeKind.EDITED]
    edit = next(change for change in derived.changes() if change.kind is ChangeKind.EDITED)
    assert (edit.from_record, edit.to_record) == (rows[0].capture.record_id, rows[-1].capture.record_id)
    assert words(edit) == [[["-five", "+eight"]]]


def test_binary_served_as_html_is_recorded_as_unreadable_and_the_rest_goes_on(
    at: Collection, derived: Catalogue
) -> None:
    picture = exchange(OTHER, body=b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    bad, good = crawled(at, "c1", picture, page(PAGE))

    stage = run(at, derived)

    row = derived.reading(bad.record_id)
    assert row is not None
    assert row.failed is not None
    assert "expected text" in row.failed
    assert derived.reading(good.record_id).failed is None  # type: ignore[union-attr]
    assert (stage.counts.readings, stage.counts.unreadable) == (1, 1)


def test_a_picture_that_was_replaced_weighs_what_the_model_says(at: Collection, derived: Catalogue) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n"
    for n in range(2):
        picture = exchange(OTHER, head=head, body=b"\x89PNG %d" % n, mime="image/png", after=timedelta(hours=24 * n))
        crawled(at, f"c{n}", picture)

    run(at, derived)

    [change] = derived.changes()
    assert (change.kind, change.edits[0]["field"]) == (ChangeKind.LINK, "picture")
    assert change.weight == SIGNALS["picture"].value
    assert [reason["name"] for reason in change.provenance["weight"]] == ["picture"]


def test_a_page_that_takes_too_long_is_recorded_and_the_rest_goes_on(at: Collection, derived: Catalogue) -> None:
    # A new process takes a third of a second over its first page, and longer on a machine that has other work.
    slow, good = crawled(at, "c1", page(SLOW * 12, url=OTHER), page("<p>A short page of a few words.</p>", hour=1))

    run(at, derived, time_limit=3)

    row = derived.reading(slow.record_id)
    assert row is not None
    assert row.failed == "expected an end within 3 seconds, found none"
    assert derived.reading(good.record_id).failed is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("kills", "failed"), [(1, None), (2, "two worker processes ended over it, the last with status -9")]
)
def test_a_worker_that_is_killed_costs_nothing_and_two_over_one_page_cost_that_page_only(
    at: Collection, derived: Catalogue, monkeypatch: pytest.MonkeyPatch, kills: int, failed: str | None
) -> None:
    asked: queue.SimpleQueue[int] = queue.SimpleQueue()
    ask = Worker.ask

    def tell_and_ask(worker: Worker, job: Any) -> Any:
        asked.put(worker._process.pid)
        return ask(worker, job)

    monkeypatch.setattr(Worker, "ask", tell_and_ask)
    slow, good = crawled(at, "c1", page(SLOW, url=OTHER), page(PAGE, hour=1))
    stage = ReadingStage(at, derived, workers=1)
    stage.start()
    for _ in range(kills):
        # a worker that is not ready yet has no page that it could cost
        os.kill(asked.get(timeout=60), signal.SIGKILL)
    stage.stop()

    row = derived.reading(slow.record_id)
    assert row is not None
    assert row.failed == failed
    assert derived.reading(good.record_id).failed is None  # type: ignore[union-attr]


def test_workers_that_were_killed_while_they_had_nothing_to_read_cost_no_page(
    at: Collection, derived: Catalogue
) -> None:
    crawled(at, "c1", page(PAGE))
    stage = ReadingStage(at, derived, workers=1)
    stage.start()
    until(lambda: not derived.unread(1))
    for process in multiprocessing.active_children():
        process.kill()
        process.join()
    (capture,) = crawled(at, "c2", page(EDITED, hour=2))
    stage.stop()

    row = derived.reading(capture.record_id)
    assert row is not None
    assert row.failed is None


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_a_stage_that_was_stopped_for_longer_than_a_page_may_take_blames_no_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # each look is cut short by the clock, as after a SIGSTOP, and only the last one finds the answer
    looks: list[float] = []

    class Pipe:
        def poll(self, seconds: float) -> bool:
            looks.append(seconds)
            return len(looks) == 30

    worker = Worker.__new__(Worker)
    worker._time_limit = 30.0
    worker._pipe = Pipe()  # type: ignore[assignment]

    assert worker._answered()
    assert looks == [1.0] * 30


def test_no_process_is_left_behind(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", page(PAGE))

    run(at, derived)

    assert [process for process in multiprocessing.active_children() if process.name == "reading"] == []


def test_beside_a_crawl_it_takes_what_comes_and_ends_when_all_is_done(at: Collection, derived: Catalogue) -> None:
    stage = ReadingStage(at, derived, workers=1)
    stage.start()
    for hour in range(3):
        crawled(at, f"c{hour}", page(PAGE.replace("14 witnesses", f"{hour} witnesses"), hour=hour))
        stage.wake()

    counts = stage.stop()

    assert (counts.readings, counts.comparisons, counts.changes) == (3, 2, 2)
    assert derived.unread(1) == []
    assert derived.uncompared(1) == []


def test_stopped_at_once_it_leaves_the_rest_for_the_next_run(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", *(page(PAGE, url=f"{URL}/{n}", hour=n) for n in range(60)))
    stage = ReadingStage(at, derived, workers=1)
    stage.start()
    while not stage.counts.readings:
        time.sleep(0.01)
    counts = stage.stop(finish=False)
    left = derived.unread_count()

    again = run(at, derived)

    assert 0 < left < 60
    assert counts.readings + left == 60
    assert again.counts.readings == left


def test_done_twice_it_changes_nothing(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", page(PAGE))
    crawled(at, "c2", page(EDITED, hour=2))
    run(at, derived)
    before = told(derived)

    stage = run(at, derived, again=True)

    assert stage.counts.readings == 0
    assert told(derived) == before


def test_other_rules_of_a_site_read_its_pages_again(at: Collection, derived: Catalogue) -> None:
    [capture] = crawled(at, "c1", page(PAGE), site="north")
    [other] = crawled(at, "c1", page(PAGE, url=OTHER), site="south")
    run(at, derived)

    def rules(site: str) -> ReadingRules:
        return ReadingRules(main="h1") if site == "north" else ReadingRules()

    stage = run(at, derived, again=True, rules_for_site=rules)

    assert stage.counts.readings == 1
    assert Reading.from_json(derived.reading(capture.record_id).json).text == ARTICLE[2]  # type: ignore[union-attr]
    assert ADDRESS_RU in Reading.from_json(derived.reading(other.record_id).json).text  # type: ignore[union-attr]


def test_rebuilt_from_the_warcs_readings_and_changes_are_the_same(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", page(PAGE), page(PAGE, url=OTHER))
    crawled(at, "c2", page(EDITED, hour=2), page(PAGE, url=OTHER, hour=2))
    crawled(at, "c3", status(404, hour=3))
    run(at, derived)
    before = told(derived)
    at.close()

    Collection.rebuild(at.path)
    with Catalogue.open(at.catalogue_path, readonly=False) as fresh:
        run(at, fresh)

        assert told(fresh) == before


def test_a_page_whose_record_was_damaged_is_recorded_as_unreadable(at: Collection, derived: Catalogue) -> None:
    bad, good = crawled(at, "c1", page(PAGE), page(PAGE + "<!-- 2 -->", url=OTHER))
    path = at.path_of(bad.location.file)
    octets = bytearray(path.read_bytes())
    octets[bad.location.offset + bad.location.length // 2] ^= 1
    path.write_bytes(octets)

    run(at, derived)

    assert "its record cannot be read" in str(derived.reading(bad.record_id).failed)  # type: ignore[union-attr]
    assert derived.reading(good.record_id).failed is None  # type: ignore[union-attr]


def test_a_missing_file_ends_the_stage_and_is_said_to_whoever_stops_it(at: Collection, derived: Catalogue) -> None:
    [capture] = crawled(at, "c1", page(PAGE))
    at.path_of(capture.location.file).unlink()
    stage = ReadingStage(at, derived, workers=1)
    stage.start()

    with pytest.raises(StorageError):
        stage.stop()

    assert derived.unread(10) == [capture]


def test_a_page_too_large_to_be_text_is_not_read(at: Collection, derived: Catalogue) -> None:
    [capture] = crawled(at, "c1", replace(page(PAGE), payload_length=40 << 20))

    run(at, derived)

    assert "at most" in str(derived.reading(capture.record_id).failed)  # type: ignore[union-attr]


def test_several_workers_read_the_same_as_one(tmp_path: Path) -> None:
    answers = []
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        folder.mkdir()
        with collection(folder) as at, Catalogue.open(at.catalogue_path, readonly=False) as derived:
            pages = [page(STYLES[name](), url=f"{URL}/{name}", hour=n) for n, name in enumerate(sorted(STYLES))]
            crawled(at, "c1", *pages)
            ReadingStage(at, derived, workers=workers).run_until_done()
            rows = [derived.reading(capture.record_id) for capture in derived.captures()]
            answers.append([(row.text_digest, row.language, row.title) for row in rows if row])

    assert answers[0] == answers[1]
    assert len(answers[0]) == len(STYLES)


def test_progress_is_told_for_every_page(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", page(PAGE), page(PAGE, url=OTHER))
    seen: list[int] = []
    threads: set[int] = set()

    def on_progress(counts: object) -> None:
        seen.append(getattr(counts, "readings", -1))
        threads.add(threading.get_ident())

    run(at, derived, on_progress=on_progress)

    assert seen == [1, 2]
    assert threads == {threading.get_ident()}


def test_addresses_of_one_page_have_one_history_and_another_definition_says_it_anew(
    at: Collection, derived: Catalogue
) -> None:
    mirror, short, picture = "http://mirror.example/cases/17", "http://site.example/?p=17", "http://mirror.example/a"
    head = f'<head><link rel="canonical" href="{URL}">'
    crawled(at, "c1", page(PAGE), status(404, url="http://site.example/a"))
    crawled(at, "c2", page(PAGE.replace("<head>", head), url=short, hour=2))
    crawled(at, "c3", page(EDITED, url=mirror, hour=3), status(404, url=picture, hour=3))
    site = SiteDefinition(name="north", start=("http://site.example/",))

    run(at, derived, rules_for_site=lambda _: ReadingRules.of(site))

    def looks(url: str) -> list[str]:
        return [row.capture.url for row in derived.history(url)]

    assert looks(URL) == looks(short) == [URL, short]
    assert looks(mirror) == [mirror]
    moved = replace(site, mirrors=("mirror.example",))
    stage = run(at, derived, again=True, rules_for_site=lambda _: ReadingRules.of(moved))
    assert stage.counts.readings == 3
    assert looks(URL) == looks(mirror) == [URL, short, mirror]
    assert looks(picture) == ["http://site.example/a", picture]
    edit, own = sorted((change for change in derived.changes() if change.url == mirror), key=lambda one: one.kind)
    assert (edit.kind, edit.provenance["source"]) == (ChangeKind.EDITED, "source")
    assert edit.provenance["readings"] == [ReadingRules.of(moved).version]
    assert (own.kind, own.provenance["source"], own.provenance["fields"]) == (
        ChangeKind.EXTRACTOR,
        "extractor",
        ["site"],
    )
    assert run(at, derived, again=True, rules_for_site=lambda _: ReadingRules.of(moved)).counts.readings == 0


def headings(site: str) -> ReadingRules:
    """Rules by which the heading alone is a page's text."""
    return ReadingRules(main="h1")


def test_a_page_that_earlier_rules_read_is_compared_as_the_later_ones_read_it(
    at: Collection, derived: Catalogue
) -> None:
    [before] = crawled(at, "c1", page(PAGE))
    run(at, derived)
    crawled(at, "c2", page(PAGE + "<!-- 2 -->", hour=2))

    run(at, derived, rules_for_site=headings)

    [change] = derived.changes()
    assert change.kind in {ChangeKind.SAME, ChangeKind.NOISE}
    assert change.provenance["source"] == "source"
    assert change.provenance["readings"] == [headings("").version]
    # for the comparison alone: what is kept of it is for reprocess to make anew
    assert derived.reading(before.record_id).rules == ReadingRules().version  # type: ignore[union-attr]


def test_where_the_earlier_page_cannot_be_read_again_the_difference_may_be_the_extractors(
    at: Collection, derived: Catalogue
) -> None:
    [before] = crawled(at, "c1", page(PAGE))
    run(at, derived)
    path = at.path_of(before.location.file)
    octets = bytearray(path.read_bytes())
    octets[before.location.offset + before.location.length // 2] ^= 1
    path.write_bytes(octets)
    crawled(at, "c2", page(PAGE + "<!-- 2 -->", hour=2))

    run(at, derived, rules_for_site=headings)

    [change] = derived.changes()
    assert change.provenance["source"] == "extractor"
    assert change.provenance["readings"] == sorted([headings("").version, ReadingRules().version])


def test_a_page_that_cannot_be_read_any_more_is_a_difference_of_the_extractor(
    at: Collection, derived: Catalogue
) -> None:
    [capture] = crawled(at, "c1", page(PAGE))
    run(at, derived)
    path = at.path_of(capture.location.file)
    octets = bytearray(path.read_bytes())
    octets[capture.location.offset + capture.location.length // 2] ^= 1
    path.write_bytes(octets)

    stage = run(at, derived, again=True, rules_for_site=headings)

    assert (stage.counts.unreadable, stage.counts.rewritten, dict(stage.counts.fields)) == (1, 1, {"readable": 1})
    [own] = derived.changes()
    assert (own.kind, own.provenance["fields"]) == (ChangeKind.EXTRACTOR, ["readable"])


def test_of_a_browsers_look_the_page_that_its_scripts_made_is_read(at: Collection, derived: Catalogue) -> None:
    dom = PAGE.replace("14 witnesses", "15 witnesses").encode()
    looked = replace(page(PAGE, hour=1), made=(Made("urn:dom:" + URL, "text/html; charset=utf-8", Spool(dom)),))
    with at.writer() as writer:
        writer.begin_crawl("c1")
        own = writer.store(page(PAGE), replace(OCCASION, crawl="c1", site="north")).result()
        look = writer.store(looked, replace(OCCASION, crawl="c1", site="north", hops="LB", via=URL)).result()

    run(at, derived)

    texts = [Reading.from_json(derived.reading(one.record_id).json).text for one in (own, look)]  # type: ignore[union-attr]
    assert ["14 witnesses" in text for text in texts] == [True, False]
    assert "15 witnesses" in texts[1]
    assert [row.change_kind for row in derived.history(URL)] == [None, None]
    assert list(derived.changes()) == []


def test_a_look_of_which_no_page_was_kept_is_recorded_as_unreadable(at: Collection, derived: Catalogue) -> None:
    with at.writer() as writer:
        writer.begin_crawl("c1")
        look = writer.store(page(PAGE), replace(OCCASION, crawl="c1", site="north", hops="LB", via=URL)).result()

    run(at, derived)

    assert "DOM" in str(derived.reading(look.record_id).failed)  # type: ignore[union-attr]


def test_workers_that_read_by_other_rules_than_were_asked_for_end_the_stage(
    at: Collection, derived: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    crawled(at, "c1", page(PAGE))
    monkeypatch.setattr(ReadingStage, "_rules_of", lambda *_: "99+of-a-version-that-came-meanwhile")

    with pytest.raises(ReadingError, match="start again"):
        run(at, derived)
