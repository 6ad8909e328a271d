"""A collection with a few read pages of invented people, for tests of what is made of readings."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from archive_samples import collection, crawled, page

from archive.exchange import Exchange
from crawler.reading import read_everything

CASES = "http://site.example/en/cases/"
DELA = "http://site.example/ru/dela/"

ENGLISH = (
    "The district court of Verkhnegorsk sentenced the lighthouse keeper Artyom Ostroverkhov to eight years in a penal "
    "colony under Article 207.3 of the Criminal Code. Nobody was allowed to read from the log book, and the hearing "
    "lasted for less than an hour, as the neighbours who stood in the corridor told us later.",
    "Letters can be sent to him at the following address, and they have to be written in Russian:",
    "629400, г. Верхнегорск, ул. Подгорная, д. 20, исправительная колония № 5, Островерхову Артёму Глебовичу",
)
RUSSIAN = (
    "Верхнегорский районный суд приговорил смотрителя маяка Артёма Островерхова к {} годам колонии по статье 207.3. "
    "Никому не позволили прочитать записи из вахтенного журнала, и заседание длилось меньше часа.",
    "Осуждённого перевели в ИК-5, где его ещё не навещал ни один адвокат. Письма ему пишут соседи и друзья.",
)
UKRAINIAN = (
    "Суд у Верхньогірську засудив доглядача маяка до п’яти років ув’язнення. Засудженого перевели до колонії, де його "
    "ще не відвідував жоден адвокат, а сусіди пишуть йому листи щотижня.",
    "Рідні кажуть, що здоров’я в’язня погіршилося, і просять лікарів про допомогу.",
)


def case_page(title: str, paragraphs: tuple[str, ...], url: str, *, aside: str = "", **more: Any) -> Exchange:
    """A page with an article."""
    body = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    side = f"<aside class='related'><p>{html.escape(aside)}</p></aside>" if aside else ""
    title = html.escape(title)
    markup = f"<html><head><title>{title}</title></head><body><main><article><h1>{title}</h1>{body}</article></main>"
    return page(f"{markup}{side}</body></html>", url=url, **more)


def russian(years: str, **more: Any) -> Exchange:
    """The Russian case page, with as many years."""
    paragraphs = (RUSSIAN[0].format(years), RUSSIAN[1])
    return case_page("Дело смотрителя маяка", paragraphs, f"{DELA}17", **more)


def library(folder: Path) -> Path:
    """A collection in which the Russian page was captured five times: five years, the same bytes, the same text with
    another aside, eight years, five again; two other pages beside it."""
    with collection(folder) as made:
        crawled(
            made,
            "crawl-1",
            case_page("The lighthouse keeper", ENGLISH, f"{CASES}17", aside="Read also: the baker of Zalesye"),
            russian("пяти"),
            case_page('=HYPERLINK("http://evil.example")', UKRAINIAN, "http://site.example/uk/spravy/17"),
        )
        for n, look in enumerate(
            (
                russian("пяти", hour=24),
                russian("пяти", hour=48, aside="Читайте также: дело пекаря из Залесья"),
                russian("восьми", hour=72),
                russian("пяти", hour=96),
            ),
            2,
        ):
            crawled(made, f"crawl-{n}", look)
        read_everything(made, progress=lambda *_: None)
        return made.path
