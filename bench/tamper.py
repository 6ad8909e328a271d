"""Show the tamper kit to other checkers too: `warcio check` and `wacz validate` beside `khronika verify`.

    python -m bench.tamper              the score, and what is expected of verify held against what it finds
    python -m bench.tamper --write      puts the tables into docs/tamper-kit.md as well

Each attack works on its own copy of one collection (`tests/tamper_victim.py`). What is counted as found: `verify` ends
with 6; `warcio check` ends with another status than 0 on any WARC; a package (WACZ) that `wacz create` makes of the
attacked WARCs cannot be made, or does not pass `wacz validate`. A package that was made before the attack and whose
WARCs were exchanged without touching its list of digests is tried too; the list is not signed, so whoever exchanges the
WARCs can write it anew, and then it is the other case.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from authority import Authority
from tamper_bundles import BUNDLE_ATTACKS, Bundle, BundleAttack
from tamper_kit import ATTACKS, Attack, attacked
from tamper_victim import Victim, khronika, make_victim

ROOT = Path(__file__).parent.parent
WACZ = ROOT / ".venv-wacz" / "bin" / "wacz"
GUIDE = ROOT / "docs" / "tamper-kit.md"


@dataclass(frozen=True)
class Score:
    """What each checker made of one attack; None: there is nothing in it that the checker reads."""

    attack: Attack
    alone: bool
    outside: bool
    kinds: tuple[str, ...]
    warcio: bool | None
    package: bool | None
    """A package made after the attack."""
    exchanged: bool | None
    """A package made before it, with the attacked WARCs in it and its digests left as they were."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the tables into the documentation")
    asked = parser.parse_args()
    if not WACZ.exists():
        print("wacz is not installed: make wacz")
        return 1
    with tempfile.TemporaryDirectory() as folder, Authority(Path(folder) / "authority") as authority:
        victim = make_victim(Path(folder), authority)
        before = Path(folder) / "before.wacz"
        claims = [
            ("warcio check finds nothing in the untouched WARCs", not warcio_finds(victim.folder)),
            ("wacz validate finds nothing in their package", not package_fails(victim.folder, before)),
            ("verify finds nothing", not khronika(victim.folder, "verify").findings),
        ]
        scores = []
        for number, attack in enumerate(ATTACKS.values()):
            scores.append(tried(victim, attack, Path(folder) / str(number), before))
            print(row(scores[-1]), flush=True)
        bundles = [tried_bundle(victim, attack, Path(folder) / "bundle.zip") for attack in BUNDLE_ATTACKS.values()]
    wrong = [
        score.attack.name
        for score in scores
        if score.alone != bool(score.attack.alone) or score.outside != bool(score.attack.outside)
    ]
    wrong += [attack.name for attack, ours, alone in bundles if not ours or alone != (attack.says is not None)]
    claims.append(
        (f"verify and check-proof find what they must, and nothing that they cannot {wrong or ''}", not wrong)
    )
    print(totals(scores, bundles))
    for text, held in claims:
        print(f"{'ok  ' if held else 'FAIL'} {text}")
    if asked.write and not wrong:
        write_guide(scores, bundles)
    return 0 if all(held for _, held in claims) else 1


def tried(victim: Victim, attack: Attack, folder: Path, before: Path) -> Score:
    """One attack, shown to all."""
    scene, _ = attacked(victim, folder / "collection", attack)
    alone = khronika(scene.folder, "verify", status=None)
    outside = khronika(
        scene.folder, "verify", "--against", str(victim.checkpoint), "--trust", victim.trust, status=None
    )
    kinds = tuple(sorted(outside.kinds))
    if not attack.content:
        return Score(attack, alone.status == 6, outside.status == 6, kinds, None, None, None)
    return Score(
        attack,
        alone.status == 6,
        outside.status == 6,
        kinds,
        warcio_finds(scene.folder),
        package_fails(scene.folder, folder / "after.wacz"),
        exchanged_fails(scene.folder, before, folder / "exchanged.wacz"),
    )


def tried_bundle(victim: Victim, attack: BundleAttack, path: Path) -> tuple[BundleAttack, bool, bool]:
    """One attack on a bundle: whether `check-proof` found it, and `verify_bundle.py`."""
    bundle = Bundle.read(victim.bundles[attack.bundle], victim)
    attack.apply(bundle)
    if attack.lists_anew:
        bundle.list_anew()
    bundle.write(path)
    ours = khronika(None, "check-proof", str(path), status=None)
    command = [sys.executable, "-I", str(ROOT / "archive" / "verify_bundle.py"), str(path)]
    alone = subprocess.run(command, capture_output=True, check=False)
    return attack, ours.status == 6, alone.returncode == 6


def warcs(folder: Path) -> list[Path]:
    return sorted((folder / "archive").glob("*.warc.gz"))


