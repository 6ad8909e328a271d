"""What changed is found as it is promised, and what moves by itself is not told: a part of `bench.changes`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from lxml import html

from bench.change_edits import EDITS, Truth
from bench.change_noise import BY_OTHERS, NOISES, Scene
from bench.change_pages import LANGUAGES, TEMPLATES, Base, made_up_pages, words_of
from bench.changes import MODES, Case, Result, Site, broken, cases_of, judge
from pipelines.edits import Change, Edit, Kind

ROOT = Path(__file__).parents[2]
PAGES = made_up_pages()


def test_the_bars_are_held_on_a_part_of_the_made_up_pages() -> None:
    command = [sys.executable, "-m", "bench.changes", "--made-up", "--pages", "10", "--share", "18", "--show", "5"]
    run = subprocess.run([*command, "--seed", "3", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout + run.stderr


def test_the_pages_are_of_four_languages_and_ten_makes() -> None:
    assert {base.language for base in PAGES} == set(LANGUAGES) == {"en", "ru", "uk", "be"}
    assert {base.kind for base in PAGES[:10]} == set(TEMPLATES)
    assert len(PAGES) == len({base.markup for base in PAGES}) == 40


def test_there_are_as_many_kinds_as_are_promised_and_each_edit_meets_each_noise() -> None:
    cases = [case for number in range(24) for case in cases_of(number, 24, seed=1)]
    met = {(case.mode, case.noise, case.edit) for case in cases}

    assert len(NOISES) + len(BY_OTHERS) >= 12
    assert len(EDITS) >= 14
    # a rank of a heading in a template that has others
    left_out = {(mode, "template", "heading rank") for mode in MODES}
    assert met - left_out == {
        (mode, noise, edit) for mode in MODES for noise in (None, *NOISES, *BY_OTHERS) for edit in (None, *EDITS)
    } - left_out - {(mode, None, None) for mode in MODES}


@pytest.mark.parametrize("base", PAGES[:10], ids=lambda base: base.kind)
def test_every_edit_and_every_noise_makes_another_page(base: Base) -> None:
    site = Site(base, 1, None)
    calm = site.markup(Case("readable", None, None), site.tick)

    for edit in EDITS:
        made = site.markup(Case("readable", None, edit), site.tick)
        assert made is not None and calm is not None, edit
        assert made[0] != calm[0], edit
    for noise in {*NOISES, *BY_OTHERS} - ({"classes"} if base.kind == "table2005" else set()):
        pages = {tick: site.markup(Case("readable", noise, None), tick) for tick in range(site.tick - 2, site.tick + 2)}
        assert len({made[0] for made in pages.values() if made is not None}) > 1, noise


def test_the_same_seed_makes_the_same_page_and_another_seed_another() -> None:
    case = Case("opaque", "everything", "word")
    one, same, other = (Site(PAGES[0], seed, None).markup(case, 4) for seed in (1, 1, 2))

    assert one == same != other


def test_class_names_that_say_nothing_are_as_many() -> None:
    readable, opaque = (Site(PAGES[0], 1, None).markup(Case(mode, None, None), 3) for mode in MODES)

    assert readable is not None and opaque is not None
    assert b"entry-content" in readable[0]
    assert b"entry-content" not in opaque[0]
    assert readable[0].count(b"class=") == opaque[0].count(b"class=")


# --- judging --------------------------------------------------------------------------------------------------------


def change_of(*edits: Edit, kind: Kind = "edited") -> Change:
    return Change(kind, 0.5, edits, {})


WORD = Truth((("He was sentenced to five years.", "He was sentenced to eight years."),))
TOLD = Edit("edit", "main", *WORD.forms[0])
TICKER = Edit("edit", "side", "USD 78.84", "USD 81.02")


def test_an_edit_is_found_only_by_a_report_that_has_its_words() -> None:
    other = Edit("edit", "main", "He was sentenced to five years.", "He was sentenced to five months.")

    assert judge(change_of(TOLD), WORD) == (True, False, [])
    assert judge(change_of(other), WORD) == (False, False, [other])
    assert judge(change_of(kind="same"), WORD) == (False, False, [])
    aside = Edit("edit", "main", *WORD.forms[0], set_aside="counter")
    assert judge(change_of(aside, kind="noise"), WORD) == (False, False, [])


def test_what_is_reported_beside_an_edit_is_an_alarm() -> None:
    assert judge(change_of(TOLD, TICKER), WORD) == (True, False, [TICKER])
    assert judge(change_of(TICKER), None) == (False, False, [TICKER])


def test_an_edit_told_as_removed_and_added_is_found_but_counted() -> None:
    before, after = WORD.forms[0]
    pair = (Edit("remove", "main", before, None), Edit("add", "main", None, after))

    assert judge(change_of(*pair), WORD) == (True, True, [])


def test_a_move_is_found_by_a_move_of_it_or_of_what_it_went_past() -> None:
    truth = Truth((("The one.", "The one."),), "move", neighbours=("The other.",))

    assert judge(change_of(Edit("move", "main", "The one.", "The one.")), truth) == (True, False, [])
    assert judge(change_of(Edit("move", "main", "The other.", "The other.")), truth) == (True, False, [])
    assert not judge(change_of(Edit("add", "main", None, "The one.")), truth)[0]


def test_of_a_link_its_addresses_have_to_be_told() -> None:
    truth = Truth((("verdict-1.pdf", "verdict-2.pdf"),), "link")
    told = Edit("edit", "main", "https://a.example/verdict-1.pdf", "https://a.example/verdict-2.pdf", field="link")
    other = Edit("edit", "main", "https://a.example/a", "https://a.example/b", field="link")

    assert judge(change_of(told), truth) == (True, False, [])
    assert judge(change_of(other), truth) == (False, False, [other])


def result(
    *, noise: str | None = None, edit: str | None = None, found: bool = True, alarms: Sequence[str] = ()
) -> Result:
    return Result("a", "a", "opaque", noise, edit, False, found, False, tuple(alarms), 0.5, "")


def test_one_missed_word_is_under_the_bar_and_so_is_one_alarm_of_a_ticker(capsys: pytest.CaptureFixture[str]) -> None:
    many = [result(noise="related")] * 500 + [result(edit="title")] * 500

    assert broken(many) == []
    assert len(broken([*many, result(edit="word", found=False)])) == 1
    assert len(broken([*many, result(noise="ticker", alarms=["edit side"])])) == 1
    assert broken([*many, result(noise="related", alarms=["edit side"])]) == []
    assert len(broken([*many, *[result(edit="title", found=False)] * 6])) == 1
    assert "UNDER THE BAR" in capsys.readouterr().out


def test_marks_show_whether_weights_rank_as_archivists_do(tmp_path: Path) -> None:
    def run(*lines: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "marks.jsonl").write_text("".join(line + "\n" for line in lines))
        command = [sys.executable, "-m", "bench.changes", "--marks", str(tmp_path / "marks.jsonl")]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    mark = '{{"type":"mark","change":"a","mark":"{}","weight":{},"kind":"edited"}}'
    important, unimportant = mark.format("important", 0.8), mark.format("unimportant", 0.2)
    right = run(important, unimportant, mark.format("wrong", 0.4))
    upside_down = run(mark.format("important", 0.1), unimportant)
    no_mark = run(important, "no mark")

    assert (right.returncode, upside_down.returncode, no_mark.returncode) == (0, 1, 1)
    assert "100.0% of the pairs" in right.stdout
    assert "1/3      33.3% are wrong" in right.stdout
    assert "marks.jsonl:2: expected a marked change as JSON, found 'no mark'" in no_mark.stderr
    assert "Traceback" not in no_mark.stderr


def test_an_edit_says_the_text_before_and_after() -> None:
    tree = html.document_fromstring(PAGES[0].markup)
    before = [each.text_content() for each in tree.iter() if each.get("data-k") == "p"]
    truth = EDITS["digit"](Scene(tree, words_of("en"), "key", 1))

    assert truth is not None
    [(old, new)] = truth.forms
    assert old in before
    assert old != new
    assert new in [each.text_content() for each in tree.iter() if each.get("data-k") == "p"]
