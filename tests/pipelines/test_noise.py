"""What is known to move by itself: learned from looks, kept in a file for people, and used when pages are compared."""

from __future__ import annotations

import pickle
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_styles import reading_of

from archive.errors import ConfigError
from pipelines.change import compare
from pipelines.edits import Change
from pipelines.noise import Mask, Slot, TextPattern, repeated_form
from pipelines.noise_file import HEAD, change, check_all, hand_id, load, parse, path_of
from pipelines.noise_learning import REPEATED_LIMIT, SLOTS_LIMIT, Look, Move, learn, pages_of, with_slots
from pipelines.noise_places import Place, where_pattern
from pipelines.noise_shapes import Shape, shape_of
from pipelines.reading import Reading

NOW = datetime(2026, 11, 22, 18, 45, 12, tzinfo=UTC)
HEADLINES = tuple(
    f"How {who} of {town} learned to {what} after the flood"
    for who in ("a baker", "a miller", "a pilot", "a beekeeper")
    for town in ("Verkhny Plyos", "Mokry Log", "Kamenka", "Stary Most")
    for what in ("sing in a choir", "mend a clock", "keep a garden")
)
PROSE = (
    "A court in the river town of Mokry Log has sentenced a beekeeper to five years in a penal colony for a letter.",
    "The defence had asked the court to hear the neighbours, and the court had refused without giving any reasons.",
    "Nobody was let into the corridor on the second day, the relatives wrote to us, and the hearing was over by noon.",
    "We consider the case to be political, because the charge rests on the words of one private letter and no other.",
)


def page(
    n: int = 1,
    *,
    tick: int = 0,
    prose: Sequence[str] = PROSE,
    card: str = "Under arrest",
    side: Callable[[random.Random], str] | None = None,
) -> Reading:
    """A page without a telling class name, on which one part beside the text is drawn anew at each tick."""
    draw = random.Random(f"{n} {tick}")
    drawn = "" if side is None else side(draw)
    text = "".join(f"<p>{line}</p>" for line in prose)
    markup = f"""<html lang="en"><head><title>The beekeeper, part {n}</title></head><body>
<div class="x{draw.randrange(10**6)}"><div><a href="/a">Rowan Committee</a></div></div>
<main><article><h1>The beekeeper, part {n}</h1>{text}</article></main>
<div class="y{draw.randrange(10**6)}"><div><b>Stage of the case:</b> <i>{card}</i></div></div>
{drawn}</body></html>"""
    return replace(reading_of(markup), url=f"https://rowan.example/case/{n}")


def letters(draw: random.Random) -> str:
    return f"<aside><div>{draw.randrange(10**5)} letters are on their way</div></aside>"


def quotes(draw: random.Random) -> str:
    words = " ".join(draw.sample(["quiet", "rivers", "carry", "old", "boats", "into", "morning", "light"], 5))
    return f"<aside><div><p>{words.capitalize()} one day.</p></div></aside>"


def teasers(draw: random.Random) -> str:
    items = "".join(f'<li><a href="/t/{draw.randrange(999)}">{line}</a></li>' for line in draw.sample(HEADLINES, 3))
    return f"<aside><h3>Out of the drawer</h3><ul>{items}</ul></aside>"


def history(side: Callable[[random.Random], str] | None = None, pages: int = 1, looks: int = 5) -> list[list[Reading]]:
    return [[page(n, tick=tick, side=side) for tick in range(looks)] for n in range(1, pages + 1)]


def told(change: Change) -> list[tuple[str | None, str | None]]:
    return [(edit.before, edit.after) for edit in change.reported]


# ---- learning


@pytest.mark.parametrize("side", [letters, quotes, teasers])
def test_what_moved_in_most_looks_is_noise_from_then_on(side: Callable[[random.Random], str]) -> None:
    mask = learn(history(side))
    before, after = page(tick=7, side=side), page(tick=8, side=side)

    assert compare(before, after, mask).kind == "noise"


