"""Changes and edits in words, English or Russian: one place for the terminal, feeds, digests and notices.

A headline is one line: what happened, in the words of the strongest edit. An edit is a mark (± + - ↕), a label
("title:", "gone from the list:") and pieces, of which each stays (`=`), went (`-`) or came (`+`); `edit_text` and
`edit_html` put these together. What a fact or an address was and is stands on both sides of an arrow, whole.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from archive.catalogue import ChangeRow

Language = Literal["en", "ru"]
Piece = tuple[str, str]
"""`=`, `-` or `+`, and a text."""

LONGEST: Final = 160
"""Characters of a headline."""
CONTEXT: Final = 8
"""Words that stay, on each side of a change, where an edit is shortened."""

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "edited": ("Text changed", "Текст изменён"),
    "added": ("Text added", "Текст добавлен"),
    "removed": ("Text removed", "Текст убран"),
    "list": ("List changed", "Список изменён"),
    "link": ("Link, document or picture changed", "Изменена ссылка, документ или изображение"),
    "structure": ("Headings changed", "Изменены заголовки"),
    "gone": ("Page gone", "Страница исчезла"),
    "soft-404": ("Page gone, though the server answers as if it were there", "Страница исчезла, хотя сервер отвечает"),
    "redirected-home": (
        "Page gone: its address leads to the first page or a list",
        "Страница исчезла: адрес ведёт на главную или на список",
    ),
    "moved": ("Page moved to another address", "Страница переехала на другой адрес"),
    "blocked": ("Page blocked", "Доступ к странице закрыт"),
    "unreachable": ("Page cannot be reached", "Страница недоступна"),
    "replaced": ("Something else stands in the page's place", "На месте страницы теперь другое"),
    "back": ("Page is back", "Страница снова на месте"),
    "certificate": ("Server shows another certificate", "У сервера другой сертификат"),
    "uncompared": (
        "The two captures differ, and what changed could not be told",
        "Содержимое отличается, но что изменилось, установить не удалось",
    ),
    "extractor": ("Read otherwise by other rules", "Прочитано иначе по другим правилам"),
    "same": ("Nothing changed", "Ничего не изменилось"),
    "noise": ("Noise alone", "Только шум"),
}
"""What happened, by kind of change."""

UNCOMPARED: Final[Mapping[str, tuple[str, str]]] = {
    "time": ("the comparison took too long", "сравнение заняло слишком много времени"),
    "memory": ("the comparison needed too much memory", "для сравнения не хватило памяти"),
    "fault": ("a fault of Khronika's own", "сбой в самой «Хронике»"),
    "unreadable": ("one of the two could not be read", "одну из двух страниц не удалось прочитать"),
}
"""Why what changed could not be told."""

FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "title": ("title", "заголовок"),
    "published": ("date of publication", "дата публикации"),
    "modified": ("date of last change", "дата изменения"),
    "authors": ("authors", "авторы"),
    "translation": ("version in another language", "версия на другом языке"),
    "certificate": ("certificate", "сертификат"),
    "payload": ("octets", "содержимое"),
    "link": ("link", "ссылка"),
    "document": ("document", "документ"),
    "picture": ("picture", "изображение"),
    "heading": ("heading", "заголовок раздела"),
    "struck": ("struck out", "зачёркнуто"),
    "unstruck": ("struck out no longer", "больше не зачёркнуто"),
    "sentence": ("sentence", "приговор"),
    "term": ("term", "срок"),
    "faces": ("may get", "грозит"),
    "stage": ("stage", "стадия дела"),
    "status": ("status", "статус"),
    "article": ("article", "статья"),
    "place": ("place of detention", "место содержания"),
    "letter_address": ("address for letters", "адрес для писем"),
    "court": ("court", "суд"),
    "birth_date": ("date of birth", "дата рождения"),
    "birth_year": ("year of birth", "год рождения"),
    "prosecuted": ("prosecuted", "преследование с"),
    "detained": ("detained", "задержание"),
    "remanded": ("remanded in custody", "под стражей с"),
    "verdict_date": ("date of the verdict", "дата приговора"),
    "named": ("named as", "упоминание"),
    "name_en": ("name in English", "имя по-английски"),
    "name_ru": ("name in Russian", "имя по-русски"),
    "name_uk": ("name in Ukrainian", "имя по-украински"),
    "name_be": ("name in Belarusian", "имя по-белорусски"),
}
"""What an edit is of, where it is not the words of a block; any other field stands as it is."""

STAGES: Final[Mapping[str, str]] = {
    "sentenced": "приговор вынесен",
    "convicted": "признан(а) виновным(ой)",
    "detained": "задержание",
    "remanded in custody": "под стражей",
    "house arrest": "домашний арест",
    "charged": "предъявлено обвинение",
    "prosecuted": "преследуется",
    "wanted": "в розыске",
    "on trial": "идёт суд",
    "released": "на свободе",
    "exchanged": "обмен",
    "died": "смерть",
    "acquitted": "оправдание",
    "in absentia": "заочно",
}
"""The stages of a case that readings know, in Russian."""

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "list-remove": ("gone from the list", "исчезло из списка"),
    "list-unseen": ("not seen on the pages of the list that were fetched", "нет на тех страницах списка, что получены"),
    "unseen": ("(not all pages of the list were seen)", "(получены не все страницы списка)"),
    "list-add": ("new in the list", "новое в списке"),
    "list-edit": ("in the list", "в списке"),
    "list-move": ("in the list", "в списке"),
    "list-struck": ("struck out in the list", "в списке зачёркнуто"),
    "list-unstruck": ("struck out in the list no longer", "в списке больше не зачёркнуто"),
    "side": ("(side)", "(вне текста)"),
    "more": ("and {} more", "и ещё {}"),
    "shared": ("the same on other pages", "то же на других страницах"),
    "group": ("The same on {} pages: {}", "То же на {} страницах: {}"),
    "withheld": ("withheld", "не выдаётся"),
    "uncompared": ("what changed could not be told", "что изменилось, установить не удалось"),
}
_WEIGHED: Final = 300
"""Edits of one change among which the strongest is looked for: a page that is all new has thousands."""
_MARKS: Final = {"edit": "±", "add": "+", "remove": "-", "move": "↕"}
_WHOLE: Final = frozenset({"link", "document", "picture", "payload", "certificate", "published", "modified"})
"""Fields of which both values stand whole: an address with two letters of it marked is no address."""
_STRIKES: Final = frozenset({"struck", "unstruck"})
"""Fields of words that stand where they stood, and were struck out or no longer are."""
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class EditWords:
    """An edit in words."""

    mark: str
    label: str
    """With a colon at its end, or ''."""
    pieces: tuple[Piece, ...]
    whole: bool
    """Whether the pieces are a value before and one after, with an arrow between."""
    shared: bool
    """Whether other pages of the site have the very same edit."""


def kind_headline(kind: str, language: Language = "en") -> str:
    """What happened, by the kind of change alone."""
    return _in(KINDS, kind, language)


def change_headline(change: ChangeRow, language: Language = "en", *, withheld: bool = False) -> str:
    """A change in one line: what happened, in the words of its strongest edit; without its words where withheld."""
    edits = [] if withheld else [edit for edit in change.edits if not edit.get("set_aside")]
    kind = change.kind.value
    if kind == "uncompared":
        return _shortened(f"{kind_headline(kind, language)}: {_why_uncompared(change, language)}")
    # of what became of a page the kind says all; edits beside that are a change of their own
    said = "" if kind in {"same", "noise", "extractor"} else _strongest(edits, language)
    if said and edits and kind in {"edited", "added", "removed", "list", "link"}:
        strongest = _by_strength(edits)[0]
        if strongest["level"] in {"list", "fact", "meta"} or strongest.get("field"):
            return _shortened(said[:1].upper() + said[1:])
    return _shortened(f"{kind_headline(kind, language)}: {said}" if said else kind_headline(kind, language))


def uncompared_words(change: ChangeRow, language: Language = "en") -> str:
    """That it could not be told what changed, and why; "" where it could."""
    why = _why_uncompared(change, language)
    return f"{_in(_WORDS, 'uncompared', language)}: {why}" if why else ""


def group_headline(change: ChangeRow, pages: int, language: Language = "en", *, withheld: bool = False) -> str:
    """The same for a change that many pages have."""
    said = change_headline(change, language, withheld=withheld)
    return _shortened(_in(_WORDS, "group", language).format(pages, said[:1].lower() + said[1:]))


def edit_words(edit: Mapping[str, Any], language: Language = "en", *, context: int | None = None) -> EditWords:
    """An edit, as `changes --json` has it, in words; `context` shortens what stays to so many words on each side."""
    op, level, field = str(edit["op"]), str(edit.get("level") or "main"), edit.get("field")
    before, after = without_controls(edit.get("before")), without_controls(edit.get("after"))
    whole = bool(before and after and before != after) and (level == "fact" or field in _WHOLE)
    pieces: list[Piece]
    if field in _STRIKES:
        pieces = _near(_around(after, edit.get("words") or ()), context)
    elif whole:
        values = [_value(field, value, language) for value in (before, after)]
        pieces = [("-", values[0]), ("+", values[1])]
    elif before and after and before != after:
        from pipelines.diff import word_diff

        pieces = _near(list(word_diff(before, after)), context)
    elif after and not before:
        pieces = [("+", _value(field, after, language))]
    elif before and not after:
        pieces = [("-", _value(field, before, language))]
    else:
        pieces = [("=", after or before)]
    label = _label(op, level, field, without_controls(edit.get("subject")), language)
    if edit.get("unsure"):
        label = f"{_in(_WORDS, 'list-unseen', language)}:" if level == "list" else _in(_WORDS, "unseen", language)
    return EditWords(_MARKS.get(op, "±"), label, tuple(pieces), whole, "group" in edit)


def edit_text(edit: Mapping[str, Any], language: Language = "en", *, context: int | None = None) -> str:
    """An edit as one line of plain text."""
    words = edit_words(edit, language, context=context)
    tail = f" ({_in(_WORDS, 'shared', language)})" if words.shared else ""
    return f"{words.mark} {words.label} ".replace("  ", " ") + _text_of(words) + tail


def edit_html(
    edit: Mapping[str, Any], language: Language = "en", *, context: int | None = None, signs: bool = False
) -> str:
    """An edit as HTML of one paragraph, its words escaped: `<del>` for what went, `<ins>` for what came.

    `signs`: with [-…-] and {+…+} besides, for print.
    """
    words = edit_words(edit, language, context=context)
    went, came = ("[-{}-]", "{{+{}+}}") if signs and not words.whole else ("{}", "{}")
    ways = {"-": f"<del>{went}</del>", "+": f"<ins>{came}</ins>"}
    pieces = [ways.get(op, "{}").format(html.escape(text)) for op, text in words.pieces]
    label = f"<b>{html.escape(words.label)}</b> " if words.label else ""
    tail = f" <i>({_in(_WORDS, 'shared', language)})</i>" if words.shared else ""
    return label + (" → " if words.whole else "").join(pieces) + tail


# ---- parts


def _in(table: Mapping[str, tuple[str, str]], name: str, language: Language) -> str:
    words = table.get(name)
    return name if words is None else words[1 if language == "ru" else 0]


def without_controls(text: object) -> str:
    """A page's text as it may stand anywhere: a title must not drive a terminal, nor break a feed."""
    return "" if text is None else _CONTROL.sub("", str(text))


