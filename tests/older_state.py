"""state.sqlite as an older Khronika left it: made by the migrations up to a version, and none of the later ones."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import archive.migrations

VERSIONS = sorted(
    path.name[1:5] for path in (Path(archive.migrations.__file__).parent / "state" / "versions").glob("v*.py")
)
"""All schema versions of the state, the oldest first."""


def make_older_state(path: Path, version: str) -> None:
    """Make an empty state.sqlite of a schema version."""
    config = Config()
    config.set_main_option("script_location", str(Path(archive.migrations.__file__).parent / "state"))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()
