"""Worker processes that are ended: each does what it is at, and begins nothing else."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.jobs import Answer, Asked, Failed, ReadJob
from pipelines.reading import StoredPage
from pipelines.workers import Workers


def job(number: int) -> ReadJob:
    began, record_id = datetime(2026, 11, 22, 1, tzinfo=UTC), f"urn:uuid:00000000-0000-4000-8000-{number:012}"
    page = StoredPage(f"http://site.example/{number}", began, record_id, None, "text/html", b"")
    return ReadJob(page, Path("/nowhere"), b"")


def test_what_waits_for_a_worker_is_not_begun_when_all_end(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Asked] = []
    first, free = threading.Event(), threading.Event()

    def ask(self: Workers, asked: Asked) -> Answer:
        begun.append(asked)
        first.set()
        free.wait(30)
        return Failed("nothing is read here")

    monkeypatch.setattr(Workers, "_ask", ask)
    workers, jobs = Workers(1, 30), [job(1), job(2)]
    asking = workers.ask_all(((one, one) for one in jobs), stopping=lambda: False)
    taker = threading.Thread(target=lambda: list(asking), daemon=True)
    taker.start()
    assert first.wait(30)
    while workers._threads is not None and not workers._threads._work_queue.qsize():
        pass

    threading.Timer(0.1, free.set).start()
    workers.close()

    assert begun == jobs[:1]
