"""Pushes that are killed at chosen moments and gone on with: a short run of `bench.copies_kill`."""

from __future__ import annotations

from pathlib import Path

import pytest
from s3_server import s3_server

from bench import copies_kill


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["folder"])
def test_the_state_never_claims_more_than_is_there(kind: str, tmp_path: Path) -> None:
    with s3_server(tmp_path / "s3") as server:
        killed = copies_kill.run(tmp_path, kind, server, kills=4, seed=3)

    assert sum(killed.values()) == 4
