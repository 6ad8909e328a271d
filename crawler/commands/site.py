"""`khronika site`: the sites of a collection, as khronika.toml has them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import click

from archive.errors import KhronikaError, UsageError
from crawler.cli import Application, Exit, nearest_words
from crawler.commands import site_noise, site_pages, site_test
from crawler.commands.base import Group, Number, open_collection, pass_application
from crawler.commands.base import command as make_command

if TYPE_CHECKING:
    import tomlkit
    from tomlkit.items import Item

    from crawler.config import Config
    from spiders.definition import SiteDefinition
    from spiders.look import Look
    from spiders.proposal import Proposal

_EXITS = (Exit.NO_COLLECTION,)
_TELEGRAM = re.compile(r"https?://(?:t\.me|telegram\.me|telegram\.dog)/(?:s/)?([A-Za-z]\w{3,31})/?")


@click.group(
    "site",
    cls=Group,
    examples=(
        "khronika site add https://example.org/cases/ --name example",
        "khronika site add rights-in-russia",
        "khronika site list",
    ),
    exits=_EXITS,
)
def command() -> None:
    """The sites of this collection. They stand in khronika.toml, which these commands edit; its comments stay."""


@make_command(
    "add",
    group=command,
    exits=_EXITS,
    examples=(
        "khronika site add https://example.org/ --dry-run",
        "khronika site add https://example.org/cases/ --name example --no-look",
        "khronika site add rights-in-russia",
        "khronika site add memopzk --from https://mirror.example.net/",
    ),
)
@click.argument("site", metavar="URL|NAME")
@click.option("--name", help="Short name for the site. Default: made from its host.")
@click.option("--from", "base", metavar="URL", help="With a NAME: the mirror to fetch that site from.")
@click.option("--no-look", is_flag=True, help="Fetch nothing: the address's host, below its folder.")
@click.option("--requests", type=click.IntRange(3, 200), default=24, show_default=True, help="Most requests of a look.")
@click.option("--include", multiple=True, metavar="REGEX", help="Only follow addresses that this fits; repeatable.")
@click.option("--exclude", multiple=True, metavar="REGEX", help="Do not follow addresses that this fits; repeatable.")
@click.option("--feed", multiple=True, metavar="URL", help="A feed to find pages by; repeatable.")
@click.option("--sitemap", multiple=True, metavar="URL", help="A sitemap to find pages by; repeatable.")
@click.option("--delay", type=Number(min=0), metavar="SECONDS", help="Pause between two requests, here and in crawls.")
@click.option("--dry-run", is_flag=True, help="Show what would be written; write nothing.")
@pass_application
def add(
    application: Application,
    site: str,
    name: str | None,
    base: str | None,
    no_look: bool,
    requests: int,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    feed: tuple[str, ...],
    sitemap: tuple[str, ...],
    delay: float | None,
    dry_run: bool,
) -> None:
    """Add a site, by address or by a known name.

    An address is looked at, politely and with few requests: feeds, sitemaps, robots.txt, WordPress's REST interface,
    JSON, a few pages. What was found is shown in a table, and a definition that rests on it is written. Nothing that
    is fetched is kept. The way is that of a crawl: the proxy of [crawl], its delay, robots.txt obeyed.

    A name is that of an organisation that Khronika knows, like rights-in-russia; nothing is fetched then.
    """
    from crawler.config import load_config

    if base is None and (channel := _TELEGRAM.fullmatch(site)):
        site, base = "telegram", f"https://t.me/s/{channel[1]}"
    by_name = "://" not in site
    if base is not None and not by_name:
        raise UsageError("--from goes with the name of a site that Khronika knows, not with an address")
    for url in [base] if base is not None else [] if by_name else [site]:
        _check_url(url)
    collection = open_collection(application)
    path = collection.config_path
    document = _document(path)
    entry: dict[str, Any] = _known_entry(site, base, name) if by_name else {"name": name or _name_of(site)}
    _refuse_twice(document, entry["name"])
    proposal = None
    if not by_name:
        if no_look:
            entry.update(_unseen_entry(site))
        else:
            _hint_at_known(application, site)
            # checked before anything is fetched: whatever is wrong with an option is wrong at once
            _checked_entry(
                path, {**_unseen_entry(site), **_of_options(include, exclude, feed, sitemap, delay), **entry}
            )
            proposal = _looked(application, load_config(path), site, entry["name"], requests, delay)
            entry = proposal.entry()
    entry.update(_of_options(include, exclude, feed, sitemap, delay))
    _append(document, entry)
    text = _checked(document)
    output = application.output
    output.record({"type": "site", **entry, "written": not dry_run})
    shown = _as_toml(entry)
    if dry_run:
        output.result(shown)
        output.message("Nothing was written (--dry-run).")
        return
    _write(path, text)
    output.result(f"Added {entry['name']} to khronika.toml:\n\n{shown}")
    output.message(f"Next: khronika site test {entry['name']}   then   khronika crawl {entry['name']}")


@make_command("list", group=command, exits=_EXITS, examples=("khronika site list", "khronika --json site list"))
@pass_application
def list_(application: Application) -> None:
    """List the sites with where they begin, and those that are paused."""
    sites = _sites(application)
    for site in sites:
        application.output.record(_as_record(site))
        paused = application.output.style("  (paused)", "warn") if site.paused else ""
        application.output.result(f"{site.name:<24} {site.seeds[0]}{paused}")
    if not sites:
        application.output.message("No sites yet. Add one: khronika site add https://…")


@make_command("show", group=command, exits=_EXITS, examples=("khronika site show example",))
@click.argument("name")
@pass_application
def show(application: Application, name: str) -> None:
    """Show one site's entry, defaults included."""
    site = _named(_sites(application), name)
    application.output.record(_as_record(site))
    for key, value in _as_record(site).items():
        if key != "type":
            application.output.result(f"{key:<15} {_shown(value)}")


