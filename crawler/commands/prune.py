"""`khronika prune`: take away what was derived and is not needed any more."""

from __future__ import annotations

import click

from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application


@make_command(
    "prune",
    examples=("khronika prune --dry-run", "khronika prune", "khronika prune --index"),
    exits=(Exit.INTERRUPTED, Exit.NO_COLLECTION, Exit.LOCKED),
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and leave everything as it is.")
@click.option("--index", is_flag=True, help="The index of the search too; the next search makes it again.")
@pass_application
def command(application: Application, dry_run: bool, index: bool) -> int:
    """Make room: take away what was derived, or has served its purpose. Evidence is never touched.

    What goes: the frontier and the logs of crawls that finished longer ago than crawl-days of [keep] says, unless a
    site's next crawl or status still looks into them; as old, the list of what ran by schedule, but for the newest of
    each site; what a rebuild that was broken off left; with --index the index of the search. A catalogue of which much
    is empty is made smaller. With a frontier goes what it alone knows: which addresses were found and not fetched, and
    why.

    What it does not know it leaves alone, and says so. Stopped with Ctrl-C, it goes on when it is given again.
    """
    from datetime import UTC, datetime

    from archive.lock import Lock
    from archive.state import State
    from crawler.config import load_config
    from crawler.disk_budget import octets
    from crawler.output import one_line
    from crawler.pruning import plan, prune

    output = application.output
    collection = open_collection(application)
    config = load_config(collection.config_path)
    lock = None if dry_run else Lock(collection.path)
    freed = 0
    try:
        with State.open(collection.path, readonly=True) as state:
            found = plan(collection, config.keep, state, datetime.now(UTC), index=index)
        for name, why in found.left:
            output.record({"type": "left alone", "name": name, "why": why})
            output.message(f"left alone: {one_line(name)}: {one_line(why)}")
        with output.progress() as progress:
            for done, thing in enumerate(found.things):
                progress(thing.name, done, len(found.things))
                gone = thing.octets if dry_run else prune(collection, thing)
                freed += gone
                output.record({"type": "pruned", **thing.as_record(), "octets": gone, "dry_run": dry_run})
                output.result(f"{'would go' if dry_run else 'gone'}: {thing.name} ({thing.kind}, {octets(gone)})")
    finally:
        if lock is not None:
            lock.release()
    output.record({"type": "summary", "things": len(found.things), "octets": freed, "dry_run": dry_run})
    if not found.things:
        output.result("Nothing can go.")
    else:
        output.result(f"{octets(freed)} {'would be' if dry_run else 'are'} free again.")
    return Exit.DONE