@pytest.mark.parametrize("side", [letters, quotes, teasers])
def test_a_word_of_the_case_is_told_beside_what_moves(side: Callable[[random.Random], str]) -> None:
    mask = learn(history(side))
    edited = tuple(line.replace("five years", "eight years") for line in PROSE)
    found = compare(page(tick=7, side=side), page(tick=8, side=side, prose=edited), mask)

    assert [edit.words for edit in found.reported if edit.level == "main"] == [(("-five", "+eight"),)]
    assert {edit.level for edit in found.reported} <= {"main", "fact"}


def test_what_moved_on_another_page_of_the_site_is_noise_on_this_one() -> None:
    mask = learn(history(quotes, pages=4, looks=3))
    before, after = page(9, tick=7, side=quotes), page(9, tick=8, side=quotes)

    assert compare(before, after).kind != "noise"
    assert compare(before, after, mask).kind == "noise"
    assert [slot.pages for slot in mask.slots] == [("/case/*",)]


@pytest.mark.parametrize("side", [quotes, letters])
def test_one_second_look_is_enough(side: Callable[[random.Random], str]) -> None:
    mask = learn([], second_looks=[(page(tick=1, side=side), page(tick=2, side=side))])

    assert [slot.learned_by for slot in mask.slots] == ["second-look"]
    assert compare(page(tick=3, side=side), page(tick=4, side=side), mask).kind == "noise"


def test_a_fact_that_was_said_anew_again_and_again_is_told_all_the_same() -> None:
    stages = ["Under arrest", "On trial", "Sentenced", "In a colony", "Transferred", "In hospital"]
    readings = [page(tick=n, card=stage) for n, stage in enumerate(stages)]
    mask = learn([readings])
    found = compare(readings[-1], page(tick=7, card="Released"), mask)

    assert mask.slots == ()
    assert found.kind not in {"noise", "same"}


def test_a_fact_that_changes_on_many_pages_at_once_is_told() -> None:
    """An exchange of prisoners: a line without any word of a case, which becomes another on most pages of the site."""
    first = [page(n, tick=1, card="Waits for news") for n in range(1, 6)]
    then = [page(n, tick=2, card=f"Back at home since day {n}") for n in range(1, 6)]
    mask = learn([[a, b] for a, b in zip(first, then, strict=True)])
    found = compare(page(9, tick=1, card="Waits for news"), page(9, tick=2, card="Back at home since day 9"), mask)

    assert found.kind not in {"noise", "same"}


def test_words_that_become_others_on_all_pages_in_one_crawl_are_told() -> None:
    def waiting(words: str) -> Callable[[random.Random], str]:
        return lambda draw: f"<aside><div><p>{words} {'' if words[0] == 'W' else draw.randrange(99)}</p></div></aside>"

    first = [page(n, tick=1, side=waiting("Waits for news")) for n in range(1, 8)]
    then = [page(n, tick=2, side=waiting("Back by the river since day")) for n in range(1, 8)]
    mask = learn([[a, b] for a, b in zip(first, then, strict=True)])

    assert mask.slots == ()


def test_a_text_that_is_changed_once_in_the_template_is_no_slot() -> None:
    def footer(words: str) -> Callable[[random.Random], str]:
        return lambda _: f"<aside><div><p>{words}</p></div></aside>"

    histories = [[page(n, tick=t, side=footer("Call us" if t < 2 else "Write us")) for t in range(4)] for n in range(6)]

    assert learn(histories).slots == ()


def test_a_list_that_grows_is_no_row_of_teasers() -> None:
    names = [
        f"{one} of the river towns" for one in ["Arseny", "Vera", "Mikola", "Oksana", "Yury", "Inga", "Taras", "Alena"]
    ]

    def registry(count: int) -> Callable[[random.Random], str]:
        items = "".join(f"<li>{name}</li>" for name in names[:count])
        return lambda _: f"<aside><ul>{items}</ul></aside>"

    readings = [page(tick=n, side=registry(n)) for n in range(2, 8)]
    mask = learn([readings])

    assert mask.slots == ()
    assert not any(mask.is_repeated(name) for name in names)