def warcio_finds(folder: Path) -> bool:
    """Whether `warcio check` is not content with any of a collection's WARCs."""
    command = [sys.executable, "-m", "warcio.cli", "check", *map(str, warcs(folder))]
    return subprocess.run(command, capture_output=True, check=False).returncode != 0


def package_fails(folder: Path, package: Path) -> bool:
    """Whether a package of a collection's WARCs cannot be made, or is not valid."""
    command = ["create", "--detect-pages", "--title", "cases", "-o", str(package), *map(str, warcs(folder))]
    return not (run_wacz(*command) and run_wacz("validate", "-f", str(package)))


def exchanged_fails(folder: Path, before: Path, package: Path) -> bool:
    """Whether a package is found out in which the WARCs are those of the attacked collection, and nothing else."""
    attacked_files = {f"archive/{path.name}": path.read_bytes() for path in warcs(folder)}
    with zipfile.ZipFile(before) as old, zipfile.ZipFile(package, "w") as new:
        for name in old.namelist():
            if not name.startswith("archive/"):
                new.writestr(old.getinfo(name), old.read(name))
        for name, octets in attacked_files.items():
            new.writestr(name, octets, zipfile.ZIP_STORED)
    return not run_wacz("validate", "-f", str(package))


def run_wacz(*words: str) -> bool:
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    return subprocess.run([str(WACZ), *words], capture_output=True, check=False, env=environment).returncode == 0


def mark(found: bool | None) -> str:
    return "does not read it" if found is None else "**found**" if found else "–"


def row(score: Score) -> str:
    tools = "  ".join(f"{mark(found):<18}" for found in (score.alone, score.outside, score.warcio, score.package))
    return f"{score.attack.name:<44} {tools}"


def table(scores: list[Score]) -> str:
    """What came of the attacks on the collection."""
    lines = [
        "| attack | attacker has | `verify` | `verify --against --trust` | `warcio check` | `wacz validate`, packed "
        "after the attack | packed before it |",
        "|---|---|---|---|---|---|---|",
    ]
    for score in scores:
        alone = ", ".join(f"`{kind}`" for kind in sorted(score.attack.alone)) or "– (`self-attested`)"
        outside = ", ".join(f"`{kind}`" for kind in sorted(score.attack.outside)) or "–"
        tools = " | ".join(mark(found) for found in (score.warcio, score.package, score.exchanged))
        lines.append(
            f"| **{score.attack.name}**. {score.attack.does} | {score.attack.holds} | {alone} | {outside} | {tools} |"
        )
    return "\n".join(lines) + "\n"


def bundle_table(bundles: list[tuple[BundleAttack, bool, bool]]) -> str:
    """What came of the attacks on bundles."""
    lines = ["| attack | `check-proof` | `verify_bundle.py` |", "|---|---|---|"]
    for attack, _, alone in bundles:
        left = "– (by the `openssl` command that it prints)" if attack.openssl else "– (it says that it cannot)"
        lines.append(f"| **{attack.name}**. {attack.does} | `{attack.kind}` | {'**found**' if alone else left} |")
    return "\n".join(lines) + "\n"


def totals(scores: list[Score], bundles: list[tuple[BundleAttack, bool, bool]]) -> str:
    """How many each found."""
    content = [score for score in scores if score.attack.content]

    def count(found: list[bool | None]) -> str:
        read = [one for one in found if one is not None]
        return f"{sum(read)} of {len(read)}"

    lines = [
        ("khronika verify, the folder alone", count([score.alone for score in scores])),
        ("khronika verify --against --trust", count([score.outside for score in scores])),
        ("warcio check", count([score.warcio for score in scores])),
        ("wacz validate, packed after the attack", count([score.package for score in scores])),
        ("wacz validate, packed before, its list of digests left", count([score.exchanged for score in scores])),
        ("khronika check-proof, bundles", f"{sum(ours for _, ours, _ in bundles)} of {len(bundles)}"),
        ("verify_bundle.py alone, bundles", f"{sum(alone for _, _, alone in bundles)} of {len(bundles)}"),
    ]
    head = f"{len(scores)} attacks, {len(content)} of which change WARCs; {len(bundles)} on bundles"
    return "\n".join([head, *(f"{found:>9}  {name}" for name, found in lines)])


def write_guide(scores: list[Score], bundles: list[tuple[BundleAttack, bool, bool]]) -> None:
    """Put what was measured into the guide, between its marks."""
    text = GUIDE.read_text("utf-8")
    for name, content in (
        ("score", f"```\n{totals(scores, bundles)}\n```\n"),
        ("attacks", table(scores)),
        ("bundles", bundle_table(bundles)),
    ):
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = before + start + content + end + after
    GUIDE.write_text(text, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
