"""`khronika schedule`: when sites are crawled by themselves; the loop that does it; units that start it."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.errors import UsageError
from crawler.cli import Application, Exit
from crawler.commands.base import Group, open_collection, pass_application
from crawler.commands.base import command as make_command
from crawler.output import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archive.collection import Collection
    from crawler.config import Config
    from crawler.output import Output, Progress
    from crawler.planning import Entry
    from crawler.schedule_units import Place


@click.group(
    "schedule",
    cls=Group,
    examples=(
        "khronika schedule list",
        "khronika schedule run",
        "khronika schedule install --systemd",
    ),
    exits=(Exit.INTERRUPTED, Exit.NO_COLLECTION, Exit.LOCKED),
)
def command() -> None:
    """Crawl sites when their `schedule` in khronika.toml says so (docs/schedule.md)."""


@make_command(
    "list",
    group=command,
    examples=("khronika schedule list", "khronika --json schedule list"),
    exits=(Exit.NO_COLLECTION,),
)
@pass_application
def list_(application: Application) -> None:
    """Each site that has a schedule: when it is due next, how its last run went, what is late or under way."""
    from archive.leases import Machine
    from archive.state import State
    from crawler.config import load_config
    from crawler.planning import plan

    collection = open_collection(application)
    config = load_config(collection.config_path)
    output, now = application.output, datetime.now(UTC)
    with State.open(collection.path, readonly=True) as state:
        entries = plan(config, state.due.rows(), now).entries
        running = {lease.site: lease.pid for lease in state.leases.all(Machine()) if lease.held}
    if not entries:
        output.result('No site has a schedule. In its [[site]] of khronika.toml: schedule = "daily"')
    for entry in entries:
        _show_entry(output, entry, now, running.get(entry.site.name))
    without = [site.name for site in config.sites if not site.schedule]
    for name in without:
        output.record({"type": "unscheduled", "site": name})
    if entries and without:
        output.result(f"without a schedule: {', '.join(without)}")


def _show_entry(output: Output, entry: Entry, now: datetime, pid: int | None) -> None:
    from crawler.commands.views import instant, minute
    from crawler.planning import late_since

    row, late = entry.row, late_since(entry, now)
    output.record(
        {
            "type": "schedule",
            "site": entry.site.name,
            "kind": entry.kind or None,
            "schedule": entry.schedule.text,
            "zone": entry.schedule.zone,
            "words": entry.schedule.words(),
            "paused": entry.paused,
            "due": entry.due,
            "next_at": None if entry.paused else instant(row.next_at),
            "missed": entry.missed,
            "late_since": None if late is None else instant(late),
            "running": pid is not None,
            "last_began_at": None if row.last_began_at is None else instant(row.last_began_at),
            "last_ended_at": None if row.last_ended_at is None else instant(row.last_ended_at),
            "last_reason": row.reason,
            "failing_since": None if row.failing_since is None else instant(row.failing_since),
        }
    )
    name = f"{entry.site.name} {entry.kind}".strip()
    if entry.paused:
        when = output.style("paused", "warn")
    elif pid is not None:
        when = f"under way (process {pid})"
    elif late is not None:
        when = output.style(f"late: due since {minute(late)}", "bad")
    else:
        when = "due now" if entry.due else f"next {minute(row.next_at)}"
    last = (
        "never ran" if row.last_began_at is None else f"last {minute(row.last_began_at)}, {row.reason or 'not ended'}"
    )
    output.result(f"{name:<28} {entry.schedule.words():<36} {when}; {last}")
    if row.failing_since is not None and not entry.paused:
        output.result(output.style(f"  fails since {minute(row.failing_since)}: khronika status", "warn"))


@make_command(
    "run",
    group=command,
    examples=("khronika schedule run", "khronika --json schedule run", "khronika schedule run --once"),
    exits=(Exit.INTERRUPTED, Exit.NO_COLLECTION, Exit.LOCKED),
)
@click.option("--once", is_flag=True, help="Crawl what is due now, and end.")
@pass_application
def run(application: Application, once: bool) -> int:
    """Stay, and crawl what is due when it is due. Ctrl-C or SIGTERM ends it in order.

    Each crawl runs in a process of its own. A change of khronika.toml counts at once; one that cannot be meant is said,
    and the last good one goes on to count. What is late or fails is told to those whom [[notice]] names with operation.
    The exit status is 4 when a crawl was cut short: the next start goes on with it.
    """
    from crawler.passphrase import passphrase_for
    from crawler.schedule_loop import ScheduleLoop, Settings

    collection = open_collection(application)
    settings = Settings(collection.config_path)
    passphrase = passphrase_for(collection.path)
    folder = collection.path
    # nothing of it is held open for years
    collection.close()
    failed: list[int] = []
    with application.output.progress() as progress:
        say = _sayer(application.output, progress, failed)
        loop = ScheduleLoop(folder, settings, say, passphrase=passphrase)
        if not any(site.schedule for site in settings.config.sites):
            application.output.message("No site has a schedule yet: khronika.toml is looked at again when it changes.")
        loop.run(once=once)
    if loop.cut_short:
        return Exit.INTERRUPTED
    return failed[0] if once and failed else Exit.DONE


def _sayer(output: Output, progress: Progress, failed: list[int]) -> Callable[[Mapping[str, Any]], None]:
    from crawler.commands.crawl import _status_line

    def say(record: Mapping[str, Any]) -> None:
        kind, words = record.get("type"), str(record.get("words", ""))
        if kind == "status":
            progress(_status_line(dict(record)))
        if kind == "error":
            failed.append(int(record.get("status", 1)))
        output.record(record)
        if kind == "message":
            output.message(words)
        elif kind == "error" or (kind == "settings" and not record.get("good")):
            what = words if kind == "error" else f"{words}. The last good settings go on to count."
            # what went wrong is said with -q too
            print(f"khronika: {printable(what)}", file=sys.stderr, flush=True)
        elif kind == "settings":
            output.message(words)
        elif kind == "summary":
            counts = ", ".join(f"{record.get(name, 0)} {name}" for name in ("captured", "failed", "skipped", "changed"))
            output.result(f"crawl {record.get('crawl')}: {counts}; {record.get('reason')}")
        elif kind == "next":
            output.message(f"Nothing is due before {str(record.get('at')).replace('T', ' ').rstrip('Z')} (UTC).")

    return say


@make_command(
    "install",
    group=command,
    examples=(
        "khronika schedule install --systemd",
        "khronika schedule install --systemd --unit khronika.service",
        "khronika schedule install --systemd --loop --name court-watch",
        "khronika schedule install --cron",
    ),
    exits=(Exit.NO_COLLECTION,),
)
@click.option("--systemd", is_flag=True, help="Units of systemd: a hardened service, and the timer that starts it.")
@click.option("--cron", is_flag=True, help="A line for crontab.")
@click.option("--loop", is_flag=True, help="A service that stays (khronika schedule run) instead of a timer.")
@click.option("--name", default="khronika", metavar="NAME", help="What the units are called. Default: khronika.")
@click.option("--user", default=None, metavar="USER", help="As whom it runs. Default: the collection's owner.")
@click.option("--unit", "wanted", default=None, metavar="FILE", help="Print this unit alone, to put it into a file.")
@pass_application
def install(
    application: Application, systemd: bool, cron: bool, loop: bool, name: str, user: str | None, wanted: str | None
) -> None:
    """Print what starts crawls by themselves on this machine. Nothing is installed.

    The units are for the whole system (/etc/systemd/system), run as the collection's owner, and see of the machine what
    they need. They hold the paths of this machine: keep them here.
    """
    from crawler.config import load_config
    from crawler.schedule_units import cron_lines, loop_units, timer_units

    if systemd == cron:
        raise UsageError("say which: --systemd or --cron")
    if cron and (loop or wanted):
        raise UsageError("--loop and --unit are for --systemd")
    _check_name(name)
    collection = open_collection(application)
    place = _place(collection, load_config(collection.config_path), name, user)
    output = application.output
    if place.user == "root":
        output.message("The collection belongs to root: a user of its own would be safer, and a browser needs one.")
    if cron:
        for line in cron_lines(place):
            output.record({"type": "cron", "line": line})
            output.result(line)
        output.message("For the crontab of the collection's owner: crontab -e")
        return
    units = loop_units(place) if loop else timer_units(place)
    if wanted is not None:
        units = [unit for unit in units if unit.name == wanted] or _no_unit(wanted, [unit.name for unit in units])
    for unit in units:
        output.record({"type": "unit", "file": unit.name, "text": unit.text})
        if wanted is None:
            output.result(f"# --- /etc/systemd/system/{unit.name}")
        output.result(unit.text.rstrip("\n") + ("" if wanted is not None else "\n"))
    if wanted is None:
        start = [unit.name for unit in units if "[Install]" in unit.text]
        output.message(
            f"Put each into its file, then: systemctl daemon-reload && systemctl enable --now {' '.join(start)}"
        )


def _no_unit(wanted: str, names: list[str]) -> Any:
    raise UsageError(f"expected one of {', '.join(names)}, found {wanted!r}")


def _check_name(name: str) -> None:
    import re

    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
        raise UsageError(f"expected a name of lower-case letters, digits and hyphens, found {name!r}")


def _place(collection: Collection, config: Config, name: str, user: str | None) -> Place:
    import pwd

    from archive.keys import KEYS, LOG_KEY, is_encrypted
    from crawler.schedule_units import Place

    folder = collection.path.absolute()
    owner = folder.stat().st_uid
    if user is None:
        try:
            user = pwd.getpwuid(owner).pw_name
        except KeyError:
            user = str(owner)
    try:
        home = Path(pwd.getpwnam(user).pw_dir)
    except KeyError:
        home = None
    key = folder / KEYS / LOG_KEY
    return Place(
        command=_command(),
        collection=folder,
        user=user,
        name=name,
        program=_program(),
        folders=tuple(copy.folder(folder).absolute() for copy in config.copies if not copy.is_s3),
        credentials=(home / ".aws",) if home is not None and any(copy.is_s3 for copy in config.copies) else (),
        browser=any(site.browser for site in config.sites),
        copies=bool(config.copies),
        passphrase=key.exists() and is_encrypted(key),
    )


def _command() -> tuple[str, ...]:
    beside = Path(sys.executable).with_name("khronika")
    return (str(beside),) if os.access(beside, os.X_OK) else (sys.executable, "-m", "crawler")


def _program() -> tuple[Path, ...]:
    """Where Python, its libraries and Khronika lie."""
    import crawler

    found = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent.parent]
    found.append(Path(crawler.__file__).resolve().parent.parent)
    return tuple(dict.fromkeys(path.absolute() for path in found))