def test_what_moves_together_with_the_case_is_no_noise() -> None:
    def dated(words: str) -> Callable[[random.Random], str]:
        return lambda _: f"<aside><div><p>{words}</p></div></aside>"

    readings = []
    for n, word in enumerate(("one", "two", "three", "four", "five", "six")):
        prose = (*PROSE[:3], PROSE[3].replace("one private letter", f"{word} private letters"))
        readings.append(page(tick=n, prose=prose, side=dated(f"The relatives have {word} answers by now")))

    assert learn([readings]).slots == ()


def test_learning_does_not_hang_on_the_order_of_the_pages() -> None:
    histories = [*history(quotes, pages=3), *[[page(n, tick=t, side=teasers) for t in range(4)] for n in (7, 8, 9)]]
    turned = learn(list(reversed(histories)))

    assert learn(histories).digest == turned.digest
    assert learn(histories).slots == turned.slots


def test_what_is_known_stays_and_a_decision_is_not_overturned() -> None:
    known = learn(history(quotes))
    kept = replace(known, slots=tuple(replace(slot, ignore=False) for slot in known.slots))
    again = learn(history(quotes, pages=4), known=kept)

    assert [slot.ignore for slot in again.slots if slot.id == known.slots[0].id] == [False]
    assert compare(page(tick=7, side=quotes), page(tick=8, side=quotes), again).kind != "noise"


def test_there_is_an_end_to_slots_and_repeated_texts() -> None:
    def looks() -> list[Look]:
        places = [Place(f"/html[1]/body[1]/div[{n}]") for n in range(SLOTS_LIMIT + 50)]
        return [
            Look(f"https://rowan.example/{n}", "1", NOW, (Move(place, "side", "7 boats", "8 boats"),), second=True)
            for n, place in enumerate(places)
        ]

    mask = with_slots(Mask(), looks())

    assert len(mask.slots) == SLOTS_LIMIT
    assert REPEATED_LIMIT < 10_000


def test_pages_are_named_one_by_one_until_they_have_something_in_common() -> None:
    assert pages_of(["/b", "/a"]) == ("/a", "/b")
    assert pages_of(["/en/case/1", "/en/case/2", "/en/case/30"]) == ("/en/case/*",)
    assert pages_of(["/en/case/*", "/en/news/1"]) == ("/en/*",)
    assert pages_of(["/a", "/b/1", "/c/2?x=1"]) == ("/*",)


# ---- the mask


def slot(mask: Mask, url: str, path: str, before: str | None, after: str | None) -> str | None:
    """Why a difference of a side block there is noise, where nothing is known of what stands around it."""
    assert mask.index is not None
    return mask.index.reason(url, (Place(path),), before, after, "side")


def test_a_slot_hides_no_more_than_what_moves_in_it() -> None:
    mask = Mask((Slot("s1", "//aside/div", shape="count"),))
    here = "/html[1]/body[1]/aside[1]/div[2]"

    assert slot(mask, "https://rowan.example/", here, "17 letters", "1,024 letters") == "slot s1"
    assert slot(mask, "https://rowan.example/", here, "17 letters", "17 verdicts") is None
    assert slot(mask, "https://rowan.example/", here, None, "17 letters") is None
    assert slot(mask, "https://rowan.example/", "/html[1]/body[1]/div[2]", "17 letters", "18 letters") is None


@pytest.mark.parametrize(
    ("before", "after", "shape"),
    [
        ("Read 17 times", "Read 1 024 times", "count"),
        ("Updated 3 May 2026", "Updated 12 June 2026", "date"),
        ("Обновлено 3 мая", "Обновлено 12 июня", "date"),
        ("5 minutes ago", "2 hours ago", "date"),
        ("Оновлено 3 травня, вівторок", "Оновлено 4 травня, середа", "date"),
        ("Read by many", "Read by nobody", "text"),
        ("five years", "eight years", "text"),
    ],
)
def test_the_shape_of_a_difference(before: str, after: str, shape: Shape) -> None:
    assert shape_of(before, after) == shape


