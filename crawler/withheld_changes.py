"""What is not to be given out: captures, and changes that tell their words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.catalogue import ChangeRow
from archive.errors import LogError
from archive.kinds import ChangeKind

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.collection import Collection
    from archive.withholding import Withheld, Withholdings


def withholdings(collection: Collection) -> Withholdings:
    """What is not to be given out, as the log of a collection tells, what is not signed yet among it.

    Raises LogError where there is no log, or it is damaged: then nobody can say what may be given out.
    """
    from archive.withholding import Withholdings, withheld

    try:
        return Withholdings(withheld(collection.log(), unsigned=True, catalogue=collection.catalogue))
    except LogError as error:
        raise LogError(f"{error}; without the log nobody can say what is withheld: restore log/ from a copy") from error


class WithheldChanges:
    """Which changes tell the words of a capture that is withheld: those from it, and those to it."""

    def __init__(self, catalogue: Catalogue, held: Withholdings) -> None:
        self._by_record: dict[str, Withheld] = {}
        for record_id in catalogue.known_captures(sorted(held.records)):
            # with its revisits, which have its words
            for one in catalogue.captures_of(catalogue.capture(record_id).url):
                if (found := held.of(one)) is not None:
                    self._by_record[one.record_id] = found

    def of(self, change: ChangeRow) -> Withheld | None:
        """Why a change's words are not given out; None when they are.

        By its captures, not by its page: a page that moved is compared with what stood at another address.
        """
        if change.kind is ChangeKind.CERTIFICATE:
            return None
        return self._by_record.get(change.to_record) or self._by_record.get(change.from_record)
