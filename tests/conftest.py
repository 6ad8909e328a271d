"""The order in which the tests are given out: the one that sleeps for minutes first, then the files with most tests.

`make test` gives whole files to its workers in this order (pytest-xdist's own would keep files of few tests for last,
and the machine would wait for the sleeper alone).
"""

from __future__ import annotations

from collections import Counter

import pytest

SLEEPERS = ("test_polite_crawls.py",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Counter(item.path for item in items)
    # stable: the tests of a file stay together, and in their order
    items.sort(key=lambda item: (item.path.name not in SLEEPERS, -tests[item.path]))
