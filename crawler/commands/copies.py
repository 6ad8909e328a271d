"""`khronika copies`: the copies of the evidence elsewhere: how they are, send, check, release."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from archive.errors import UsageError
from crawler.cli import Application, Exit
from crawler.commands.base import Group, Number, open_collection, pass_application
from crawler.commands.base import command as make_command

if TYPE_CHECKING:
    from archive.copies import Problem
    from archive.releasing import Outcome
    from crawler.copies_status import CopyState
    from crawler.fixity_check import Checked, Share
    from crawler.output import Output


@click.group(
    "copies",
    cls=Group,
    examples=("khronika copies list", "khronika copies push", "khronika copies check"),
    exits=(Exit.NO_COLLECTION,),
)
def command() -> None:
    """Copies of the evidence on S3 or another disk: how they are, bring them up to date, read them back, make room.

    Where they lie is said by the [[copy]] parts of khronika.toml (docs/copies.md). Each file is followed from closed
    over uploaded and verified to locked; nothing that a server says is believed before it was read back.
    """


@make_command(
    "list",
    group=command,
    examples=("khronika copies list", "khronika --json copies list"),
    exits=(Exit.NO_COLLECTION,),
)
@pass_application
def list_command(application: Application) -> None:
    """Each copy: files at each step, how far they are proved, what waits, what is locked, what is wrong.

    Nothing is asked of the copies themselves: it is what the last push and the last check have found. With -v each
    problem, the mended ones too.
    """
    from archive.state import State
    from archive.writer import utc_now
    from crawler.config import load_config
    from crawler.copies import told_problem
    from crawler.copies_status import copies_state, copies_warnings

    output = application.output
    collection = open_collection(application)
    config = load_config(collection.config_path)
    with State.open(collection.path, readonly=True) as state:
        states = copies_state(collection, config, state)
        warnings = copies_warnings(collection, config, state, utc_now(), states)
        problems = state.copies.problems(mended=output.verbose)
        released = state.copies.released()
    if not states:
        output.result("khronika.toml names no copy: docs/copies.md says how one is made.")
    for one in states:
        output.record({"type": "copy", **one.as_record()})
        for line in _lines(one):
            output.result(line)
    for problem in problems:
        output.record(told_problem(problem))
        if output.verbose:
            _show(output, problem)
    octets = sum(row.size for row in released)
    output.record({"type": "released", "files": len(released), "octets": octets})
    if released:
        output.result(f"{_files(len(released))} ({_size(octets)}) are no longer here, and read from the copies.")
    for warning in warnings:
        words = {"type": "warning", "about": "copy", "copy": warning.copy, "kind": warning.kind}
        output.record({**words, "words": warning.words})
        output.result(output.style(warning.words, "warn"))


def _lines(one: CopyState) -> list[str]:
    from crawler.commands.views import minute

    head = f"{one.name}: {_files(one.files)} there ({_size(one.octets)})"
    if not one.named:
        head += ", named in khronika.toml no more"
    lines = [head]
    if one.waiting:
        since = f", since {minute(one.waiting_since)}" if one.waiting_since else ""
        lines.append(f"  waiting: {_files(one.waiting)} ({_size(one.waiting_octets)}{since})")
    if one.steps:
        lines.append("  " + " · ".join(f"{count} {step}" for step, count in one.steps))
    if one.levels:
        lines.append("  WARCs proved by " + ", ".join(f"{level}: {count}" for level, count in one.levels))
    if one.locked and one.lock_until:
        lines.append(f"  locked: {one.locked}, the first until {minute(one.lock_until)}")
    if one.read_since:
        lines.append(f"  all of it read back since {minute(one.read_since)}")
    if one.pushed_at:
        lines.append(f"  last up to date {minute(one.pushed_at)}")
    return lines


@make_command(
    "push",
    group=command,
    examples=("khronika copies push", "khronika copies push bucket", "khronika --json copies push"),
    exits=(Exit.INCOMPLETE, Exit.INTERRUPTED, Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION, Exit.LOCKED),
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@pass_application
def push_command(application: Application, names: tuple[str, ...]) -> int:
    """Bring the copies up to date: closed WARCs first, then the log, its checkpoint last.

    Each file is read back before it counts. Ctrl-C stops; the same command goes on where it stopped, within a large
    file too. A crawl does the same at its end, unless push = "by-hand" is set. Exit status 3 says that a copy could
    not be reached or is not up to date, 6 that what lies there is not what was put there; what is wrong is named.
    """
    from crawler.config import load_config
    from crawler.copying import push_copies, shown, told, words_of

    output = application.output
    collection = open_collection(application)
    config = load_config(collection.config_path)
    with stopping() as stopped, output.progress() as progress:
        results = push_copies(collection, config, names, on_step=shown(progress), stopped=stopped.is_set)
    for one in results:
        for problem in one.problems:
            _tell(output, problem)
        output.record(told(one))
        line = words_of(one)
        output.result(line if one.is_whole else output.style(line, "warn"))
    if any(one.problems or one.rolled_back or one.conflict for one in results):
        return Exit.VERIFICATION_FAILED
    if stopped.is_set():
        output.message("Stopped; the same command goes on from here.")
        return Exit.INTERRUPTED
    return Exit.DONE if all(one.is_whole for one in results) else Exit.INCOMPLETE


@make_command(
    "check",
    group=command,
    examples=(
        "khronika copies check",
        "khronika copies check bucket --all",
        "khronika copies check --share 5",
        "khronika copies check --budget 20G",
    ),
    exits=(Exit.INCOMPLETE, Exit.INTERRUPTED, Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION, Exit.LOCKED),
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Read everything.")
@click.option("--share", type=Number(min=0, max=100, min_open=True), metavar="P", help="Read P percent of each copy.")
@click.option("--budget", metavar="SIZE", help="Read so much of each copy at most, as 500M or 20G.")
@pass_application
def check_command(
    application: Application, names: tuple[str, ...], everything: bool, share: float | None, budget: str | None
) -> int:
    """Read copies back, every octet, and hold them against the log: what was not read for the longest time first.

    Given once a day without an option, it reads everything once within check-days of [keep]. Each file is asked for by
    its version; that this is the newest, and that its lock holds, is looked at too. What is wrong is named, and shown
    by status until a push has mended it. Ctrl-C stops; the same command goes on.
    """
    from archive.state import State
    from archive.writer import utc_now
    from crawler.config import load_config
    from crawler.copies import opened_copies, working_on_copies
    from crawler.fixity_check import check_copy

    output = application.output
    collection = open_collection(application)
    config = load_config(collection.config_path)
    wanted = _share(config.keep.check_days, everything=everything, share=share, budget=budget)
    opened = opened_copies(collection.path, config, names)
    log = collection.log()
    results = []
    with working_on_copies(collection.path), State.open(collection.path, readonly=False) as state:
        with output.progress() as progress:
            for one in opened:
                checked = check_copy(
                    one.holder,
                    state.copies,
                    log,
                    wanted,
                    utc_now,
                    progress=progress,
                    on_problem=lambda problem: _tell(output, problem),
                )
                results.append(checked)
        known = {(problem.target, problem.file, problem.kind) for each in results for problem in each.problems}
        before = [
            problem
            for one in opened
            for problem in state.copies.problems(one.name)
            if (problem.target, problem.file, problem.kind) not in known
        ]
    for checked in results:
        _conclude(output, checked)
    for problem in before:
        _tell(output, problem)
    if before or any(one.problems for one in results):
        return Exit.VERIFICATION_FAILED
    return Exit.INCOMPLETE if any(one.error for one in results) else Exit.DONE


def _share(days: int, *, everything: bool, share: float | None, budget: str | None) -> Share:
    from crawler.config import parse_size
    from crawler.fixity_check import Share

    if sum((everything, share is not None, budget is not None)) > 1:
        raise click.UsageError("--all, --share and --budget exclude each other")
    octets = None
    if budget is not None:
        try:
            octets = parse_size(budget)
        except ValueError as error:
            raise click.UsageError(f"--budget: {error}") from error
    return Share(days, everything, share, octets)


def _conclude(output: Output, checked: Checked) -> None:
    output.record(checked.as_record())
    words = f"{checked.copy}: {_files(checked.files)} read back ({_size(checked.octets)})"
    if checked.error:
        left = f", {_files(checked.left)} not" if checked.left else ""
        output.result(output.style(f"{words}{left}: {checked.error}", "warn"))
    elif checked.problems:
        output.result(output.style(f"{words}, {len(checked.problems)} with a problem", "bad"))
    elif not checked.files:
        output.result(f"{checked.copy}: nothing is due today")
    else:
        output.result(f"{words}, all as the log says")


@make_command(
    "extend",
    group=command,
    examples=("khronika copies extend", "khronika copies extend locked --days 800"),
    exits=(Exit.INCOMPLETE, Exit.INTERRUPTED, Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION, Exit.LOCKED),
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--days", type=click.IntRange(min=1), metavar="N", help="Days from now. Default: lock-days of the copy.")
@pass_application
def extend_command(application: Application, names: tuple[str, ...], days: int | None) -> int:
    """Lock what is there for longer: every WARC of the copies that ask for a lock, for so many days from now.

    A lock that lasts longer stays as it is; none is ever made shorter. Each is read back. Ctrl-C stops; the same
    command goes on. Exit status 3 says that a copy could not be asked, 6 that a lock was not taken.
    """
    from archive.state import State
    from archive.writer import utc_now
    from crawler.config import load_config
    from crawler.copies import opened_copies, working_on_copies
    from crawler.lock_extension import extend_copy

    output = application.output
    collection = open_collection(application)
    config = load_config(collection.config_path)
    opened = [one for one in opened_copies(collection.path, config, names) if names or one.policy.lock != "none"]
    lockless = [one.name for one in opened if one.policy.lock == "none"]
    if lockless or not opened:
        named = f"the copy {lockless[0]}" if lockless else "any copy"
        raise UsageError(f"khronika.toml asks for no lock at {named}: lock and lock-days (docs/copies.md)")
    results = []
    with (
        working_on_copies(collection.path),
        State.open(collection.path, readonly=False) as state,
        output.progress() as progress,
    ):
        for one in opened:
            extended = extend_copy(
                one.holder,
                state.copies,
                days if days is not None else one.policy.lock_days,
                utc_now,
                progress=progress,
                on_problem=lambda problem: _tell(output, problem),
            )
            results.append(extended)
            output.record(extended.as_record())
            words = f"{extended.copy}: {_files(extended.extended)} locked for longer, {extended.kept} were as long"
            output.result(f"{words}: {extended.error}" if extended.error else words)
    if any(one.problems for one in results):
        return Exit.VERIFICATION_FAILED
    return Exit.INCOMPLETE if any(one.error for one in results) else Exit.DONE


@make_command(
    "release",
    group=command,
    examples=("khronika copies release --dry-run", "khronika copies release"),
    exits=(Exit.INCOMPLETE, Exit.INTERRUPTED, Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION, Exit.LOCKED),
)
@click.option("--dry-run", is_flag=True, help="Look at everything, and leave every file where it is.")
@pass_application
def release_command(application: Application, dry_run: bool) -> int:
    """Make room: closed WARCs that are proved to be safe elsewhere go from this machine, one by one.

    Only with local = "copied" in [keep]. A file goes when it is older than days of [keep]; when it is here as the log
    says; when as many copies as [keep] asks for, each at another place, were read back whole just now, by version and
    with their lock; and when the log at each of them proves it. What stays is said with the reason. Afterwards the
    collection is read from the copies.

    Exit status 3 says that a copy could not be asked, 6 that something is wrong with one of them or with a file here.
    """
    from archive.lock import Lock
    from archive.state import State
    from crawler.config import load_config
    from crawler.copies import working_on_copies
    from crawler.release import releasing

    output = application.output
    collection = open_collection(application)
    config = load_config(collection.config_path)
    if not config.keep.may_release:
        raise UsageError(
            'nothing is released: [keep] says local = "always". With local = "copied", WARCs that are safe at '
            f"{config.keep.copies} copies may go from here (docs/copies.md)"
        )
    outcomes: list[Outcome] = []
    lock = Lock(collection.path)
    try:
        with (
            working_on_copies(collection.path),
            State.open(collection.path, readonly=False) as state,
            releasing(collection, config, state.copies) as work,
        ):
            back, others = work.settle()
            for file in back:
                output.message(f"{file}: an earlier release was broken off; it is still here, and looked at anew")
            for file in others:
                output.message(f"{file}: it was released, and what lies here now is not what was")
            names = work.candidates()
            with output.progress() as progress:
                for done, name in enumerate(names):
                    progress("Looking at what may go", done, len(names))
                    outcome = work.release(name, dry_run=dry_run)
                    outcomes.append(outcome)
                    _told(output, outcome, dry_run=dry_run)
    finally:
        lock.release()
    return _released(output, outcomes, dry_run=dry_run)


def _told(output: Output, outcome: Outcome, *, dry_run: bool) -> None:
    output.record({"type": "release", "dry_run": dry_run, **outcome.as_record()})
    if outcome.released or (dry_run and not outcome.why):
        word = "would go" if dry_run else "released"
        output.result(f"{word}: {outcome.file} ({_size(outcome.size)}), good at {', '.join(outcome.copies)}")
    else:
        line = f"stays: {outcome.file}: {outcome.why}"
        output.result(output.style(line, "bad") if outcome.wrong else line)


def _released(output: Output, outcomes: list[Outcome], *, dry_run: bool) -> int:
    gone = [one for one in outcomes if one.released or (dry_run and not one.why)]
    octets = sum(one.size for one in gone)
    summary = {"type": "summary", "released": len(gone), "octets": octets, "stay": len(outcomes) - len(gone)}
    output.record({**summary, "dry_run": dry_run})
    output.result(
        f"{_files(len(gone))} {'would go' if dry_run else 'gone'}, {_size(octets)}; {len(outcomes) - len(gone)} stay."
    )
    if any(one.wrong for one in outcomes):
        return Exit.VERIFICATION_FAILED
    return Exit.INCOMPLETE if any(one.unasked for one in outcomes) else Exit.DONE


def _tell(output: Output, problem: Problem) -> None:
    from crawler.copies import told_problem

    output.record(told_problem(problem))
    _show(output, problem)


def _show(output: Output, problem: Problem) -> None:
    from crawler.copies import words_of_problem
    from crawler.output import one_line

    mended = f" (mended {problem.mended_at:%Y-%m-%d})" if problem.mended_at else ""
    words = one_line(words_of_problem(problem)) + mended
    output.result(words if problem.mended_at else output.style(words, "bad"))


@contextlib.contextmanager
def stopping() -> Iterator[threading.Event]:
    """Set by the first Ctrl-C, or SIGTERM: what is on its way stops at the next piece. A second one ends at once."""
    event = threading.Event()
    before: dict[signal.Signals, Any] = {}

    def stop(number: int, _: object) -> None:
        event.set()
        for one, handler in before.items():
            signal.signal(one, handler)

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, stop)
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _size(number: int) -> str:
    from crawler.disk_budget import octets

    return octets(number)
