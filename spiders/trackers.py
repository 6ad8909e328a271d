"""Addresses that are asked for by no crawl: trackers, what shares a page, where one logs in.

They are data: `spiders/trackers.toml`. A tracker would be told of each visit to a case; a share or a login says
nothing about one, and Khronika goes past no login.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from spiders.address import AddressError, url_key

TRACKER: Final = "tracker"
SHARE_OR_LOGIN: Final = "share or login"

_LISTS: Final = Path(__file__).with_name("trackers.toml")
_REMEMBERED: Final = 1 << 14


@dataclass(frozen=True, slots=True)
class AddressList:
    """Some hosts, and some patterns on any host."""

    hosts: frozenset[str]
    anywhere: re.Pattern[str] | None

    def has(self, url: str) -> bool:
        """Whether an address is on it. What is no address is on none."""
        try:
            bare = url_key(url).partition("://")[2].lower()
        except AddressError:
            return False
        host = bare.partition("/")[0].partition(":")[0].rstrip(".")
        labels = host.split(".")
        if any(".".join(labels[n:]) in self.hosts for n in range(len(labels) - 1)):
            return True
        if self.anywhere is None:
            return False
        return self.anywhere.search(bare) is not None or self.anywhere.search(unquote(bare).lower()) is not None


@lru_cache(1)
def address_lists() -> dict[str, AddressList]:
    """The lists of `trackers.toml` by name."""
    lists = {}
    for name, entry in tomllib.loads(_LISTS.read_text("utf-8")).items():
        hosts = [host for host in entry["hosts"] if "/" not in host]
        patterns = [*entry["anywhere"], *(f"^{re.escape(host)}" for host in entry["hosts"] if "/" in host)]
        anywhere = re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None
        lists[name] = AddressList(frozenset(hosts), anywhere)
    return lists


@lru_cache(_REMEMBERED)
def is_tracker(url: str) -> bool:
    """Whether an address counts visitors or shows them advertisements."""
    return address_lists()["tracker"].has(url)


@lru_cache(_REMEMBERED)
def is_share_or_login(url: str) -> bool:
    """Whether an address shares a page with somebody, or asks who one is."""
    lists = address_lists()
    return lists["share"].has(url) or lists["login"].has(url)


def never_fetched(url: str) -> str:
    """Why no crawl asks for an address; empty when one may."""
    if is_tracker(url):
        return TRACKER
    return SHARE_OR_LOGIN if is_share_or_login(url) else ""