def _why_uncompared(change: ChangeRow, language: Language) -> str:
    told = change.provenance.get("uncompared")
    return "" if told is None else _in(UNCOMPARED, str(told["reason"]), language)


def _label(op: str, level: str, field: object, subject: str, language: Language) -> str:
    if level == "list" and field in _STRIKES:
        return f"{_in(_WORDS, f'list-{field}', language)}:"
    if level == "list":
        named = _in(_WORDS, f"list-{op}", language)
        return f"{named}, {subject}:" if op == "edit" and subject else f"{named}:"
    if level == "side" and field is None:
        return _in(_WORDS, "side", language)
    if field is None:
        return ""
    named = _in(FIELDS, str(field), language)
    side = f"{_in(_WORDS, 'side', language)} " if level == "side" else ""
    return f"{side}{named} ({subject}):" if subject else f"{side}{named}:"


def _value(field: object, value: str, language: Language) -> str:
    return STAGES.get(value, value) if language == "ru" and field in {"stage", "status"} else value


def _text_of(words: EditWords) -> str:
    if words.whole:
        return " → ".join(text for _, text in words.pieces)
    return "".join(
        f"[-{text}-]" if op == "-" else "{+" + text + "+}" if op == "+" else text for op, text in words.pieces
    )


def _around(text: str, words: Sequence[Sequence[str]]) -> list[Piece]:
    """A text with some of its words marked; these alone where the text has one twice: no other is shown as marked."""
    marked = [without_controls(one) for pair in words for one in pair]
    if any(text.count(word[1:]) != 1 for word in marked):
        return [piece for word in marked for piece in (("=", " … "), (word[0], word[1:]))][1:]
    pieces: list[Piece] = []
    done = 0
    for word in marked:
        at = text.index(word[1:])
        pieces += [("=", text[done:at])] if at > done else []
        pieces.append((word[0], word[1:]))
        done = at + len(word) - 1
    return [*pieces, ("=", text[done:])] if done < len(text) else pieces


