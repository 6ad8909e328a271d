"""`khronika`: the one place that reads the global flags, prints errors and picks exit statuses.

Nothing heavy is imported here: a command's module is imported when the command runs, so that `khronika --help`
answers at once.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import click

from archive import errors
from crawler.output import Output, forgive_encodings, printable, wants_color


class Exit(IntEnum):
    """The exit statuses of every command."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERRUPTED = 4
    DIFFERENCES = 5
    VERIFICATION_FAILED = 6
    NO_COLLECTION = 10
    LOCKED = 11


EXIT_WORDS = {
    Exit.DONE: "done",
    Exit.ERROR: "error",
    Exit.USAGE: "usage",
    Exit.INCOMPLETE: "done, but not all: some pages could not be fetched, notices not sent, or copies not up to date",
    Exit.INTERRUPTED: "interrupted, or a limit reached; resumable",
    Exit.DIFFERENCES: "differences found, or something is not well (only with --exit-code, --check)",
    Exit.VERIFICATION_FAILED: "verification failed",
    Exit.NO_COLLECTION: "no collection here",
    Exit.LOCKED: "collection locked by another process",
}

_STATUS_OF: tuple[tuple[type[errors.KhronikaError], Exit], ...] = (
    (errors.UsageError, Exit.USAGE),
    (errors.ConfigError, Exit.USAGE),
    (errors.NoCollectionError, Exit.NO_COLLECTION),
    (errors.CollectionLockedError, Exit.LOCKED),
    (errors.UnsoundCopyError, Exit.VERIFICATION_FAILED),
    (errors.DiskLowError, Exit.INTERRUPTED),
)

COMMANDS = {
    "init": "Make a collection.",
    "site": "Add a site, look at it, test it, list its pages; pause, resume, remove it.",
    "crawl": "Fetch pages and keep every exchange.",
    "schedule": "Crawl sites by themselves, when khronika.toml says so.",
    "status": "What ran, what is unfinished, what is wrong.",
    "history": "Every capture of a page, and what changed at each.",
    "show": "One capture: its facts, text, headers or bytes.",
    "diff": "What changed between two captures, word by word.",
    "changes": "Changes on all pages.",
    "digest": "What changed over a span of time, to read, print or mail.",
    "notify": "Tell those whom khronika.toml names what changed.",
    "search": "Find pages by their words, in any form of them.",
    "verify": "Check that the evidence is intact.",
    "check": "Is this WARC sound? Any tool's, no collection needed.",
    "prove": "An evidence bundle, to hand to a court or a newsroom.",
    "check-proof": "Check an evidence bundle, without a collection.",
    "events": "What was done with the collection, as its log tells.",
    "withhold": "Give captures out no more, on a ground that the log keeps.",
    "checkpoint": "Sign the log now, and have it time-stamped.",
    "key": "The keys that the log is signed with.",
    "witness": "Cosignatures of partners, so that nothing can be taken back.",
    "copies": "Copies of the evidence elsewhere: send, read back, make room here.",
    "clone": "A collection from a copy of it, on S3 or in a folder.",
    "reprocess": "Read and compare stored pages again.",
    "rebuild": "Make the catalogue again from the WARCs.",
    "export": "Text, tables or index lines for other tools.",
    "prune": "Make room: take away what was derived and is not needed any more.",
    "doctor": "What this machine and an S3 server can do, and what was let out about you.",
    "demo": "The whole story on a made-up site, without network.",
}


@dataclass(frozen=True, slots=True)
class Application:
    """What the global flags said; the object that every command is given."""

    folder: Path
    output: Output


class Khronika(click.Group):
    """Imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"crawler.commands.{cmd_name.replace('-', '_')}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            raise click.UsageError(f"no command {args[0]!r}.{nearest_words(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)


def nearest_words(word: str, known: Any) -> str:
    """` Did you mean …?` for the nearest known word, or nothing."""
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else ""


@click.command(cls=Khronika, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "-C",
    "--collection",
    "folder",
    type=click.Path(path_type=Path),
    envvar="KHRONIKA_COLLECTION",
    default=Path(),
    help="The collection's folder. Default: KHRONIKA_COLLECTION, else the current folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Results as JSON Lines on stdout.")
@click.option("-q", "--quiet", is_flag=True, help="No messages, no progress.")
@click.option("-v", "--verbose", is_flag=True, help="More messages.")
@click.option("--no-color", is_flag=True, help="No colour.")
@click.version_option(package_name="khronika", message="%(prog)s %(version)s")
@click.pass_context
def khronika(ctx: click.Context, folder: Path, as_json: bool, quiet: bool, verbose: bool, no_color: bool) -> None:
    """Keep a provable record of web pages: fetch them, keep every exchange byte for byte, see what changed, and
    check that nothing was altered.

    \b
    Example:
      khronika init my-archive --operator "Example Archive <mail@example.org>"
      khronika -C my-archive crawl --url https://example.org/cases/
      khronika -C my-archive changes

    \b
    Exit statuses: 0 done, 1 error, 2 usage, 3 done, but not all (pages,
    notices, copies), 4 interrupted or limit reached (resumable),
    5 differences or not well (--exit-code, --check), 6 verification failed,
    10 no collection here, 11 collection locked.
    """
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other")
    color = wants_color(sys.stdout, refused=no_color)
    ctx.obj = Application(folder, Output(as_json=as_json, quiet=quiet, verbose=verbose, color=color))


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit status."""
    open_standard_streams()
    sys.exit(run(arguments))


def open_standard_streams() -> None:
    """Give /dev/null to each of the three standard streams that the caller has closed (`khronika crawl <&-`).

    Else the next file or socket that is opened takes its number, and the event loop refuses to close such a one.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process runs
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - likewise


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status. No traceback reaches the user."""
    forgive_encodings()
    try:
        result = khronika.main(args=arguments, prog_name="khronika", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        return _say("stopped", Exit.INTERRUPTED)
    except errors.KhronikaError as error:
        return _say(str(error) + remedy(error), status_of(error))
    except BrokenPipeError:
        # the reader of our output went away (`khronika changes | head`): nothing to say, and nowhere to say it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.ERROR
    except OSError as error:
        return _say(describe_os_error(error) + remedy(error), Exit.ERROR)
    except Exception as error:
        if "KHRONIKA_DEBUG" in os.environ:
            raise
        return _say(
            f"a fault in khronika itself: {type(error).__name__}: {error} (KHRONIKA_DEBUG=1 shows where)", Exit.ERROR
        )
    return result if isinstance(result, int) else Exit.DONE


def status_of(error: errors.KhronikaError) -> Exit:
    """The exit status of one of our errors."""
    return next((status for kind, status in _STATUS_OF if isinstance(error, kind)), Exit.ERROR)


def remedy(error: BaseException) -> str:
    """What to do about a full disk, as a line of its own; nothing about other errors."""
    from crawler.full_disk import ADVICE, is_full_disk

    return f"\n{ADVICE}" if is_full_disk(error) else ""


def describe_os_error(error: OSError) -> str:
    """What the system refused, in words; the file by its name only, never with the operator's folders."""
    name = Path(str(error.filename)).name if error.filename is not None else None
    where = f" ({name})" if name else ""
    words = {
        errno.ENOSPC: "the disk is full",
        errno.EROFS: "the disk is read-only",
        errno.EACCES: "permission denied",
        errno.EDQUOT: "the disk quota is used up",
    }
    return words.get(error.errno or 0, error.strerror or type(error).__name__) + where


def _say(text: str, status: Exit) -> int:
    print("khronika: " + "\n".join(printable(line) for line in text.split("\n")), file=sys.stderr)
    return status
