"""The same edit on many pages of a crawl is one change, and what a page has of its own stays its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archive_samples import collection, crawled, page

from archive.catalogue import Catalogue, ChangeRow, change_id
from archive.collection import Collection
from archive.kinds import ChangeKind
from pipelines import groups_pass
from pipelines.groups_pass import SETTLED_RULES, settle_groups
from pipelines.passes import Settling
from pipelines.rules import ReadingRules
from pipelines.weight import combine, weigh_edits

Edit = dict[str, Any]


def edit(before: str, after: str, level: str = "main", **more: object) -> Edit:
    words = [["-" + before, "+" + after]]
    return {"op": "edit", "level": level, "before": before, "after": after, "words": words, **more}


FOOTER = edit("2025", "2026", "side")
STATEMENT: Edit = {
    "op": "remove",
    "level": "main",
    "before": "We call him a political prisoner.",
    "after": None,
    "words": [["-We call him a political prisoner."]],
}
OWN = edit("five years", "eight years")


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        yield made


@pytest.fixture
def catalogue(at: Collection) -> Iterator[Catalogue]:
    with Catalogue.open(at.catalogue_path, readonly=False) as opened:
        yield opened


class Site:
    """Pages of a site in two crawls, with changes between these that the test gives."""

    def __init__(self, at: Collection, catalogue: Catalogue) -> None:
        self.at, self.catalogue = at, catalogue
        self.stopping = False

    def changed(
        self, edits: Sequence[Sequence[Edit]], *, crawl: str = "20261122020000-b", site: str = "north", first: int = 0
    ) -> list[str]:
        """Pages of which each has those edits; the ids of their changes."""
        urls = [f"http://{site}.example/{number}" for number in range(first, first + len(edits))]
        before = crawled(self.at, f"20261121020000-{site}", *(page("old", url=url) for url in urls), site=site)
        # each crawl later than the one before it
        hour = 24.0 + first
        after = crawled(self.at, crawl, *(page("new", url=url, hour=hour) for url in urls), site=site)
        rows = []
        for one, other, mine in zip(before, after, edits, strict=True):
            weight, reasons = weigh_edits([groups_pass.edit_of(each) for each in mine], 200)
            rows.append(
                ChangeRow(
                    id=change_id(other.url, one.record_id, other.record_id, "page"),
                    url=other.url,
                    site=site,
                    from_record=one.record_id,
                    to_record=other.record_id,
                    from_at=one.captured_at,
                    to_at=other.captured_at,
                    kind=ChangeKind.EDITED,
                    weight=weight,
                    edits=tuple(mine),
                    rules="change-2",
                    provenance={"words": 200, "weight": [reason.as_record() for reason in reasons]},
                )
            )
        self.catalogue.put_changes(rows)
        return [row.id for row in rows]

    def settle(self) -> int:
        return settle_groups(Settling(self.at, self.catalogue, lambda _: ReadingRules(), lambda: self.stopping))

    def rows(self, ids: Sequence[str]) -> list[ChangeRow]:
        found = [self.catalogue.change(id_) for id_ in ids]
        assert None not in found
        return [row for row in found if row is not None]


@pytest.fixture
def site(at: Collection, catalogue: Catalogue) -> Site:
    return Site(at, catalogue)


def test_the_same_edit_on_three_pages_is_a_group_and_every_change_is_settled(site: Site) -> None:
    ids = site.changed([[FOOTER], [FOOTER], [FOOTER], [OWN]])

    assert site.settle() == 0

    *shared, own = site.rows(ids)
    assert len({row.group_id for row in shared}) == 1
    assert shared[0].group_id is not None
    assert own.group_id is None
    assert {row.settled_by for row in (*shared, own)} == {SETTLED_RULES}


def test_two_pages_are_no_group(site: Site) -> None:
    ids = site.changed([[FOOTER], [FOOTER], [OWN]])

    site.settle()

    assert [row.group_id for row in site.rows(ids)] == [None, None, None]
    assert all(row.settled_by for row in site.rows(ids))


def test_other_sites_and_other_crawls_make_no_group(site: Site) -> None:
    ids = site.changed([[FOOTER], [FOOTER]])
    ids += site.changed([[FOOTER], [FOOTER]], site="south")
    ids += site.changed([[FOOTER]], crawl="20261123020000-c", first=10)

    site.settle()

    assert {row.group_id for row in site.rows(ids)} == {None}


def test_what_stands_beside_the_text_of_many_pages_is_of_the_template_and_weighs_next_to_nothing(site: Site) -> None:
    ids = site.changed([[FOOTER]] * 3)
    before = site.rows(ids)[0].weight

    site.settle()

    for row in site.rows(ids):
        assert row.weight == 0.1 < before
        assert [reason["name"] for reason in row.provenance["weight"]] == ["template"]


def test_a_paragraph_that_went_from_many_pages_keeps_its_weight_and_is_one_group(site: Site) -> None:
    ids = site.changed([[STATEMENT]] * 57)
    before = site.rows(ids)[0].weight

    site.settle()

    rows = site.rows(ids)
    assert len({row.group_id for row in rows}) == 1
    assert {row.weight for row in rows} == {before}
    assert before >= 0.6


def test_a_page_with_edits_of_its_own_keeps_them_as_its_own_change(site: Site) -> None:
    ids = site.changed([[FOOTER], [FOOTER], [FOOTER, OWN]])
    alone = weigh_edits([groups_pass.edit_of(OWN)], 200)[0]

    site.settle()

    *_, row = site.rows(ids)
    shared, own = row.edits
    assert row.group_id is None
    assert shared["group"] == site.rows(ids)[0].group_id
    assert "group" not in own
    assert {name: value for name, value in shared.items() if name != "group"} == FOOTER
    assert row.weight == alone
    assert combine(reason["value"] for reason in row.provenance["weight"]) == alone


def test_the_kind_is_that_of_the_own_edits(site: Site) -> None:
    added: Edit = {"op": "add", "level": "main", "before": None, "after": "New.", "words": [["+New."]]}
    ids = site.changed([[FOOTER], [FOOTER], [FOOTER, added]])

    site.settle()

    assert [row.kind for row in site.rows(ids)] == [ChangeKind.EDITED, ChangeKind.EDITED, ChangeKind.ADDED]


def test_pages_that_share_a_paragraph_and_a_footer_are_one_group_of_the_paragraph(site: Site) -> None:
    ids = site.changed([[FOOTER, STATEMENT]] * 3 + [[FOOTER]] * 5)

    site.settle()

    rows = site.rows(ids)
    assert len({row.group_id for row in rows[:3]}) == 1
    assert len({row.group_id for row in rows[3:]}) == 1
    assert rows[0].group_id != rows[3].group_id
    assert rows[0].weight > 0.6 > rows[3].weight


def test_pages_that_share_different_parts_are_one_group_by_the_widest(site: Site) -> None:
    other = edit("menu", "list", "side")
    ids = site.changed([[FOOTER, other]] * 3 + [[FOOTER]] * 3)

    site.settle()

    assert len({row.group_id for row in site.rows(ids)}) == 1


def test_an_edit_that_a_page_has_twice_is_on_one_page(site: Site) -> None:
    ids = site.changed([[FOOTER, FOOTER], [FOOTER]])

    site.settle()

    assert {row.group_id for row in site.rows(ids)} == {None}


def test_it_does_nothing_where_nothing_is_new(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = site.changed([[FOOTER]] * 3)
    site.settle()
    before = site.rows(ids)
    monkeypatch.setattr(Catalogue, "replace_changes", None)
    monkeypatch.setattr(Catalogue, "settle", None)

    assert site.settle() == 0
    assert site.rows(ids) == before


def test_after_a_kill_between_two_lots_the_next_run_gives_what_one_run_would_have(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = site.changed([[FOOTER]] * 3 + [[STATEMENT]] * 3 + [[FOOTER, OWN]])
    monkeypatch.setattr(groups_pass, "_LOT", 2)
    entered = Catalogue.replace_changes

    def stop_after_one_lot(self: Catalogue, rows: Sequence[ChangeRow]) -> None:
        entered(self, rows)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Catalogue, "replace_changes", stop_after_one_lot)
        with pytest.raises(KeyboardInterrupt):
            site.settle()
    assert {bool(row.settled_by) for row in site.rows(ids)} == {True, False}
    site.settle()
    resumed = site.rows(ids)
    site.catalogue.put_changes([replace(row, group_id=None, settled_by="") for row in site_as_compared(site, ids)])
    site.settle()

    assert [(row.group_id, row.weight, row.kind, row.edits) for row in resumed] == [
        (row.group_id, row.weight, row.kind, row.edits) for row in site.rows(ids)
    ]


def site_as_compared(site: Site, ids: Sequence[str]) -> list[ChangeRow]:
    """The changes as the comparison had entered them."""
    rows = []
    for row in site.rows(ids):
        edits = tuple({name: value for name, value in each.items() if name != "group"} for each in row.edits)
        weight, reasons = weigh_edits([groups_pass.edit_of(each) for each in edits], 200)
        provenance = {"words": 200, "weight": [reason.as_record() for reason in reasons]}
        rows.append(replace(row, edits=edits, kind=ChangeKind.EDITED, weight=weight, provenance=provenance))
    return rows


def test_a_pass_that_is_to_stop_settles_nothing_more(site: Site) -> None:
    ids = site.changed([[FOOTER]] * 3)
    site.stopping = True

    site.settle()
    assert {row.settled_by for row in site.rows(ids)} == {""}
    site.stopping = False
    site.settle()
    assert {row.settled_by for row in site.rows(ids)} == {SETTLED_RULES}


def test_a_page_that_a_crawl_reads_later_joins_the_group(site: Site) -> None:
    ids = site.changed([[FOOTER]] * 3)
    site.settle()
    group = site.rows(ids)[0].group_id
    more = site.changed([[FOOTER]], first=30)

    site.settle()

    assert site.rows(more)[0].group_id == group


def test_events_of_one_kind_on_three_pages_are_a_group(site: Site) -> None:
    ids = site.changed([[]] * 4 + [[OWN]])
    rows = site.rows(ids)
    kinds = [ChangeKind.BLOCKED] * 3 + [ChangeKind.BACK, ChangeKind.EDITED]
    site.catalogue.replace_changes([replace(row, kind=kind, weight=0.7) for row, kind in zip(rows, kinds, strict=True)])

    site.settle()

    settled = site.rows(ids)
    assert len({row.group_id for row in settled[:3]}) == 1
    assert settled[0].group_id is not None
    assert [row.group_id for row in settled[3:]] == [None, None]
    assert {row.weight for row in settled} == {0.7}
    assert all(row.settled_by for row in settled)


def test_a_rebuilt_catalogue_has_the_same_group(site: Site, tmp_path: Path) -> None:
    ids = site.changed([[FOOTER]] * 3)
    site.settle()

    [group] = {row.group_id for row in site.rows(ids)}
    key = groups_pass._key(FOOTER)
    assert group == groups_pass.group_id("north", "20261122020000-b", key)
