"""What several files of these tests share: a PostgreSQL server, started when the first of them asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgres_server import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server of this process alone."""
    with postgres_server() as server:
        yield server
