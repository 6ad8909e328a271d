"""A list of made-up persons in every make that sites give it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice, product

from pipelines.reading import Block, Reading

EN = ("Arseny Polyansky", "Oksana Dubrovenko", "Taras Vyshnia", "Marfa Kolosnitsyna", "Zakhar Mirolyub", "Vera Chizhik")
RU = ("Арсений Полянский", "Оксана Дубровенко", "Фёдор Хмелёв", "Марфа Колосницына", "Захар Миролюбов", "Вера Чижик")
UK = ("Арсен Полянський", "Оксана Дубровенко", "Їжакевич Сергій", "Марфа Колосниціна", "Захар Миролюб", "Віра Чижик")
BE = ("Арсень Палянскі", "Аксана Дуброўка", "Тарас Вішня", "Марфа Калосніца", "Захар Міралюбаў", "Вера Чыжык")
NAMES = {"en": EN, "ru": RU, "uk": UK, "be": BE}
INTRO = {
    "en": "These people are in prison for what they said and wrote, as far as our committee knows.",
    "ru": "Эти люди находятся в заключении за то, что говорили и писали, насколько известно комитету.",
    "uk": "Ці люди перебувають в ув’язненні за те, що говорили й писали, наскільки відомо комітету.",
    "be": "Гэтыя людзі знаходзяцца ў зняволенні за тое, што казалі і пісалі, наколькі вядома камітэту.",
}
OUTRO = {
    "en": "We go on with this work, and ask everybody to write letters to them.",
    "ru": "Мы продолжаем эту работу и просим всех писать им письма.",
    "uk": "Ми продовжуємо цю роботу й просимо всіх писати їм листи.",
    "be": "Мы працягваем гэтую працу і просім усіх пісаць ім лісты.",
}


def address(name: str) -> str:
    """Where the page of a person is."""
    numbers = {one: number for some in NAMES.values() for number, one in enumerate(some)}
    return f"/person/{numbers.get(name, sum(map(ord, name)))}"


def items(names: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{name}</li>' for name in names)}</ul>"


def numbered(names: Sequence[str]) -> str:
    """Numbers in the text, which all move up when one is gone."""
    return f"<ul>{''.join(f'<li>{n}. {name}</li>' for n, name in enumerate(names, 1))}</ul>"


def links(names: Sequence[str]) -> str:
    one = '<li><a href="{}">{}</a></li>'
    return f"<ol>{''.join(one.format(address(name), name) for name in names)}</ol>"


def paragraphs(names: Sequence[str]) -> str:
    return "".join(f"<p>{name}</p>" for name in names)


def lines(names: Sequence[str]) -> str:
    return f"<p>{'<br>'.join(names)}</p>"


def rows(names: Sequence[str]) -> str:
    """A table that counts its rows."""
    cells = "".join(f"<tr><td>{n}</td><td>{name}</td></tr>" for n, name in enumerate(names, 1))
    return f"<table>{cells}</table>"


def terms(names: Sequence[str]) -> str:
    return f"<dl>{''.join(f'<dt>{name}</dt>' for name in names)}</dl>"


def cards(names: Sequence[str]) -> str:
    """Cards with class names that say nothing, two links to the same page each."""
    one = (
        '<div class="x7"><a href="{0}"><img src="/p.jpg"></a><div class="q"><h3><a href="{0}">{1}</a></h3></div></div>'
    )
    return f'<div class="zz">{"".join(one.format(address(name), name) for name in names)}</div>'


def opaque(names: Sequence[str]) -> str:
    return "".join(f'<div class="sc-{n}"><div class="sc-b">{name}</div></div>' for n, name in enumerate(names))


def by_letter(names: Sequence[str]) -> str:
    """Sections of one or two entries."""
    parts = [names[at : at + 2] for at in range(0, len(names), 2)]
    return "".join(f"<div><ul>{''.join(f'<li>{name}</li>' for name in some)}</ul></div>" for some in parts)


MAKES: dict[str, Callable[[Sequence[str]], str]] = {
    one.__name__: one for one in (items, numbered, links, paragraphs, lines, rows, terms, cards, opaque, by_letter)
}


def page(listed: str, language: str = "en", *, after: str = "") -> str:
    """A page with a list between two paragraphs."""
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>Committee</title></head><body>'
        '<nav><ul><li><a href="/">Home</a></li><li><a href="/about">About us</a></li></ul></nav>'
        f"<main><article><h1>Committee</h1><p>{INTRO[language]}</p>{listed}<p>{OUTRO[language]}</p>{after}</article></main>"
        "</body></html>"
    )


def many(count: int) -> list[str]:
    """So many names, no two of them alike."""
    letters = product("abvgdezh", repeat=6)
    return [f"Arseny Polyansk{''.join(some)}" for some in islice(letters, count)]


def with_items(reading: Reading, names: Sequence[str]) -> Reading:
    """A reading of a page that has a list of some names and nothing else: none is made of so long a page in a test."""
    blocks, at = [], 0
    for number, name in enumerate(names, 1):
        path = f"/html[1]/body[1]/main[1]/ul[1]/li[{number}]"
        blocks.append(Block(at, at + len(name), "item", "main", path, "", "en", None))
        at += len(name) + 1
    return replace(reading, text="\n".join(names), blocks=tuple(blocks), links=(), facts=())
