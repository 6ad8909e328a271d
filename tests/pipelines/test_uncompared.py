"""A comparison that fails by a fault of ours: that it could not be told what changed is stored, and tried again."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archive_samples import URL, collection, crawled, page
from page_styles import ARTICLE, STYLES

import pipelines.change
from archive.capture import Capture
from archive.catalogue import Catalogue, ChangeRow, ReadingRow
from archive.collection import Collection
from archive.kinds import ChangeKind
from pipelines.jobs import CompareJob, Failed, Read, ReadJob, answer, packed
from pipelines.stage import ReadingStage, default_rules
from pipelines.weight import SIGNALS

PAGE = STYLES["semantic"]()
EDITED = STYLES["semantic"](tuple(line.replace("him to five years", "him to eight years") for line in ARTICLE))
BROKEN = b'{"none": "of a reading"}'


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        yield made


@pytest.fixture
def derived(at: Collection) -> Iterator[Catalogue]:
    with Catalogue.open(at.catalogue_path, readonly=False) as opened:
        yield opened


def run(at: Collection, derived: Catalogue, *, again: bool = False, **more: Any) -> ReadingStage:
    stage = ReadingStage(at, derived, workers=1, **more)
    stage.run_until_done(again=again)
    return stage


def looked_twice(at: Collection) -> list[Capture]:
    return [*crawled(at, "c1", page(PAGE)), *crawled(at, "c2", page(EDITED, hour=24))]


def without_a_comparison(at: Collection, derived: Catalogue) -> tuple[ChangeRow, ReadingRow]:
    """A page that was edited, of which one reading is damaged so that no comparison comes to its end; and that reading
    as it was."""
    _, later = looked_twice(at)
    run(at, derived)
    sound = derived.reading(later.record_id)
    assert sound is not None
    [edited] = derived.changes()
    assert edited.kind is ChangeKind.EDITED
    derived.put_reading(later.record_id, replace(sound, content=BROKEN))
    run(at, derived)
    [change] = derived.changes()
    assert change.id == edited.id
    return change, sound


def of_another_version(derived: Catalogue, change: ChangeRow) -> None:
    """As if another Khronika had tried to compare."""
    told = {**change.provenance, "uncompared": {**change.provenance["uncompared"], "khronika": "0.0.0"}}
    derived.replace_changes([replace(change, provenance=told)])


def test_a_comparison_that_meets_a_fault_is_stored_as_such_and_is_no_edit(at: Collection, derived: Catalogue) -> None:
    change, _ = without_a_comparison(at, derived)

    assert (change.kind, change.edits) == (ChangeKind.UNCOMPARED, ())
    assert change.provenance["uncompared"]["reason"] == "fault"
    assert change.provenance["uncompared"]["why"]
    assert change.weight == SIGNALS["uncompared"].value
    assert change.provenance["weight"] == [{"name": "uncompared", "value": change.weight}]
    assert [row.change_kind for row in derived.history(URL)] == [None, ChangeKind.UNCOMPARED]


def test_a_comparison_that_takes_too_long_says_so(at: Collection, derived: Catalogue) -> None:
    looked_twice(at)
    run(at, derived)
    derived.compare_again([change.id for change in derived.changes()])

    run(at, derived, time_limit=1e-5)

    [change] = derived.changes()
    assert (change.kind, change.provenance["uncompared"]["reason"]) == (ChangeKind.UNCOMPARED, "time")
    assert "1e-05 seconds" in change.provenance["uncompared"]["why"]


def test_a_comparison_that_ends_its_workers_is_a_fault_and_the_next_is_made(
    at: Collection, derived: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_twice(at)
    run(at, derived)
    derived.compare_again([change.id for change in derived.changes()])
    asked: list[bool] = []
    own = ReadingStage(at, derived, workers=1)
    ask = own._workers._asked

    def killed(worker: Any, job: Any) -> Any:
        if isinstance(job, CompareJob) and len(asked) < 2:
            asked.append(True)
            os.kill(worker._process.pid, signal.SIGKILL)
            worker._process.join()
        return ask(worker, job)

    monkeypatch.setattr(own._workers, "_asked", killed)
    own.run_until_done()

    [change] = derived.changes()
    assert len(asked) == 2
    assert (change.kind, change.provenance["uncompared"]["reason"]) == (ChangeKind.UNCOMPARED, "fault")
    run(at, derived, again=True)
    assert [change.kind for change in derived.changes()] == [ChangeKind.EDITED]


def test_what_runs_out_of_memory_says_so(at: Collection, derived: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    captures = looked_twice(at)
    run(at, derived)
    old, new = (derived.reading(capture.record_id) for capture in captures)
    assert old is not None
    assert new is not None

    def too_much(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(pipelines.change, "compare", too_much)
    found = answer(CompareJob(old, new))

    assert isinstance(found, Failed)
    assert found.fault == "memory"


def test_what_failed_is_told_under_the_same_id_when_everything_is_read_again(
    at: Collection, derived: Catalogue
) -> None:
    looked_twice(at)
    run(at, derived)
    [edited] = derived.changes()
    derived.compare_again([edited.id])
    run(at, derived, time_limit=1e-5)
    [failed] = derived.changes()

    run(at, derived, again=True)

    assert failed.kind is ChangeKind.UNCOMPARED
    assert list(derived.changes()) == [edited]


def test_what_failed_is_not_tried_twice_by_one_version(at: Collection, derived: Catalogue) -> None:
    change, _ = without_a_comparison(at, derived)

    assert run(at, derived).counts.comparisons == 0
    assert list(derived.changes()) == [change]


def test_the_next_version_tries_again_once(at: Collection, derived: Catalogue) -> None:
    change, _ = without_a_comparison(at, derived)
    of_another_version(derived, change)

    assert run(at, derived).counts.comparisons == 1
    assert list(derived.changes()) == [change]
    assert run(at, derived).counts.comparisons == 0


def test_the_next_version_tries_again_beside_a_crawl(at: Collection, derived: Catalogue) -> None:
    change, _ = without_a_comparison(at, derived)
    of_another_version(derived, change)

    stage = ReadingStage(at, derived, workers=1)
    stage.start()

    assert stage.stop().comparisons == 1
    assert list(derived.changes()) == [change]


def test_what_fails_again_is_tried_once_a_run_and_ends(at: Collection, derived: Catalogue) -> None:
    change, _ = without_a_comparison(at, derived)

    assert run(at, derived, again=True).counts.comparisons == 1
    assert list(derived.changes()) == [change]


def test_only_what_is_asked_for_is_tried_again(at: Collection, derived: Catalogue) -> None:
    change, _ = without_a_comparison(at, derived)
    stage = ReadingStage(at, derived, workers=1)

    stage.run_until_done(again=True, site="another")

    assert stage.counts.comparisons == 0
    assert list(derived.changes()) == [change]


def test_a_mended_reading_is_compared_and_told_under_the_same_id(at: Collection, derived: Catalogue) -> None:
    change, sound = without_a_comparison(at, derived)

    derived.put_reading(change.to_record, sound)
    run(at, derived)

    [told] = derived.changes()
    assert (told.id, told.kind) == (change.id, ChangeKind.EDITED)
    assert "uncompared" not in told.provenance


def test_what_waits_for_its_second_try_is_still_told_as_what_it_is(at: Collection, derived: Catalogue) -> None:
    change, _ = without_a_comparison(at, derived)

    derived.compare_again([change.id])

    assert list(derived.changes()) == [change]
    assert [pair.after.record_id for pair in derived.uncompared(10)] == [change.to_record]


def test_a_page_that_could_not_be_read_is_not_told_as_edited(at: Collection, derived: Catalogue) -> None:
    _, later = looked_twice(at)
    run(at, derived)
    sound = derived.reading(later.record_id)
    assert sound is not None
    derived.put_reading(later.record_id, replace(sound, content=b"", failed="IndexError: of ours"))

    run(at, derived)

    [change] = derived.changes()
    assert (change.kind, change.edits) == (ChangeKind.UNCOMPARED, ())
    told = change.provenance["uncompared"]
    assert (told["reason"], told["why"]) == ("unreadable", "IndexError: of ours")


def test_octets_that_are_no_text_have_no_words_to_tell_of(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", page("\x00\x01\x02" * 400))
    crawled(at, "c2", page("\x00\x01\x03" * 400, hour=24))

    run(at, derived)

    [change] = derived.changes()
    assert [edit["field"] for edit in change.edits] == ["payload"]
    assert change.weight == SIGNALS["payload"].value


def test_a_page_is_read_though_the_difference_from_older_rules_cannot_be_told(
    at: Collection, derived: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    [capture] = crawled(at, "c1", page(PAGE))
    run(at, derived)
    before = derived.reading(capture.record_id)
    assert before is not None
    job = ReadJob(capture, at.path, packed(default_rules("north")), before=replace(before, language="be"))

    def faulty(*_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(pipelines.change, "compare", faulty)
    found = answer(job)

    assert isinstance(found, Read)
    assert found.row.failed is None
    assert found.differing
    assert found.uncompared == Failed("ZeroDivisionError: ours")
