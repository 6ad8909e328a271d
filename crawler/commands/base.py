"""What every command shares: help with an example and exit statuses, and the way to the collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from crawler.cli import EXIT_WORDS, Application, Exit

if TYPE_CHECKING:
    from archive.collection import Collection

pass_application = click.make_pass_decorator(Application)


class Command(click.Command):
    """A command whose help ends with examples and the exit statuses that it can have."""

    def __init__(self, *args: Any, examples: tuple[str, ...], exits: tuple[Exit, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.exits = tuple(sorted({Exit.DONE, Exit.ERROR, Exit.USAGE, *exits}))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write_text(example)
        with formatter.section("Exit statuses"):
            formatter.write_dl([(str(int(status)), EXIT_WORDS[status]) for status in self.exits])


def command(
    name: str, *, examples: tuple[str, ...], exits: tuple[Exit, ...] = (), group: click.Group | None = None
) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command; `exits` are those beside 0, 1 and 2."""
    maker = group.command if group is not None else click.command
    decorate: Callable[[Callable[..., Any]], click.Command] = maker(name, cls=Command, examples=examples, exits=exits)
    return decorate


def open_collection(application: Application) -> Collection:
    """The collection that `-C` names; NoCollectionError where there is none."""
    from archive.collection import Collection

    return Collection.open(application.folder)
