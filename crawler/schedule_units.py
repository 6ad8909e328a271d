"""Units of systemd and lines of cron that run a collection's schedule; made as text, and never installed from here.

Hardening (systemd.exec(5)): a service sees the system read-only and writes into the collection, its copies on other
disks and a /tmp of its own. It gets no privileges, no devices, no kernel; of the homes it sees what it needs and
nothing else. `DynamicUser` is not for this: a collection belongs to somebody, mostly lies in a home, and is written by
hand too. A browser needs more than a crawler: its own sandbox is made of user namespaces and chroot, and its scripts
are compiled into memory.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from archive.errors import UsageError

CHECK_EVERY: Final = 5
"""Minutes between two looks whether something is due, by timer or cron."""
STOP_MINUTES: Final = 15
"""How long a crawl may take to store what is on its way: one body at most, and the reading that has begun."""

_HOMES: Final = ("/home", "/root", "/run/user")
_TEMPORARY: Final = ("/tmp", "/var/tmp")  # noqa: S108 - nothing is put there


@dataclass(frozen=True, slots=True)
class Place:
    """What runs where, as whom."""

    command: tuple[str, ...]
    """What starts khronika."""
    collection: Path
    user: str
    name: str = "khronika"
    """What the units are called."""
    program: tuple[Path, ...] = ()
    """Folders that the program lies in."""
    folders: tuple[Path, ...] = ()
    """Folders of copies on other disks."""
    credentials: tuple[Path, ...] = ()
    """Files that S3's own chain may read."""
    browser: bool = False
    """Whether pages are looked at with a browser."""
    copies: bool = False
    """Whether there are copies to be read back."""
    passphrase: bool = False
    """Whether the log key is under a passphrase."""
    extra: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Unit:
    """One file of systemd."""

    name: str
    text: str


def timer_units(place: Place) -> list[Unit]:
    """A service that crawls what is due, and the timer that starts it."""
    name = place.name
    service = _service(
        place,
        "Khronika: crawl what is due",
        ["crawl", "--due"],
        kind="oneshot",
        # 3: some pages failed, 4: to be gone on with, 11: somebody crawls by hand; status tells all of these
        more=["SuccessExitStatus=3 4 11"],
    )
    timer = _timer(f"Khronika: look whether something is due, every {CHECK_EVERY} minutes", f"*:00/{CHECK_EVERY}")
    return [Unit(f"{name}.service", service), Unit(f"{name}.timer", timer), *_check_units(place)]


def loop_units(place: Place) -> list[Unit]:
    """A service that stays, and crawls what is due."""
    service = _service(
        place,
        "Khronika: run the schedule",
        ["schedule", "run"],
        kind="exec",
        more=["Restart=on-failure", "RestartSec=60", "SuccessExitStatus=4"],
        install="WantedBy=multi-user.target",
    )
    return [Unit(f"{place.name}.service", service), *_check_units(place)]


def cron_lines(place: Place) -> list[str]:
    """A line for crontab(5) that crawls what is due, and one that reads copies back where there are some."""
    lines = [f"*/{CHECK_EVERY} * * * *  {_cron_command(place, ['crawl', '--due'])}"]
    if place.copies:
        lines.append(f"41 4 * * *  {_cron_command(place, ['copies', 'check'])}")
    return lines


def _check_units(place: Place) -> list[Unit]:
    if not place.copies:
        return []
    name = f"{place.name}-check"
    service = _service(place, "Khronika: read copies back", ["copies", "check"], kind="oneshot", more=[])
    timer = _timer("Khronika: read copies back, a part each day", "daily", spread="1h")
    return [Unit(f"{name}.service", service), Unit(f"{name}.timer", timer)]


def _service(
    place: Place, description: str, words: Sequence[str], *, kind: str, more: Sequence[str], install: str = ""
) -> str:
    command = [*place.command, "-q", "-C", str(place.collection), *words]
    lines = [
        "[Unit]",
        f"Description={description}",
        "After=network-online.target",
        "Wants=network-online.target",
        f"RequiresMountsFor={_path(place.collection)}",
        "",
        "[Service]",
        f"Type={kind}",
        f"User={place.user}",
        f"ExecStart={' '.join(map(_word, command))}",
        *more,
        *_stopping(),
        *_passphrase(place),
        "",
        *_files(place),
        "",
        *_limits(place),
        *place.extra,
    ]
    if install:
        lines += ["", "[Install]", install]
    return "\n".join(lines) + "\n"