@make_command("pause", group=command, exits=_EXITS, examples=("khronika site pause example",))
@click.argument("name")
@pass_application
def pause(application: Application, name: str) -> None:
    """Leave a site out of crawls until it is resumed. What was captured stays. A crawl that names it takes it all the
    same."""
    _set_paused(application, name, paused=True)


@make_command("resume", group=command, exits=_EXITS, examples=("khronika site resume example",))
@click.argument("name")
@pass_application
def resume(application: Application, name: str) -> None:
    """Take a paused site into crawls again."""
    _set_paused(application, name, paused=False)


@make_command("remove", group=command, exits=_EXITS, examples=("khronika site remove example",))
@click.argument("name")
@pass_application
def remove(application: Application, name: str) -> None:
    """Take a site's entry out of khronika.toml. What was captured stays, with its history."""
    path, document, index = _locate(application, name)
    del document["site"][index]
    if not document["site"]:
        del document["site"]
    _write(path, _checked(document))
    application.output.record({"type": "site", "name": name, "removed": True})
    application.output.result(f"Removed {name}. Its captures stay in the collection.")


def _check_url(url: str) -> None:
    from crawler.config import check_url

    try:
        check_url(url)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _of_options(
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    feed: tuple[str, ...],
    sitemap: tuple[str, ...],
    delay: float | None,
) -> dict[str, Any]:
    """What the options say; it counts before what was found."""
    options = {"include": include, "exclude": exclude, "feeds": feed, "sitemaps": sitemap}
    said: dict[str, Any] = {key: list(values) for key, values in options.items() if values}
    if delay is not None:
        said["delay"] = delay
    return said


def _refuse_twice(document: tomlkit.TOMLDocument, name: str) -> None:
    if name in [known["name"] for known in document.get("site", [])]:
        raise UsageError(f"a site {name!r} is there already; give this one another name with --name")


