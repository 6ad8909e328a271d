"""CopyPolicy, KeepPolicy, DiskPolicy: where copies of a collection go, what stays here, how full the disk may get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

LOCKS: Final = ("none", "governance", "compliance")
WHEN: Final = ("after-crawl", "by-hand")
LOCAL: Final = ("always", "copied")
S3: Final = "s3://"

PART_SIZE: Final = 64 * 10**6
LEAST_PART: Final = 5 << 20
"""Octets: S3 takes no smaller part, but the last."""

WARN_DEFAULT: Final = 5 * 10**9
STOP_DEFAULT: Final = 10**9


@dataclass(frozen=True, slots=True)
class CopyPolicy:
    """Where a copy of the collection is kept: one `[[copy]]` of khronika.toml."""

    name: str
    to: str = field(repr=False)
    """`s3://BUCKET/PREFIX`, or a folder, relative to the collection's."""
    endpoint: str | None = field(default=None, repr=False)
    """Address of an S3 server that is not Amazon's."""
    lock: str = "none"
    lock_days: int = 0
    part_size: int = PART_SIZE
    private: bool = False
    push: str = "after-crawl"

    @property
    def is_s3(self) -> bool:
        """Whether it is on S3; else in a folder."""
        return self.to.startswith(S3)

    def folder(self, collection: Path) -> Path:
        """Where the folder is."""
        assert not self.is_s3
        return collection / self.to

    @property
    def after_crawl(self) -> bool:
        """Whether each crawl brings it up to date at its end."""
        return self.push == "after-crawl"


@dataclass(frozen=True, slots=True)
class KeepPolicy:
    """Values of `[keep]`."""

    local: str = "always"
    copies: int = 2
    days: int = 30
    check_days: int = 30
    crawl_days: int = 90

    @property
    def may_release(self) -> bool:
        """Whether a WARC may leave this machine at all."""
        return self.local == "copied"


@dataclass(frozen=True, slots=True)
class DiskPolicy:
    """Values of `[disk]`; None: the default, which is less on a small disk."""

    warn: int | None = None
    stop: int | None = None
    warn_days: int = 14

    def warn_below(self, total: int) -> int:
        """Free octets below which status warns, on a disk of `total`."""
        return min(WARN_DEFAULT, total // 10) if self.warn is None else self.warn

    def stop_below(self, total: int) -> int:
        """Free octets below which nothing more is fetched, on a disk of `total`."""
        return min(STOP_DEFAULT, total // 40) if self.stop is None else self.stop


def copy_of(values: Mapping[str, Any]) -> CopyPolicy:
    """The policy that a `[[copy]]` part means; ValueError says what does not go together."""
    to, lock, days = values["to"], values["lock"], values["lock-days"]
    on_s3 = to.startswith(S3)
    if not on_s3 and values["endpoint"]:
        raise ValueError(f"endpoint: expected none with a folder, found one; a server's place is written {S3}BUCKET/…")
    if not on_s3 and lock != "none":
        raise ValueError(f"lock: expected none with a folder, found {lock!r}: only an S3 server can lock")
    if lock == "none" and days:
        raise ValueError(f'lock-days: expected 0 without a lock, found {days}; is lock = "governance" missing?')
    if lock != "none" and not days:
        raise ValueError(f"lock: expected lock-days of 1 or more beside lock = {lock!r}, found {days}")
    return CopyPolicy(
        name=values["name"],
        to=to,
        endpoint=values["endpoint"] or None,
        lock=lock,
        lock_days=days,
        part_size=values["part-size"],
        private=values["private"],
        push=values["push"],
    )


def check_place(value: str) -> str:
    """`s3://BUCKET/PREFIX` or a folder, as it is; ValueError says what was expected and found."""
    from archive.errors import UsageError
    from archive.s3 import parse_place

    if value.startswith(S3):
        try:
            parse_place(value)
        except UsageError as error:
            raise ValueError(str(error)) from error
    elif "://" in value or not value.strip() or value.startswith("~"):
        raise ValueError(f"expected {S3}BUCKET/PREFIX or a folder, found {value!r}")
    return value


def check_keep(keep: KeepPolicy, copies: int) -> None:
    """Refuse what cannot be kept; ValueError says why."""
    if keep.may_release and keep.copies > copies:
        raise ValueError(
            f"copies: expected up to {copies}, as many as there are [[copy]] parts, found {keep.copies}; "
            'with local = "copied" nothing could ever be released'
        )
