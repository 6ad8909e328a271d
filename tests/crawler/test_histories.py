"""Sites that change from crawl to crawl, crawled by the real command: the expected events are told, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.histories import perform, told, written, wrong


@pytest.mark.timeout(900)  # forty commands one after the other
def test_scripted_histories_tell_what_happened_once_and_nothing_else(tmp_path: Path) -> None:
    play = written(16, 1)

    at = perform(play, tmp_path, lambda line: None)

    assert wrong(play, told(at)) == []
