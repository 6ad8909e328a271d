"""Units and cron lines: what systemd itself says of them, and names that would break a lesser quoting."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from khronika_command import Khronika

from archive.errors import UsageError
from crawler.schedule_units import Place, Unit, cron_lines, loop_units, timer_units

ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze (Debian: systemd) is not installed")
TRUE = shutil.which("true") or "/bin/true"


def place(tmp_path: Path, *, folder: str = "archive", **more: object) -> Place:
    collection = tmp_path / folder
    collection.mkdir(exist_ok=True)
    return Place(command=(TRUE,), collection=collection, user="root", program=(Path("/usr"),), **more)  # type: ignore[arg-type]


def verified(units: list[Unit], tmp_path: Path) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    folder = tmp_path / "units"
    folder.mkdir()
    for unit in units:
        (folder / unit.name).write_text(unit.text)
    names = [str(folder / unit.name) for unit in units]
    return subprocess.run([ANALYZE, "verify", *names], capture_output=True, text=True, check=False)


MAKERS = {"timer": timer_units, "loop": loop_units}
PLACES = {
    "plain": {},
    "browser": {"browser": True},
    "copies": {"copies": True, "folders": (Path("/mnt/second disk"),), "credentials": (Path("/home/u/.aws"),)},
    "passphrase": {"passphrase": True},
    "spaces": {"folder": "the archive, 100% of it: $HOME \"x\" \\ 'y'"},
}


@needs_systemd
@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("case", PLACES)
def test_systemd_finds_nothing_wrong(maker: str, case: str, tmp_path: Path) -> None:
    ran = verified(MAKERS[maker](place(tmp_path, **PLACES[case])), tmp_path)

    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


@needs_systemd
def test_systemd_does_find_what_is_wrong(tmp_path: Path) -> None:
    service = timer_units(place(tmp_path))[0]
    wrong = Unit(service.name, service.text.replace("ProtectSystem=strict", "ProtectSystem=most"))

    assert "protect system value" in verified([wrong], tmp_path).stderr


@needs_systemd
@pytest.mark.parametrize(("browser", "most"), [(False, 2.5), (True, 3.5)])
def test_the_services_are_hardened(browser: bool, most: float, tmp_path: Path) -> None:
    assert ANALYZE is not None
    (service, _) = timer_units(place(tmp_path, browser=browser))
    path = tmp_path / service.name
    path.write_text(service.text)

    ran = subprocess.run(
        [ANALYZE, "security", "--offline=true", "--no-pager", str(path)], capture_output=True, text=True, check=True
    )

    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", ran.stdout)
    assert found is not None
    assert float(found[1]) <= most


def values(unit: Unit, section: str = "Service") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    inside = False
    for line in unit.text.splitlines():
        if line.startswith("["):
            inside = line == f"[{section}]"
        elif inside and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_a_service_writes_the_collection_and_folders_of_copies_and_nothing_else(tmp_path: Path) -> None:
    service = values(timer_units(place(tmp_path, copies=True, folders=(Path("/mnt/two"),)))[0])

    assert service["ProtectSystem"] == ["strict"]
    assert service["ReadWritePaths"] == [str(tmp_path / "archive"), "-/mnt/two"]


def test_of_a_home_only_what_is_needed_is_seen() -> None:
    at = Place(
        command=("/home/ann/khronika/.venv/bin/khronika",),
        collection=Path("/home/ann/archive"),
        user="ann",
        program=(Path("/home/ann/khronika/.venv"), Path("/home/ann/khronika"), Path("/usr")),
        credentials=(Path("/home/ann/.aws"),),
    )
    service = values(timer_units(at)[0])

    assert service["ProtectHome"] == ["tmpfs"]
    assert service["BindPaths"] == ["/home/ann/archive"]
    assert service["BindReadOnlyPaths"] == ["/home/ann/khronika", "-/home/ann/.aws"]


def test_without_anything_in_a_home_none_is_seen() -> None:
    at = Place(("/opt/khronika/bin/khronika",), Path("/srv/archive"), "khronika", program=(Path("/opt/khronika"),))
    service = values(timer_units(at)[0])

    assert service["ProtectHome"] == ["true"]
    assert "BindPaths" not in service and "BindReadOnlyPaths" not in service


def test_a_browser_keeps_its_own_sandbox(tmp_path: Path) -> None:
    plain, browser = (values(timer_units(place(tmp_path, browser=on))[0]) for on in (False, True))

    assert plain["MemoryDenyWriteExecute"] == ["true"]
    # scripts are compiled into memory that is written and run
    assert "MemoryDenyWriteExecute" not in browser
    assert browser["RestrictNamespaces"] == ["user pid net"]
    assert "chroot" in browser["SystemCallFilter"][0].split()


def test_the_timer_catches_up_what_was_missed(tmp_path: Path) -> None:
    _, timer = timer_units(place(tmp_path))

    assert values(timer, "Timer")["Persistent"] == ["true"]


def test_cron_runs_the_same_words_whatever_the_folder_is_called(tmp_path: Path) -> None:
    collection = tmp_path / "50% of it's archive"
    collection.mkdir()
    (line,) = cron_lines(Place((TRUE,), collection, "ann"))

    command = line.split("  ", 1)[1]
    assert not re.search(r"(?<!\\)%", command)
    words = shlex.split(command.replace("\\%", "%"))
    assert words == [TRUE, "-q", "-C", str(collection), "crawl", "--due", ">/dev/null"]


def test_a_path_with_a_line_break_is_refused() -> None:
    with pytest.raises(UsageError, match="a path that a unit can name"):
        timer_units(Place((TRUE,), Path("/srv/a\nExecStart=/bin/evil"), "ann"))


# ---- the command


@pytest.fixture
def khronika(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Khronika:
    return Khronika(tmp_path / "collection", capsys)


def test_nothing_is_installed_only_printed(khronika: Khronika) -> None:
    status, out, said = khronika("schedule", "install", "--systemd")

    assert status == 0
    assert [line for line in out.splitlines() if line.startswith("# ---")] == [
        "# --- /etc/systemd/system/khronika.service",
        "# --- /etc/systemd/system/khronika.timer",
    ]
    assert f"-C {khronika.path} crawl --due" in out
    assert "enable --now khronika.timer" in said


def test_one_unit_is_printed_to_be_put_into_a_file(khronika: Khronika) -> None:
    status, out, _ = khronika(
        "schedule", "install", "--systemd", "--loop", "--name", "watch", "--unit", "watch.service"
    )

    assert status == 0
    parsed = configparser.ConfigParser(strict=False, interpolation=None, comment_prefixes=("#",))
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read_string(out)
    assert parsed["Service"]["ExecStart"].endswith("schedule run")
    assert parsed["Service"]["Restart"] == "on-failure"


@pytest.mark.parametrize(
    "words",
    [
        ("--systemd", "--cron"),
        (),
        ("--cron", "--loop"),
        ("--systemd", "--unit", "other.service"),
        ("--systemd", "--name", "../x"),
    ],
)
def test_what_cannot_be_meant_is_refused(words: tuple[str, ...], khronika: Khronika) -> None:
    status, out, said = khronika("schedule", "install", *words)

    assert (status, out) == (2, "")
    assert said.splitlines()[-1].startswith("khronika: ")
