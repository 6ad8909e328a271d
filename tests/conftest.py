"""The order in which the tests are given out: few that take minutes first, then the files with most tests.

`make test` gives whole files to its workers in this order (pytest-xdist's own would keep files of few tests for last,
and the machine would wait for the slowest alone). Of long campaigns a part is run, always the same one.
"""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

SLOWEST = ("test_polite_crawls.py", "test_histories.py", "test_campaigns.py", "test_copy_life.py")
CAMPAIGNS = ("test_lying_server.py", "test_copying_lies.py", "test_doctor_s3.py")
"""Every lie of an S3 server at every step: `make test-copies` tells them all, other runs a part, drawn by a seed."""

SEED = 1
PART = 0.3
ALWAYS = ("LockIgnored", "PutLost", "Flipped", "ChecksumNot")
"""Whatever is drawn: the lies that a careless server really tells."""


def _left_out(item: pytest.Item) -> bool:
    """Whether a case of a campaign is not drawn; tests without cases are always run, Ceph's where asked for."""
    if item.get_closest_marker("ceph") is not None:
        return True
    is_case = item.path.name in CAMPAIGNS and "[" in item.name
    is_drawn = any(lie in item.name for lie in ALWAYS)
    return is_case and not is_drawn and random.Random(f"{SEED} {item.nodeid}").random() >= PART


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not os.environ.get("KHRONIKA_WHOLE_CAMPAIGNS"):
        out = [item for item in items if _left_out(item)]
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if not _left_out(item)]
    tests = Counter(item.path for item in items)
    # stable: the tests of a file stay together, and in their order
    items.sort(key=lambda item: (item.path.name not in SLOWEST, -tests[item.path]))
