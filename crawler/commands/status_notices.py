"""The part of `khronika status` about notices: what each has told, has still to tell, and what was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.commands.status_warning import warn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archive.deliveries import DeliveryCounts
    from crawler.config import Config
    from crawler.output import Output


def show_notices(output: Output, config: Config, counts: Mapping[str, DeliveryCounts]) -> None:
    """What each notice has told, what it still has to tell, and what was given up."""
    from crawler.commands.views import count, instant, minute

    named = [notice.name for notice in config.notices]
    for name in dict.fromkeys([*named, *counts]):
        one = counts.get(name)
        told = {state: getattr(one, state, 0) for state in ("sent", "due", "failed", "withdrawn")}
        next_at = instant(one.next_at) if one and one.next_at else None
        error = one.error if one else ""
        output.record({"type": "notice", "notice": name, **told, "next_at": next_at, "error": error})
        why = f": {error}" if error else ""
        if one is not None and one.due:
            since = f" since {minute(one.oldest)}" if one.oldest else ""
            words = f"notice {name}: {count(one.due, 'change')} not told yet, waiting{since}{why}"
            named_not = "" if name in named else "; khronika.toml names this notice no more"
            warn(output, "notice", f"{words}{named_not}: khronika notify", notice=name)
        if one is not None and one.failed:
            words = f"notice {name}: {count(one.failed, 'change')} given up{why}: khronika notify --again"
            warn(output, "notice", words, notice=name)
