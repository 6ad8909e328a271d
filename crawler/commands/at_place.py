"""`--at PLACE`: a command that reads a copy where it lies, without a collection here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from crawler.cli import Application
from crawler.commands.base import open_collection

if TYPE_CHECKING:
    from archive.collection import Collection

at_options: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--at",
        "place",
        metavar="PLACE",
        help="Read the copy at s3://BUCKET/PREFIX, or in a folder, instead of a collection here.",
    ),
    click.option("--endpoint", metavar="URL", help="With --at: the S3 server, where it is not Amazon's."),
    click.option("--trust", metavar="VKEY", help="With --at: the root key or a log key, known from elsewhere."),
)


def reads_copies(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options."""
    for option in reversed(at_options):
        function = option(function)
    return function


@contextlib.contextmanager
def collection_at(
    application: Application, place: str | None, endpoint: str | None, trust: str | None, captures: Sequence[str]
) -> Iterator[Collection]:
    """The collection that `-C` names, or the one whose copy lies at a place, with the captures that are named.

    Of a copy the log is checked first, as a whole. Captures that are named by record id cost the WARCs that they are
    in; others cost all of them once, because a copy has no catalogue.
    """
    if place is None:
        if endpoint is not None or trust is not None:
            raise click.UsageError(f"{'--endpoint' if endpoint is not None else '--trust'} needs --at PLACE")
        with open_collection(application) as collection:
            yield collection
        return
    from archive.checkpoint import parse_vkey
    from archive.copy_store import store_at
    from archive.errors import SignatureError, UsageError
    from archive.far_collection import far_collection
    from crawler.config import parse_operator, template

    try:
        vkey = parse_vkey(trust) if trust is not None else None
    except SignatureError as error:
        raise UsageError(f"--trust: {error}") from error
    store = store_at(place, endpoint)
    settings = template(parse_operator("")).encode()
    with contextlib.ExitStack() as stack:
        with application.output.progress() as progress:
            far = far_collection(store, place, captures, trust=vkey, settings=settings, progress=progress)
            collection = stack.enter_context(far)
        yield collection