def _known_entry(site: str, base: str | None, name: str | None) -> dict[str, Any]:
    """The entry of an organisation that Khronika knows, fetched from a mirror where one is named."""
    from dataclasses import replace

    from spiders.definition import entry_of
    from spiders.known import KNOWN_SITES

    known = KNOWN_SITES.get(site)
    if known is None:
        raise UsageError(
            f"expected an address like https://example.org/ or one of {', '.join(sorted(KNOWN_SITES))}; "
            f"found {site!r}.{nearest_words(site, KNOWN_SITES)}"
        )
    if any(CHANNEL in url for url in known.addresses):
        if base is None:
            pattern = next(url for url in known.addresses if CHANNEL in url)
            raise UsageError(f"{site}: name the channel: --from {pattern}")
        own = _name_in(urlsplit(base).path.rstrip("/").rpartition("/")[2])
        return {**entry_of(replace(known, start=(base,))), "name": name or f"{site}-{own}".strip("-")}
    if any((urlsplit(url).hostname or "").endswith(".invalid") for url in known.addresses):
        if base is None:
            raise UsageError(f"{site} fits many sites; name yours: --from https://example.org/")
        return {**entry_of(_fitted(known, base)), "name": name or _name_of(base)}
    return {**entry_of(known if base is None else known.rebased(base)), "name": name or site}


CHANNEL = "CHANNEL"
"""In an address of a shipped definition: what its user has to name."""
FROM = "https://site.invalid/FROM"
"""Stands, in a shipped definition, for the very address that its user gives."""


def _fitted(known: SiteDefinition, base: str) -> SiteDefinition:
    """A definition for many sites, fitted to one: its addresses are on that one's host."""
    from dataclasses import replace

    rebased = known.rebased(base)
    placed: dict[str, Any] = {}
    for key in ("start", "lists", "feeds", "sitemaps", "rest"):
        said, moved = getattr(known, key), getattr(rebased, key)
        # where the definition begins at the host's first page, a site in a folder begins there
        whole = {FROM, "https://site.invalid/"} if key == "start" else {FROM}
        placed[key] = tuple(base if one in whole else other for one, other in zip(said, moved, strict=True))
    return replace(rebased, **placed)


def _unseen_entry(url: str) -> dict[str, Any]:
    """What an address alone tells: its host, below its folder."""
    from spiders.definition import definition_for_url

    return {"start": [url], "include": list(definition_for_url(url).include)}


def _hint_at_known(application: Application, url: str) -> None:
    from spiders.known import KNOWN_SITES
    from spiders.scope import Scope

    for name, known in KNOWN_SITES.items():
        if not name.startswith("generic-") and Scope(known).has_host(url):
            application.output.message(
                f"Khronika knows this host: khronika site add {name} brings a definition made for it."
            )


def _looked(
    application: Application, config: Config, url: str, name: str, requests: int, delay: float | None
) -> Proposal:
    """Look at a site and show what was found. Raises KhronikaError where there was nothing."""
    import asyncio

    from crawler.looking import look_at
    from spiders.proposal import propose

    output = application.output
    with output.progress() as progress:
        look = asyncio.run(
            look_at(
                url,
                config,
                requests=requests,
                delay=delay,
                tell=lambda at, done: progress(f"looking at {at}", done, requests),
            )
        )
    if not look.reached:
        raise KhronikaError(
            f"{_why_not(look)}; nothing was written. To add it all the same: khronika site add {url} --no-look"
        )
    proposal = propose(look, name=name)
    output.record(
        {
            "type": "look",
            "url": look.url,
            "found": [{"what": row.what, "found": row.found, "note": row.note} for row in proposal.rows],
            "tried": [
                {"what": one.what, "url": one.url, "outcome": one.outcome, "found": one.found} for one in look.tried
            ],
            "missing": list(proposal.missing),
        }
    )
    output.result(site_test.table([(row.what, row.found, row.note) for row in proposal.rows], output))
    for words in proposal.missing:
        output.result(f"{output.style('!', 'warn')} {words}")
    output.result("")
    return proposal


def _why_not(look: Look) -> str:
    home = look.home
    if home is None or home.status is None:
        return f"expected an answer from {look.asked}, found none: {home.problem if home else 'nothing was asked'}"
    return (
        f"expected pages, a feed, a sitemap or a list in JSON at {look.asked}, found none ({home.words}; "
        f"{len(look.tried) - 1} more addresses were tried)"
    )


def _name_of(url: str) -> str:
    return _name_in((urlsplit(url).hostname or "").removeprefix("www.")) or "site"


