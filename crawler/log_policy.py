"""LogPolicy: what of a collection's log is asked of services elsewhere, and the way to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from archive.errors import ConfigError
from crawler.route import DIRECT, NO_PROXY, Route, parse_proxy

if TYPE_CHECKING:
    from crawler.policy import CrawlPolicy
    from spiders.definition import SiteDefinition


@dataclass(frozen=True, slots=True)
class TimeAuthority:
    """A time-stamping authority: one `[[authority]]` of khronika.toml."""

    name: str
    """Stands in the names of files; bound to the certificate for ever."""
    url: str = field(repr=False)
    """Where requests are posted to; may hold the number of a contract."""
    certificate: str = field(repr=False)
    """PEM file with the root, relative to the collection's folder."""
    policy: str | None = None
    """Object identifier that every token must bear; None: any."""
    crl: bool = True
    """Whether the list of revoked certificates is fetched and kept."""

    def certificates(self, collection: Path) -> bytes:
        """The octets of the PEM file. Raises ConfigError when it cannot be read."""
        try:
            return (collection / self.certificate).read_bytes()
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"[[authority]] {self.name}: expected the file that certificate names, a PEM file in the collection's "
                f"folder, found none that can be read",
                file="khronika.toml",
            ) from error


RESERVED = ("none", "quorum")
"""Names that mean something else in the policy for witnesses (`archive/keys.py`)."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A partner who cosigns checkpoints: one `[[witness]]` of khronika.toml."""

    name: str
    key: str
    """Verifier key, `NAME+ID+KEY`."""


@dataclass(frozen=True, slots=True)
class LogPolicy:
    """Values of `[log]`, `[[authority]]` and `[[witness]]`; checked by whoever makes one."""

    authorities: tuple[TimeAuthority, ...] = ()
    beacon: str = ""
    """Address of a beacon's newest round; empty: none is asked."""
    proxy: str = field(default="", repr=False)
    """For authorities and beacon; empty: that of `[crawl]`, `direct`: none."""
    witnesses: tuple[Witness, ...] = ()
    quorum: int = 0
    """How many of the witnesses have to have cosigned a checkpoint."""


def log_route(log: LogPolicy, crawl: CrawlPolicy, sites: Sequence[SiteDefinition]) -> Route:
    """The way to authorities and beacon.

    Raises ConfigError where some sites have proxies of their own and nothing says how authorities are to be reached:
    going straight could show them what the sites are not to see.
    """
    chosen = log.proxy or crawl.proxy
    if not chosen and any(site.proxy not in (None, *NO_PROXY) for site in sites):
        raise ConfigError(
            'expected proxy in [log], because sites have proxies of their own and [crawl] has none; "direct" says that '
            "time-stamping authorities and the beacon may be asked without one",
            file="khronika.toml",
        )
    return DIRECT if chosen in NO_PROXY else Route(parse_proxy(chosen))
