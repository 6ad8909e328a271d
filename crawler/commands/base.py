"""What every command shares: help with an example and exit statuses, and the way to the collection."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli import EXIT_WORDS, Application, Exit

if TYPE_CHECKING:
    from archive.collection import Collection

pass_application = click.make_pass_decorator(Application)


class Number(click.FloatRange):
    """A number that can be waited for: not infinite, and not nan, which is in every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no number of that kind.", param, ctx)
        return number


class Explained(click.Command):
    """A command whose help ends with examples and the exit statuses that it can have."""

    def __init__(self, *args: Any, examples: tuple[str, ...], exits: tuple[Exit, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _global_options()
        self.examples = examples
        self.exits = tuple(sorted({Exit.DONE, Exit.ERROR, Exit.USAGE, *exits}))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(" " * formatter.current_indent + example + "\n")
        with formatter.section("Exit statuses"):
            formatter.write_dl([(str(int(status)), EXIT_WORDS[status]) for status in self.exits])


class Group(Explained, click.Group):
    """A command that has commands of its own."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, each with the whole of its first sentence: click would cut it off at the line's end."""
        rows = [(name, self.commands[name].get_short_help_str(limit=200)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _global_options() -> list[click.Parameter]:
    """The global flags once more: people write `khronika changes --json` as often as `khronika --json changes`."""
    return [
        click.Option(
            ["--json", "as_json"],
            is_flag=True,
            expose_value=False,
            callback=_set,
            help="Results as JSON Lines on stdout.",
        ),
        click.Option(["-q", "--quiet"], is_flag=True, expose_value=False, callback=_set, hidden=True),
        click.Option(["-v", "--verbose"], is_flag=True, expose_value=False, callback=_set, hidden=True),
        click.Option(["--no-color"], is_flag=True, expose_value=False, callback=_set, hidden=True),
        click.Option(
            ["-C", "--collection", "collection_folder"],
            type=click.Path(path_type=Path),
            expose_value=False,
            callback=_set,
            hidden=True,
        ),
    ]


def _set(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Take a global flag that stands after the command's name."""
    application = context.obj
    if not value or not isinstance(application, Application):
        return
    if parameter.name == "collection_folder":
        context.obj = replace(application, folder=value)
        return
    output = application.output
    if parameter.name == "no_color":
        output = replace(output, color=False)
    else:
        output = replace(output, **{parameter.name or "": True})
    if output.quiet and output.verbose:
        raise click.UsageError("--quiet and --verbose exclude each other", context)
    context.obj = replace(application, output=output)


def command(
    name: str, *, examples: tuple[str, ...], exits: tuple[Exit, ...] = (), group: click.Group | None = None
) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command; `exits` are those beside 0, 1 and 2."""
    maker = group.command if group is not None else click.command
    decorate: Callable[[Callable[..., Any]], click.Command] = maker(name, cls=Explained, examples=examples, exits=exits)
    return decorate


def open_collection(application: Application) -> Collection:
    """The collection that `-C` names; NoCollectionError where there is none."""
    from archive.collection import Collection

    return Collection.open(application.folder)