def test_of_the_main_text_no_word_is_ever_hidden() -> None:
    where = "/html/body/main/article/p"
    mask = Mask(
        (
            Slot("s1", where, shape="text", level="main"),
            Slot("s2", where, shape="text"),
            Slot("s3", "//p", shape="count", level="main"),
        ),
        (TextPattern("t1", "five|eight"),),
        frozenset(map(repeated_form, PROSE)),
    )
    edited = tuple(line.replace("five years", "eight years") for line in PROSE)
    gone = PROSE[1:]

    assert compare(page(), page(prose=edited), mask).kind == compare(page(), page(prose=edited)).kind
    assert any(before == PROSE[0] for before, _ in told(compare(page(), page(prose=gone), mask)))


def test_a_pattern_takes_away_what_it_fits_and_nothing_else() -> None:
    mask = Mask(texts=(TextPattern("t1", r"Now on the site: \d+", pages=("/case/*",)),))
    here, url = "/html[1]/body[1]/div[1]", "https://rowan.example/case/1"

    assert slot(mask, url, here, "Now on the site: 3", "Now on the site: 14") == "text t1"
    assert slot(mask, url, here, "Now on the site: 3. Help!", "Now on the site: 4. Stop!") is None
    assert slot(mask, url, here, None, "Now on the site: 4") == "text t1"
    assert slot(mask, url, here, None, "Now on the site: 4 of us") is None
    assert slot(mask, "https://rowan.example/news", here, "Now on the site: 3", "Now on the site: 14") is None


def test_a_page_is_the_same_on_each_mirror() -> None:
    mask = Mask((Slot("s1", "//div", pages=("/case/*",)), Slot("s2", "//p", pages=("https://rowan.example/*",))))

    assert slot(mask, "https://mirror.example/case/1", "/html[1]/div[1]", "a", "b") == "slot s1"
    assert slot(mask, "https://mirror.example/case/1", "/html[1]/p[1]", "a", "b") is None
    assert slot(mask, "https://rowan.example/x", "/html[1]/p[1]", "a", "b") == "slot s2"


@pytest.mark.parametrize(
    ("where", "path", "fits"),
    [
        ("/html/body/ul/li", "/html[1]/body[1]/ul[2]/li[7]", True),
        ("/html[1]/body[1]/ul[2]/li", "/html[1]/body[1]/ul[3]/li[7]", False),
        ("//ul/li", "/html[1]/body[1]/ul[3]/li[7]", True),
        ("//ul/li", "/html[1]/body[1]/ul[3]/li[7]/a[1]", False),
        ("/html/body", "/html[1]/body[1]/p[1]", False),
    ],
)
def test_a_place_fits_by_the_numbers_that_it_has(where: str, path: str, fits: bool) -> None:
    _, pattern = where_pattern(where)

    assert (pattern.fullmatch(path) is not None) == fits


@pytest.mark.parametrize("where", ["", "html/body", "/", "/html//p", "/p[x]", "/p[1", "/a b"])
def test_a_place_that_is_none_is_refused(where: str) -> None:
    with pytest.raises(ValueError, match="expected a path"):
        where_pattern(where)


def test_a_mask_goes_through_a_pipe() -> None:
    mask = replace(learn(history(teasers, pages=4)), keep=frozenset({"a"}), version=3, updated=NOW)
    back = pickle.loads(pickle.dumps(mask))

    assert back == mask
    assert back.digest == mask.digest


def test_the_digest_tells_what_decides_and_nothing_else() -> None:
    mask = Mask((Slot("s1", "//p"), Slot("s2", "//li")), (TextPattern("t1", "a"),), frozenset({"b", "c"}))
    same = replace(
        mask,
        slots=(replace(mask.slots[1], note="why", seen=3, of=4, examples=("a → b",), first_seen=NOW), mask.slots[0]),
        version=7,
        updated=NOW,
    )
    others = [
        replace(mask, slots=mask.slots[:1]),
        replace(mask, slots=(replace(mask.slots[0], ignore=False), mask.slots[1])),
        replace(mask, texts=()),
        replace(mask, repeated=frozenset({"b"})),
        replace(mask, keep=frozenset({"b"})),
    ]

    assert same.digest == mask.digest
    assert len({mask.digest, *(other.digest for other in others)}) == 6
    assert compare(page(), page(), mask).provenance["mask"] == mask.digest


