"""Is every change told as what it is, and nothing else? All measurements of changes, each with its bars.

    python -m bench.change [--made-up]

Runs the measurements below one after the other, on made-up pages always and on `../shared/data` where it is there; with
`--made-up` on what the repository has alone. Exit 1 when one of them is under a bar.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import Final

MEASUREMENTS: Final[dict[str, tuple[str, ...] | None]] = {
    "changes": ("--made-up",),
    "change_pairs": None,
}
"""By name of module, the arguments that leave out what is not of the repository; None where nothing would be left."""


def main() -> int:
    """Run them all, and say at the end which are under a bar."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--made-up", action="store_true", help="only what the repository has")
    options = parser.parse_args()
    under = []
    for name, made_up in MEASUREMENTS.items():
        arguments = made_up if options.made_up else ()
        if arguments is None:
            continue
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}", *arguments], check=False).returncode != 0:
            under.append(name)
    print(f"== under a bar: {', '.join(under)}" if under else "== every bar is held")
    return int(bool(under))


if __name__ == "__main__":
    sys.exit(main())
