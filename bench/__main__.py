"""`make bench`: the measurements that need nothing but the project, each a program of its own; see bench/README.md."""

from __future__ import annotations

import subprocess
import sys

RUNS = (
    ("bench.start",),
    ("bench.reading", "--cost"),
    ("bench.changes", "--pages", "6", "--share", "4"),
    ("bench.compare_cost",),
    ("bench.histories", "--crawls", "16", "--rebuild"),
    ("bench.compare",),
    ("bench.crawl", "--pages", "600"),
    ("bench.kill", "--pages", "600", "--kills", "20", "--seed", "1"),
    ("bench.incremental", "--cards", "700"),
    ("bench.log",),
    ("bench.verify",),
    ("bench.memory", "--octets", str(1 << 28)),
    ("bench.memory", "--pages", "2000"),
    ("bench.reprocess", "--pages", "1000"),
    ("bench.reprocess", "--speed", "--pages", "300"),
    ("bench.fuzz_reading", "--count", "300", "--seed", "1"),
    ("bench.search", "--readings", "3000"),
    ("bench.sites", "--sites", "10", "--pages", "1000", "--delay", "0.8"),
    ("bench.notices", "--kills", "6", "--seed", "1"),
    ("bench.tamper",),
    ("bench.proof",),
    ("bench.catalogue_growth", "--captures", "100000", "--urls", "500", "--groups", "40"),
)


def main() -> int:
    failed = 0
    for run in RUNS:
        print(f"== python -m {' '.join(run)}", flush=True)
        failed += subprocess.run([sys.executable, "-m", *run], check=False).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