def test_noise_is_kept_with_its_reason() -> None:
    mask = learn(history(letters))
    found = compare(page(tick=7, side=letters), page(tick=8, side=letters), mask)

    assert f"slot {mask.slots[0].id}" in {edit.set_aside for edit in found.edits}


# ---- the file


def write(folder: Path, text: str) -> Path:
    path = path_of(folder, "rowan")
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def put(folder: Path, mask: Mask) -> Mask:
    return change(folder, "rowan", lambda known: replace(mask, version=known.version), now=NOW)[0]


def test_no_file_is_no_mask(tmp_path: Path) -> None:
    assert load(tmp_path, "rowan") is None
    check_all(tmp_path)


def test_a_mask_that_is_written_is_read_again(tmp_path: Path) -> None:
    mask = learn(history(teasers, pages=4), second_looks=[(page(tick=1, side=quotes), page(tick=2, side=quotes))])
    mask = replace(mask, texts=(TextPattern("t1", r"\d+ 'x' \"y\"", ("/a", "/b*"), ignore=False, note="a note"),))
    written = put(tmp_path, mask)
    read = load(tmp_path, "rowan")

    assert read is not None
    assert (read.version, read.updated) == (1, NOW)
    assert read.digest == written.digest
    assert read.texts == mask.texts
    assert [replace(slot, first_seen=None, last_seen=None) for slot in read.slots] == [
        replace(slot, first_seen=None, last_seen=None) for slot in mask.slots
    ]


def test_nothing_new_writes_nothing(tmp_path: Path) -> None:
    put(tmp_path, Mask((Slot("s1", "//p"),)))
    before = path_of(tmp_path, "rowan").stat()
    _, written = change(tmp_path, "rowan", lambda mask: mask, now=NOW)

    assert not written
    assert path_of(tmp_path, "rowan").stat().st_mtime_ns == before.st_mtime_ns


def test_what_a_person_wrote_stays_as_it_stands(tmp_path: Path) -> None:
    write(
        tmp_path,
        """# Our own notes on this site.
version = 4   # counted

[[slot]] # the box at the right
where = '//aside/ul/li'
note = "asked for by the editors"
ignore = false   # wanted

[[text]]
pattern = 'Now on the site: \\d+'  # a counter
# the end
""",
    )
    before = path_of(tmp_path, "rowan").read_text()
    change(tmp_path, "rowan", lambda mask: learn(history(quotes), known=mask), now=NOW)
    after = path_of(tmp_path, "rowan").read_text()
    mask = load(tmp_path, "rowan")

    assert mask is not None
    assert mask.version == 5
    for line in before.splitlines():
        assert line in after or line.startswith("version")
    assert "# counted" in after
    assert [slot.learned_by for slot in mask.slots] == ["hand", "history"]


