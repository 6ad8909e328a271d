"""Which servers showed another certificate than before: compared once, when a crawl has seen it on all pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.catalogue import ChangeRow, change_id, server_of
from archive.connection import parse_chain
from archive.errors import CaptureNotFoundError, RecordError, StorageError
from archive.kinds import ChangeKind
from pipelines.certificate import CERTIFICATE_RULES, Certificate, changed, edit_of, read_certificate, weight_of
from pipelines.passes import Settling

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.collection import Collection


def settle_certificates(settling: Settling) -> int:
    """Put in which servers showed another certificate than before: from all captures, whatever they were of."""
    catalogue = settling.catalogue
    wanted: dict[str, tuple[Capture, Capture]] = {}
    for sights in catalogue.certificates.sights():
        for sight in changed(sights):
            before = catalogue.certificate_before(sight.first)
            if before is not None:
                after = sight.page
                id_ = change_id(after.url, before.record_id, after.record_id, "certificate")
                wanted[id_] = (before, after)
    known = catalogue.certificates.changes()
    # certificates are read again for new ones alone: the WARCs grow, and the changes with them
    new = [_certificate_change(settling.collection, id_, *pair) for id_, pair in wanted.items() if id_ not in known]
    catalogue.certificates.put_changes(new, keep=wanted.keys())
    return len(new)


def _certificate_change(collection: Collection, id_: str, before: Capture, after: Capture) -> ChangeRow:
    old, new = _certificate(collection, before), _certificate(collection, after)
    return ChangeRow(
        id=id_,
        url=after.url,
        site=after.site,
        from_record=before.record_id,
        to_record=after.record_id,
        from_at=before.captured_at,
        to_at=after.captured_at,
        kind=ChangeKind.CERTIFICATE,
        weight=weight_of(before, after, old, new),
        edits=(edit_of(before, after, old, new),),
        rules=CERTIFICATE_RULES,
        provenance={"rules": CERTIFICATE_RULES, "server": server_of(after.url), "source": "source"},
    )


def _certificate(collection: Collection, capture: Capture) -> Certificate | None:
    """What the server's certificate says; None where its record is not at hand, or it cannot be read."""
    try:
        record = collection.connection_of(capture).chain
        chain = () if record is None else parse_chain(record.block.read())
    except (RecordError, CaptureNotFoundError, StorageError, ValueError):
        # the digest of the certificate is in the catalogue: that it changed can be said without its words
        return None
    return read_certificate(chain[0]) if chain else None
