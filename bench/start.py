"""CPU time that `khronika --help` takes beyond bare Python plus click, and whether anything heavy is imported for it.

    python -m bench.start

The target is under 0.3 s; Scrapy and trafilatura must not be imported.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from pathlib import Path

ROUNDS = 9
HEAVY = ("scrapy", "twisted", "trafilatura", "lxml", "sqlalchemy", "alembic", "warcio", "boto3", "rich")


def cpu_seconds(command: list[str]) -> float:
    """User and system time of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def heavy_imports() -> list[str]:
    """Which of HEAVY `khronika --help` imports."""
    code = (
        "import sys; from crawler.cli import run; run(['--help']); "
        f"print('imported:', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return ran.stdout.splitlines()[-1].removeprefix("imported:").split()


def main() -> None:
    bare = [sys.executable, "-c", "import click"]
    ours = [str(Path(sys.executable).with_name("khronika")), "--help"]
    for command in (bare, ours):
        cpu_seconds(command)  # warm the caches
    pairs = [(cpu_seconds(bare), cpu_seconds(ours)) for _ in range(ROUNDS)]
    bare_median = statistics.median(one for one, _ in pairs)
    ours_median = statistics.median(one for _, one in pairs)
    print(f"python + click {bare_median:.3f} s, khronika --help {ours_median:.3f} s of CPU")
    print(f"more: {ours_median - bare_median:.3f} s")
    print(f"heavy modules imported: {heavy_imports() or 'none'}")


if __name__ == "__main__":
    main()