def test_slots_are_changed_and_taken_out_where_they_stand(tmp_path: Path) -> None:
    put(tmp_path, Mask((Slot("a1", "//p"), Slot("b2", "//li"), Slot("c3", "//td"))))
    text = path_of(tmp_path, "rowan").read_text()
    write(tmp_path, text.replace('id = "c3"', 'id = "c3"  # mine'))
    put(tmp_path, Mask((Slot("b2", "//li", ignore=False), Slot("c3", "//td"), Slot("d4", "//dd", shape="date"))))
    mask = load(tmp_path, "rowan")

    assert mask is not None
    assert [(slot.id, slot.ignore, slot.shape) for slot in mask.slots] == [
        ("b2", False, "text"),
        ("c3", True, "text"),
        ("d4", True, "date"),
    ]
    assert 'id = "c3"  # mine' in path_of(tmp_path, "rowan").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version = 'a'", "line 1: version: expected a whole number, 0 or more, found 'a'"),
        ("a = ", "line 1: expected TOML, found otherwise"),
        ("\n[[slot]]\nignore = true\n", "line 2: [[slot]] needs where"),
        ("[[slot]]\nwhere = 'p'\n", "line 2: slot.where: expected a path like"),
        ("[[slot]]\nwhere = '//p'\nignre = true\n", "line 3: unknown key 'ignre' in [[slot]]"),
        ("[[slot]]\nwhere = '//p'\nignore = 'no'\n", "line 3: slot.ignore: expected true or false, found 'no'"),
        ("[[slot]]\nwhere = '//p'\nshape = 'big'\n", 'line 3: slot.shape: expected one of "count", "date"'),
        ("[[slot]]\nwhere = '//p'\nid = 'a b'\n", "line 3: slot.id: expected a name of letters"),
        ("[[slot]]\nwhere = '//p'\nfirst-seen = 2026-01-01\n", "line 3: slot.first-seen: expected a date and time"),
        ("[[slot]]\nid='a'\nwhere='//p'\n[[slot]]\nid='a'\nwhere='//li'\n", "line 5: slot.id: 'a' is the id of an"),
        ("[[text]]\npattern = '('\n", "line 2: text.pattern: expected a regular expression, found '('"),
        ("[[text]]\npattern = 'a*'\n", "line 2: text.pattern: expected a regular expression that fits some text"),
        ("[repeated]\ntexts = 3\n", "line 2: repeated.texts: expected a list of texts"),
        ("slot = 3\n", "line 1: slot: expected parts that begin with [[slot]], found 3"),
        ("repeated = []\n", "line 1: repeated: expected one part [repeated]"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, text)

    with pytest.raises(ConfigError) as error:
        check_all(tmp_path)

    assert f"noise/rowan.toml, {said}" in str(error.value)


def test_octets_that_are_no_text_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"line 2: expected UTF-8, found the octet 0xff"):
        parse(b"version = 1\n# \xff\n", "noise/rowan.toml")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_a_file_says_is_read_or_refused(octets: bytes) -> None:
    try:
        mask = parse(octets, "noise/rowan.toml")
    except ConfigError:
        return
    assert mask.digest


def test_a_damaged_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, "version = \n")

    with pytest.raises(ConfigError):
        change(tmp_path, "rowan", lambda mask: replace(mask, texts=(TextPattern("t1", "a"),)), now=NOW)

    assert path.read_text() == "version = \n"


def test_two_who_write_at_once_lose_nothing_and_readers_see_whole_files(tmp_path: Path) -> None:
    problems: list[BaseException] = []
    ended = threading.Event()

    def writing(letter: str) -> None:
        try:
            for n in range(10):
                slot = Slot(f"{letter}{n}", f"//{letter}{n}")
                change(tmp_path, "rowan", lambda mask, slot=slot: replace(mask, slots=(*mask.slots, slot)), now=NOW)  # type: ignore[misc]
        except BaseException as error:
            problems.append(error)

    def reading() -> None:
        while not ended.is_set():
            try:
                load(tmp_path, "rowan")
            except BaseException as error:
                problems.append(error)

    writers = [threading.Thread(target=writing, args=(letter,)) for letter in "ab"]
    reader = threading.Thread(target=reading)
    for thread in (*writers, reader):
        thread.start()
    for thread in writers:
        thread.join()
    ended.set()
    reader.join()
    mask = load(tmp_path, "rowan")

    assert problems == []
    assert mask is not None
    assert (len(mask.slots), mask.version) == (20, 20)


def test_the_largest_mask_is_written_and_read(tmp_path: Path) -> None:
    slots = tuple(Slot(f"s{n}", f"/html[1]/body[1]/div[{n}]") for n in range(SLOTS_LIMIT))
    texts = frozenset(
        repeated_form(f"Text {n} of «the drawer», which stands on several pages. " * 4) for n in range(2000)
    )
    mask = put(tmp_path, Mask(slots, repeated=texts))
    more = put(tmp_path, replace(mask, repeated=mask.repeated | {"one more"}))
    read = load(tmp_path, "rowan")

    assert read is not None
    assert read.digest == more.digest
    assert read.is_repeated("Text 7 of «the drawer», which stands on several pages. " * 4)
    assert slot(read, "https://rowan.example/", "/html[1]/body[1]/div[299]", "a", "b") == "slot s299"


