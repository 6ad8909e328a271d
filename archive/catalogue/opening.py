"""Making a catalogue and opening it, and what is said where it is none that this code reads."""

from __future__ import annotations

import secrets

from sqlalchemy import insert

from archive.catalogue.conditions import PENDING
from archive.database import Database, Place, create_database, exists, open_database
from archive.errors import CatalogueError, StorageError
from archive.tables import CATALOGUE, PENDING_ID, RULES, VERSION


def created(place: Place) -> Database:
    """An empty catalogue, open for writing. Raises StorageError."""
    create_database(place, "catalogue")
    database = opened(place, readonly=False)
    with database.writing() as connection:
        connection.execute(insert(CATALOGUE).values(id=secrets.token_hex(8), written=0))
        connection.execute(insert(RULES).values(id=PENDING_ID, version=PENDING))
    return database


def opened(place: Place, *, readonly: bool) -> Database:
    """A catalogue; see `Catalogue.open`.

    Raises CatalogueError when there is none, when it is of another version or damaged (the message names
    `khronika rebuild`), StorageError when the disk refuses.
    """
    if not exists(place):
        raise CatalogueError(f"expected {place.name} in the collection, found none; make it again: khronika rebuild")
    database = None
    try:
        database = open_database(place, readonly=readonly, damaged=CatalogueError)
        version = database.version()
    except (CatalogueError, StorageError) as error:
        if database is not None:
            database.close()
        if isinstance(error, StorageError):
            raise
        raise CatalogueError(f"{error}; make it again: khronika rebuild") from error
    if version != VERSION:
        database.close()
        found = "none" if version is None else version
        raise CatalogueError(
            f"{place.name}: expected schema version {VERSION}, found {found}; make it again: khronika rebuild"
        )
    return database