def _name_in(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _sites(application: Application) -> tuple[SiteDefinition, ...]:
    from crawler.config import load_config

    return load_config(open_collection(application).config_path).sites


def _named(sites: tuple[SiteDefinition, ...], name: str) -> SiteDefinition:
    for site in sites:
        if site.name == name:
            return site
    near = nearest_words(name, [site.name for site in sites]) or " khronika site list shows those that are."
    raise UsageError(f"no site {name!r} in khronika.toml.{near}")


def _as_record(site: SiteDefinition) -> dict[str, Any]:
    from crawler.config import SETTINGS
    from crawler.route import without_credentials
    from spiders.definition import entry_of

    said = entry_of(site)
    record: dict[str, Any] = {"type": "site"}
    for setting in SETTINGS:
        if setting.table == "site":
            record[setting.key] = said.get(setting.key, _bare(setting.default))
    if site.proxy is not None:
        record["proxy"] = without_credentials(site.proxy)
    return record


def _bare(default: Any) -> Any:
    """A default as JSON has it; a table of selectors that says nothing is empty."""
    if isinstance(default, str | int | float | bool | None):
        return default
    return [] if isinstance(default, tuple) else {}


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {one}" for key, one in value.items()) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value in (None, "") else str(value)


def _document(path: Path) -> tomlkit.TOMLDocument:
    import tomlkit

    from crawler.config import load_config

    load_config(path)  # a file that is wrong already is refused with its line, not made worse
    return tomlkit.parse(path.read_text(encoding="utf-8"))


def _append(document: tomlkit.TOMLDocument, entry: dict[str, Any]) -> None:
    import tomlkit

    table = tomlkit.table()
    # TOML wants the values of a table before the tables in it
    for key, value in sorted(entry.items(), key=lambda pair: _is_table(pair[1])):
        if isinstance(value, dict):
            inner = tomlkit.table()
            for name, one in value.items():
                inner.add(name, _item(one))
            table.add(key, inner)
        elif _is_table(value):
            inners = tomlkit.aot()
            for one in value:
                inners.append(tomlkit.item({name: _item(inner) for name, inner in one.items()}))
            table.add(key, inners)
        else:
            table.add(key, _item(value))
    if "site" not in document:
        document.add(tomlkit.nl())
        document.add("site", tomlkit.aot())
    if document["site"]:
        table.trivia.indent = "\n"
    document["site"].append(table)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _item(value: Any) -> Item:
    """A value as TOML has it: patterns between single quotation marks, a long list on lines of its own."""
    import tomlkit

    if isinstance(value, str):
        literal = re.search(r"[\\\"^$*+?(]", value) is not None and "'" not in value
        return tomlkit.string(value, literal=literal)
    if isinstance(value, list):
        items = tomlkit.array()
        items.extend(_item(one) for one in value)
        items.multiline(len(repr(value)) > 90)
        return cast("Item", items)
    return cast("Item", tomlkit.item(value))


def _checked_entry(path: Path, entry: dict[str, Any]) -> None:
    """Raises ConfigError where khronika.toml would not be right with the entry in it."""
    document = _document(path)
    _append(document, entry)
    _checked(document)


def _as_toml(entry: dict[str, Any]) -> str:
    import tomlkit

    document = tomlkit.document()
    _append(document, entry)
    return tomlkit.dumps(document).strip()


def _checked(document: tomlkit.TOMLDocument) -> str:
    import tomlkit

    from crawler.config import read_config

    text = tomlkit.dumps(document).rstrip("\n") + "\n"
    read_config(text.encode())
    return text


def _write(path: Path, text: str) -> None:
    from archive.collection import write_once

    write_once(path, text.encode())


def _locate(application: Application, name: str) -> tuple[Path, tomlkit.TOMLDocument, int]:
    sites = _sites(application)
    _named(sites, name)
    path = open_collection(application).config_path
    index = next(index for index, site in enumerate(sites) if site.name == name)
    return path, _document(path), index


def _set_paused(application: Application, name: str, *, paused: bool) -> None:
    path, document, index = _locate(application, name)
    entry = document["site"][index]
    if paused:
        entry["paused"] = True
    else:
        entry.pop("paused", None)
    _write(path, _checked(document))
    application.output.record({"type": "site", "name": name, "paused": paused})
    application.output.result(f"{name} is {'paused' if paused else 'no longer paused'}.")


command.add_command(site_noise.command)
command.add_command(site_pages.command)
command.add_command(site_test.command)