def test_a_site_is_named_by_one_file(tmp_path: Path) -> None:
    for site in ("rowan", "host.example:8080", "../etc", ".hidden", "a/b"):
        change(tmp_path, site, lambda mask: replace(mask, texts=(TextPattern("t1", "a"),)), now=NOW)

        assert load(tmp_path, site) is not None
    written = sorted(path.name for path in (tmp_path / "noise").glob("*.toml"))
    assert len(written) == 5
    assert not (tmp_path / "etc.toml").exists()


def test_ids_are_the_same_for_the_same() -> None:
    assert hand_id("s", "a", "b") == hand_id("s", "a", "b") != hand_id("s", "ab")
    assert HEAD.startswith("#")


# ---- words of the main text

APPEALS = (
    "Work of this kind costs money: give what a cup of coffee costs.",
    "Nobody owns us but those who read, and there are eleven of us.",
    "The lights in this room are on because of people like you.",
)


def within(line: str, n: int = 1, *, prose: Sequence[str] = PROSE) -> Reading:
    """A page with something in an element of its own between the paragraphs."""
    first, *others = (f"<p>{one}</p>" for one in prose)
    markup = f"""<html lang="en"><head><title>The beekeeper, part {n}</title></head><body><main><article>
<h1>The beekeeper, part {n}</h1>{first}{line}{"".join(others)}</article></main></body></html>"""
    return replace(reading_of(markup), url=f"https://rowan.example/case/{n}")


def appeal(which: int | None) -> str:
    return "<div></div>" if which is None else f"<div><p>{APPEALS[which]}</p></div>"


def shown(*orders: Sequence[int | None]) -> list[list[Reading]]:
    return [[within(appeal(one), n) for one in order] for n, order in enumerate(orders, 1)]


TURNS = ((0, 1, 0, 2, 1, 0), (1, 0, 2, 0, 1, 2), (2, 2, 1, 1, 0, 1))


def test_texts_that_pages_show_by_turns_are_noise_from_then_on() -> None:
    mask = learn(shown(*TURNS))

    [slot] = mask.slots
    assert (slot.shape, slot.level, set(slot.texts)) == ("turns", "main", set(APPEALS))
    assert compare(within(appeal(0), 2), within(appeal(2), 2), mask).kind == "noise"
    assert compare(within(appeal(0), 2), within(appeal(2), 2)).kind == "edited"


def test_a_notice_that_comes_and_goes_is_noise_from_then_on() -> None:
    orders = ((None, 0, None, 0, 0, None), (0, None, 0, 0, None, 0), (0, 0, None, None, 0, 0))
    mask = learn(shown(*orders))

    assert compare(within(appeal(None)), within(appeal(0)), mask).kind == "noise"
    assert compare(within(appeal(0)), within(appeal(None)), mask).kind == "noise"


def test_a_word_of_such_a_text_and_another_text_in_its_place_are_told() -> None:
    mask = learn(shown(*TURNS))
    word = appeal(0).replace("coffee", "bread")
    other = "<div><p>The beekeeper asked for books and for a warm pair of socks, his sister writes.</p></div>"

    for line in (word, other):
        assert told(compare(within(appeal(0)), within(line), mask))
        assert told(compare(within(appeal(1)), within(line), mask))
        assert told(compare(within(line), within(appeal(1)), mask))


def test_a_word_of_the_case_is_told_beside_texts_by_turns() -> None:
    edited = tuple(line.replace("five years", "eight years") for line in PROSE)
    change = compare(within(appeal(0)), within(appeal(1), prose=edited), learn(shown(*TURNS)))

    assert [edit.words for edit in change.reported if edit.level == "main"] == [(("-five", "+eight"),)]


