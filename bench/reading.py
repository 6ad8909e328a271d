"""Is the reading as good as it is promised? Main text, metadata, languages, spans, facts, each with its floors.

    python -m bench.reading [--made-up] [--only NAME ...] [--cost]

Runs the measurements below one after the other, each on the made-up set of the repository (`bench/reading_set`) and on
`../shared/data` and `../shared/seeds` where they are there; with `--made-up` on the repository's alone, which is what a
test of the suite does too. `--cost` adds `bench.reading_cost`. Exit 1 when one of them is below a floor.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

NOWHERE: Final = Path("/nonexistent")
"""Where no data is: what a measurement is told so that it takes the repository's alone."""
MEASUREMENTS: Final[dict[str, tuple[str, ...]]] = {
    "extraction": ("--made-up",),
    "metadata": (),
    "language": ("--data", str(NOWHERE)),
    "spans": ("--langid", str(NOWHERE)),
    "facts": ("--seeds", str(NOWHERE)),
}
"""By name of module, the arguments that leave out what is not of the repository."""


def run(name: str, arguments: Sequence[str]) -> bool:
    """Run one measurement in a process of its own, its output passed on; whether it met its floors."""
    print(f"== {name}", flush=True)
    return subprocess.run([sys.executable, "-m", f"bench.{name}", *arguments], check=False).returncode == 0


def main() -> int:
    """Run them all, and say at the end which are below."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--made-up", action="store_true", help="only the made-up set of the repository")
    parser.add_argument("--only", nargs="+", choices=sorted(MEASUREMENTS), default=list(MEASUREMENTS))
    parser.add_argument("--cost", action="store_true", help="what a reading costs, too")
    options = parser.parse_args()
    below = [name for name in options.only if not run(name, MEASUREMENTS[name] if options.made_up else ())]
    if not options.made_up:
        below += [name for name in ("seeds", *(["reading_cost"] if options.cost else [])) if not run(name, ())]
    print(f"== below a floor: {', '.join(below)}" if below else "== every floor is met")
    return int(bool(below))


if __name__ == "__main__":
    sys.exit(main())
