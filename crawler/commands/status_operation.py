"""The part of `khronika status` about running for years: what is not well, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.commands.status_warning import warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.operation import About, Operation
    from crawler.output import Output


def show_troubles(output: Output, operation: Operation, *, but: Sequence[About] = ()) -> None:
    """What is not well, but for what is about some things."""
    from crawler.commands.views import instant
    from crawler.operation_words import trouble_lines

    for trouble in operation.troubles:
        if trouble.about not in but:
            more = {
                "subject": trouble.subject,
                "kind": trouble.kind,
                "since": None if trouble.since is None else instant(trouble.since),
            }
            # with more at hand than may be sent to people: which file, how much a day
            words = trouble.facts.get("words")
            if not isinstance(words, str):
                title, *rest = trouble_lines(trouble, "en")
                words = f"{title}. {' '.join(rest)}"
            facts = {name: value for name, value in trouble.facts.items() if name != "words"}
            warn(output, trouble.about, words, **more, **facts)