@pytest.mark.parametrize(
    "orders",
    [
        # an editor takes a text from all pages, sets it back, takes it again
        ((0, None, 0, None), (0, None, 0, None), (0, None, 0, None)),
        # it came on some as cases began and went from others as cases ended
        ((None, 0, 0, 0), (0, 0, None, None), (0, None, None, None)),
        # one page that two editors set to and fro
        ((0, 1, 0, 1, 0, 1),),
        # all pages show the next one at once, and none comes back
        ((0, 1, 2), (0, 1, 2), (0, 1, 2)),
    ],
)
def test_what_an_editor_may_have_done_is_told(orders: Sequence[Sequence[int | None]]) -> None:
    mask = learn(shown(*orders))

    assert mask.slots == ()
    assert told(compare(within(appeal(1)), within(appeal(0)), mask))


@pytest.mark.parametrize("fact", ["He was released from the colony in the morning.", "Sentenced to five years."])
def test_facts_that_come_and_go_are_told(fact: str) -> None:
    def history_of(order: Sequence[int | None], n: int) -> list[Reading]:
        return [within("<div></div>" if one is None else f"<div><p>{fact}</p></div>", n) for one in order]

    orders = ((None, 0, None, 0, 0, None), (0, None, 0, 0, None, 0), (0, 0, None, None, 0, 0))
    mask = learn([history_of(order, n) for n, order in enumerate(orders, 1)])

    assert mask.slots == ()


def pointer(which: int, lead: str = "On the same subject") -> str:
    return f'<div>{lead} <a href="/t/{which}">{HEADLINES[which]}</a></div>'


def test_the_headline_that_a_line_of_the_text_points_to_is_noise_and_its_own_words_are_not() -> None:
    mask = learn([[within(pointer(one)) for one in range(5)]])

    [slot] = mask.slots
    assert (slot.shape, slot.level) == ("teasers", "main")
    assert compare(within(pointer(7)), within(pointer(9)), mask).kind == "noise"
    assert told(compare(within(pointer(7)), within(pointer(9, "Against the same court")), mask))
    assert told(
        compare(within(pointer(7)), within("<div>On the same subject he wrote to his sister twice.</div>"), mask)
    )


def test_a_name_that_a_line_of_the_text_points_to_is_told() -> None:
    names = ("Anna Kolos", "Marfa Zvonareva", "Timur Ogly", "Oksana Dubrova", "Vasil Hlybotski")
    lines = [f'<div>The court is presided over by <a href="/j/{n}">{name}</a></div>' for n, name in enumerate(names)]
    mask = learn([[within(line) for line in lines]])

    assert mask.slots == ()
    assert told(compare(within(lines[0]), within(lines[1]), mask))


def test_learning_goes_on_beside_texts_by_turns() -> None:
    def look(n: int, tick: int, which: int | None) -> Reading:
        count = f"<div><b>opened {100 * n + 7 * tick} times</b></div>"
        return within(f"{appeal(which)}{count}", n)

    histories = [[look(n, tick, one) for tick, one in enumerate(order)] for n, order in enumerate(TURNS, 1)]
    mask = learn(histories)

    assert {slot.shape for slot in mask.slots} == {"turns", "count"}
    assert compare(look(1, 7, 0), look(1, 8, 1), mask).kind == "noise"


def test_texts_by_turns_go_through_the_file_and_grow(tmp_path: Path) -> None:
    mask = learn(shown(*TURNS))
    put(tmp_path, mask)
    read = load(tmp_path, "rowan")
    assert read is not None
    assert (read.slots[0].texts, read.digest) == (mask.slots[0].texts, mask.digest)

    more = "Put us into your will, or on the back of a postcard to somebody."
    line = f"<div><p>{more}</p></div>"
    grown = learn([[within(appeal(0)), within(line), within(appeal(1))]], known=read)
    assert set(grown.slots[0].texts) == {*APPEALS, more}
    assert grown.digest != mask.digest
    kept = replace(read, slots=(replace(read.slots[0], ignore=False),))
    assert learn([[within(appeal(0)), within(line), within(appeal(1))]], known=kept).slots == kept.slots
    assert told(compare(within(appeal(0)), within(appeal(1)), kept))