def _timer(description: str, when: str, *, spread: str = "30s") -> str:
    lines = [
        "[Unit]",
        f"Description={description}",
        "",
        "[Timer]",
        f"OnCalendar={when}",
        # so that not all machines of a network come at the same second
        f"RandomizedDelaySec={spread}",
        "# what was missed while the machine was off is caught up once",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join(lines) + "\n"


def _stopping() -> list[str]:
    return [
        "# the first signal ends a crawl in order: the main process passes it on to the others",
        "KillMode=mixed",
        f"TimeoutStopSec={STOP_MINUTES}min",
        "# a process that reads a page of gigabytes may be killed alone",
        "OOMPolicy=continue",
        "MemoryHigh=60%",
        "MemoryMax=75%",
        "TasksMax=512",
        "Nice=10",
        "IOSchedulingClass=idle",
    ]


def _passphrase(place: Place) -> list[str]:
    if not place.passphrase:
        return []
    return [
        "# a file of root's alone (mode 600) with the line KHRONIKA_PASSPHRASE=…",
        f"EnvironmentFile=/etc/{place.name}.env",
    ]


def _files(place: Place) -> list[str]:
    own = [place.collection]
    homes = any(_is_below(path, _HOMES) for path in (*own, *place.folders, *place.program, *place.credentials))
    lines = ["# the collection and its copies are written, and nothing else", "ProtectSystem=strict"]
    lines.append(f"ReadWritePaths={_path(place.collection)}")
    # a disk that is not there is told by status
    lines += [f"ReadWritePaths=-{_path(folder)}" for folder in place.folders]
    lines += ["# of the homes what is named here is seen", "ProtectHome=tmpfs"] if homes else ["ProtectHome=true"]
    hidden = (*_HOMES, *_TEMPORARY)
    lines += [f"BindPaths={_bound(path)}" for path in own if _is_below(path, hidden)]
    lines += [f"BindPaths=-{_bound(path)}" for path in place.folders if _is_below(path, hidden)]
    lines += [f"BindReadOnlyPaths={_bound(path)}" for path in _outermost(place.program) if _is_below(path, hidden)]
    lines += [f"BindReadOnlyPaths=-{_bound(path)}" for path in place.credentials if _is_below(path, hidden)]
    return [*lines, "PrivateTmp=true", "UMask=0077"]


def _limits(place: Place) -> list[str]:
    calls = "@system-service"
    families = ["AF_UNIX", "AF_INET", "AF_INET6"]
    lines = [
        "NoNewPrivileges=true",
        "CapabilityBoundingSet=",
        "AmbientCapabilities=",
        "PrivateDevices=true",
        "ProtectClock=true",
        "ProtectControlGroups=true",
        "ProtectHostname=true",
        "ProtectKernelLogs=true",
        "ProtectKernelModules=true",
        "ProtectKernelTunables=true",
        "ProtectProc=invisible",
        "LockPersonality=true",
        "RemoveIPC=true",
        "RestrictRealtime=true",
        "RestrictSUIDSGID=true",
        "SystemCallArchitectures=native",
        "SystemCallErrorNumber=EPERM",
    ]
    if place.browser:
        lines += [
            "# the browser's own sandbox: user, process and network namespaces, and chroot",
            "RestrictNamespaces=user pid net",
            f"SystemCallFilter={calls} chroot seccomp setns unshare",
            "SystemCallFilter=~@clock @cpu-emulation @debug @module @obsolete @raw-io @reboot @swap",
            f"RestrictAddressFamilies={' '.join([*families, 'AF_NETLINK'])}",
        ]
    else:
        lines += [
            "RestrictNamespaces=true",
            "MemoryDenyWriteExecute=true",
            f"SystemCallFilter={calls}",
            "SystemCallFilter=~@privileged",
            f"RestrictAddressFamilies={' '.join(families)}",
        ]
    return lines


def _is_below(path: Path, folders: Sequence[str]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Those that lie in none of the others."""
    kept: list[Path] = []
    for path in sorted(set(paths), key=lambda one: len(one.parts)):
        if not any(path.is_relative_to(one) for one in kept):
            kept.append(path)
    return kept


def _checked(text: str) -> str:
    if any(not sign.isprintable() for sign in text):
        raise UsageError(f"expected a path that a unit can name, found {text!r}")
    return text


def _word(text: str) -> str:
    """A word of ExecStart (systemd.service(5), command lines): quoted, without variables and specifiers."""
    plain = _checked(text).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{plain}"' if plain != text or shlex.quote(text) != text else text


def _path(path: Path) -> str:
    """A path in a list of paths: quoted where it has to be, without specifiers."""
    text = _checked(str(path))
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{plain}"' if any(sign in text for sign in " '\"\\") else plain


def _bound(path: Path) -> str:
    """A path in BindPaths=, in which a colon stands between the two places of a folder."""
    return _path(path).replace(":", "\\:")


def _cron_command(place: Place, words: Sequence[str]) -> str:
    command = shlex.join([*place.command, "-q", "-C", str(place.collection), *words])
    # crontab(5): a bare % ends the line
    return _checked(command).replace("%", "\\%") + " >/dev/null"
