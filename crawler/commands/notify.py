"""`khronika notify`: send the notices that are due; try out a receiver."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from archive.clone_mark import refuse_clone
from crawler.cli import Application, Exit
from crawler.commands.base import Group, open_collection, pass_application
from crawler.commands.base import command as make_command

if TYPE_CHECKING:
    from crawler.notices import Telling, Told
    from crawler.output import Output

SHORTEST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


@click.group(
    "notify",
    cls=Group,
    invoke_without_command=True,
    examples=(
        "khronika notify",
        "khronika notify --dry-run",
        "khronika notify --notice team --wait",
        "khronika notify test team",
    ),
    exits=(Exit.INCOMPLETE, Exit.INTERRUPTED, Exit.NO_COLLECTION, Exit.LOCKED),
)
@click.option("--dry-run", is_flag=True, help="Show what would be sent; nothing is sent, and nothing is noted.")
@click.option("--notice", "name", metavar="NAME", help="Of this notice only.")
@click.option("--now", "hurry", is_flag=True, help="Try at once what waits for its next attempt; quiet hours stay.")
@click.option("--again", is_flag=True, help="Try what was given up, too.")
@click.option("--wait", is_flag=True, help="Stay until all is sent or given up.")
@pass_application
@click.pass_context
def command(
    context: click.Context,
    application: Application,
    dry_run: bool,
    name: str | None,
    hurry: bool,
    again: bool,
    wait: bool,
) -> int:
    """Send what the [[notice]] parts of khronika.toml are to tell and could not tell yet.

    A crawl does that at its end, so that this is needed only where a receiver was out of reach, or after quiet hours.
    A crawl may run meanwhile. What could not be sent waits, longer after each attempt; the exit status is 3 as long
    as something does. A clone tells nobody: the first collection does.
    """
    if context.invoked_subcommand is not None:
        return Exit.DONE
    output = application.output
    telling = _telling(application)
    if not telling.notices() and not dry_run:
        output.message("khronika.toml has no [[notice]]: nobody is told (docs/notices.md).")
    if dry_run:
        _preview(output, telling, name)
        return Exit.DONE
    refuse_clone(application.folder)
    told = telling.send(name, hurry=hurry, again=again)
    _say(output, told)
    while wait and any(one.waiting for one in told):
        moments = [one.next_at.timestamp() for one in told if one.waiting and one.next_at is not None]
        pause = min(moments) - time.time() if moments else SHORTEST_PAUSE
        time.sleep(min(max(pause, SHORTEST_PAUSE), LONGEST_PAUSE))
        told = telling.send(name)
        _say(output, [one for one in told if one.sent or one.failed])
    return Exit.INCOMPLETE if any(one.waiting or one.failed for one in told) else Exit.DONE


@make_command("test", group=command, examples=("khronika notify test team",), exits=(Exit.NO_COLLECTION,))
@click.argument("name")
@pass_application
def test(application: Application, name: str) -> int:
    """Send a message that tells of nothing to the receiver of a notice, and say whether it took it."""
    output = application.output
    telling = _telling(application)
    refuse_clone(application.folder)
    outcome = telling.test(name)
    output.record({"type": "test", "notice": name, "sent": outcome.sent, "error": outcome.error})
    if outcome.sent:
        output.result(f"notice {name}: the receiver has it")
        return Exit.DONE
    output.result(output.style(f"notice {name}: {outcome.error}", "bad"))
    return Exit.ERROR


def _telling(application: Application) -> Telling:
    from crawler.config import load_config
    from crawler.notices import Telling

    collection = open_collection(application)
    return Telling(collection, load_config(collection.config_path))


def _say(output: Output, told: list[Told]) -> None:
    from crawler.notices import lines_of

    for one in told:
        output.record(one.as_record())
        for line in lines_of(one):
            output.result(line)
    if not told:
        return
    if not any(lines_of(one) for one in told):
        output.message("Nothing is to be told.")


def _preview(output: Output, telling: Telling, name: str | None) -> None:
    from crawler.commands.views import instant, minute

    shown = telling.preview(name)
    for notice, message, not_before in shown:
        when = None if not_before is None else instant(not_before)
        record = {"type": "preview", "notice": notice.name, "not_before": when, "title": message.title}
        output.record({**record, "id": message.id, "message": dict(message.record)})
        late = f"  (not before {minute(not_before)})" if not_before is not None else ""
        output.result(f"{notice.name}  {message.id}  {message.title}{late}")
        if output.verbose:
            for line in message.text.splitlines():
                output.result(f"    {line}")
    if not shown:
        output.message("Nothing is to be told.")