def _near(pieces: list[Piece], context: int | None) -> list[Piece]:
    """What stays, shortened to what stands near a change."""
    if context is None:
        return pieces
    shown: list[Piece] = []
    for place, (op, text) in enumerate(pieces):
        words = re.findall(r"\s*\S+(?:\s+$)?", text)
        first, last = place == 0, place == len(pieces) - 1
        if op != "=" or len(words) <= (context if first or last else 2 * context) + 1:
            shown.append((op, text))
            continue
        head = "" if first else "".join(words[:context])
        tail = "" if last else "".join(words[-context:])
        shown.append((op, f"{head} …{tail}" if head else f"…{tail}"))
    return shown


def _by_strength(edits: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    from pipelines.weight import edit_of, weigh_edits

    def strength(edit: Mapping[str, Any]) -> float:
        return weigh_edits([edit_of(edit)], 1_000_000)[0]

    # edits that other pages have too are told once, at the group
    return sorted(edits[:_WEIGHED], key=lambda edit: ("group" in edit, -strength(edit)))


def _strongest(edits: Sequence[Mapping[str, Any]], language: Language) -> str:
    if not edits:
        return ""
    ordered = _by_strength(edits)
    first = ordered[0]
    if first["level"] == "list" and first["op"] in {"add", "remove"}:
        unsure = bool(first.get("unsure"))
        like = [edit for edit in ordered if edit["level"] == "list" and edit["op"] == first["op"]]
        like = [edit for edit in like if bool(edit.get("unsure")) is unsure]
        names = [_one_line(edit.get("subject") or edit.get("before") or edit.get("after"), 60) for edit in like]
        more = f" {_in(_WORDS, 'more', language).format(len(names) - 3)}" if len(names) > 3 else ""
        what = "unseen" if unsure else str(first["op"])
        return f"{_in(_WORDS, 'list-' + what, language)}: {', '.join(names[:3])}{more}"
    words = edit_words(first, language)
    label = words.label.removeprefix(_in(_WORDS, "side", language)).strip()
    if words.whole:
        said = " → ".join(_one_line(text, 70) for _, text in words.pieces)
    else:
        said = _one_line(_pairs(words.pieces), 150)
    return f"{label} {said}" if label else said


def _pairs(pieces: Sequence[Piece]) -> str:
    """The changed words alone: `five → eight; + not; − gone`."""
    said: list[str] = []
    waiting: str | None = None
    for op, text in [*((op, text.strip()) for op, text in pieces), ("=", "")]:
        if op == "+" and waiting is not None:
            said.append(f"{waiting} → {text}")
            waiting = None
            continue
        if waiting is not None:
            said.append(f"− {waiting}")
            waiting = None
        if op == "-" and text:
            waiting = text
        elif op == "+" and text:
            said.append(f"+ {text}")
    if not said:
        return "".join(text for _, text in pieces)
    if len(pieces) == 1:
        return pieces[0][1]  # a whole block: the kind says already whether it came or is gone
    return "; ".join(said[:3]) + ("; …" if len(said) > 3 else "")


def _one_line(text: object, longest: int) -> str:
    line = _SPACE.sub(" ", without_controls(text)).strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _shortened(text: str) -> str:
    return _one_line(text, LONGEST)
