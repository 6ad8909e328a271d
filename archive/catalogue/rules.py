"""The versions of the rules, by their numbers in rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Column, Connection, bindparam, insert, select

from archive.catalogue.conditions import PENDING, in_lots
from archive.tables import PENDING_ID, RULES

_KNOWN = select(RULES.c.version, RULES.c.id).where(RULES.c.version.in_(bindparam("versions", expanding=True)))


def known_rules(connection: Connection, versions: Collection[str]) -> dict[str, int]:
    """The numbers of those versions that occurred."""
    found: dict[str, int] = {}
    for some in in_lots(sorted(set(versions))):
        found |= {row.version: row.id for row in connection.execute(_KNOWN, {"versions": list(some)})}
    return found


def rules_ids(connection: Connection, versions: Collection[str]) -> dict[str, int]:
    """The number of each version; new ones are entered."""
    found = known_rules(connection, versions)
    missing = sorted(set(versions) - found.keys())
    if missing:
        connection.execute(insert(RULES), [{"version": version} for version in missing])
        found |= known_rules(connection, missing)
    return found


def rules_id(connection: Connection, version: str) -> int:
    """The number of a version; a new one is entered."""
    return rules_ids(connection, [version])[version]


def due(connection: Connection, column: Column[Any], rules: str | None) -> Iterator[tuple[int, str]]:
    """The rules in a column, and their version, that say that something is to be derived: not yet, or by others.

    Each is found by a look at the index: a condition `<> rules` would go through all rows.
    """
    if rules is None:
        yield PENDING_ID, PENDING
        return
    # in the order of the index: there are few, and PENDING comes first
    every = select(RULES.c.id, RULES.c.version).where(RULES.c.version >= PENDING).order_by(RULES.c.version)
    known = connection.execute(every).all()
    for row in known:
        if row.version != rules:
            occurs = select(column).where(column == row.id).limit(1)
            if connection.execute(occurs).one_or_none() is not None:
                yield row.id, row.version
