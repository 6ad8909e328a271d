"""`khronika site`: the sites of a collection, as khronika.toml has them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from archive.errors import UsageError
from crawler.cli import Application, Exit, nearest_words
from crawler.commands.base import Group, open_collection, pass_application
from crawler.commands.base import command as make_command

if TYPE_CHECKING:
    import tomlkit

    from spiders.definition import SiteDefinition

_EXITS = (Exit.NO_COLLECTION,)


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
        "khronika site add https://example.org/cases/ --name example",
        "khronika site add rights-in-russia --dry-run",
    ),
)
@click.argument("site", metavar="URL|NAME")
@click.option("--name", help="Short name for the site. Default: made from its host.")
@click.option("--include", multiple=True, metavar="REGEX", help="Only follow addresses that this fits; repeatable.")
@click.option("--exclude", multiple=True, metavar="REGEX", help="Do not follow addresses that this fits; repeatable.")
@click.option("--feed", multiple=True, metavar="URL", help="A feed to find pages by; repeatable.")
@click.option("--sitemap", multiple=True, metavar="URL", help="A sitemap to find pages by; repeatable.")
@click.option("--delay", type=float, metavar="SECONDS", help="Pause between two requests.")
@click.option("--dry-run", is_flag=True, help="Show what would be written; write nothing.")
@pass_application
def add(
    application: Application,
    site: str,
    name: str | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    feed: tuple[str, ...],
    sitemap: tuple[str, ...],
    delay: float | None,
    dry_run: bool,
) -> None:
    """Add a site, by address or by a known name.

    A name is that of an organisation that Khronika knows, like rights-in-russia. An address takes in its host,
    below the folder that the address is in. Nothing is fetched.
    """
    entry: dict[str, Any] = _entry(site, name)
    options = {"include": include, "exclude": exclude, "feeds": feed, "sitemaps": sitemap}
    entry.update({key: list(values) for key, values in options.items() if values})
    if delay is not None:
        entry["delay"] = delay
    collection = open_collection(application)
    path = collection.config_path
    document = _document(path)
    if entry["name"] in [known["name"] for known in document.get("site", [])]:
        raise UsageError(f"a site {entry['name']!r} is there already; give this one another name with --name")
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
    output.message(f"Next: khronika crawl {entry['name']}")


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
            application.output.result(f"{key:<14} {_shown(value)}")


@make_command("pause", group=command, exits=_EXITS, examples=("khronika site pause example",))
@click.argument("name")
@pass_application
def pause(application: Application, name: str) -> None:
    """Leave a site out of crawls until it is resumed. What was captured stays."""
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


def _entry(site: str, name: str | None) -> dict[str, Any]:
    from crawler.config import check_url
    from spiders.definition import definition_for_url, entry_of
    from spiders.known import KNOWN_SITES

    if "://" not in site:
        known = KNOWN_SITES.get(site)
        if known is None:
            raise UsageError(
                f"expected an address like https://example.org/ or one of {', '.join(sorted(KNOWN_SITES))}; "
                f"found {site!r}.{nearest_words(site, KNOWN_SITES)}"
            )
        entry = entry_of(known)
        return {**entry, "name": name or site}
    try:
        check_url(site)
    except ValueError as error:
        raise UsageError(str(error)) from error
    definition = definition_for_url(site)
    return {
        "name": name or _name_of(site),
        "start": [site],
        "include": list(definition.include),
    }


def _name_of(url: str) -> str:
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-") or "site"


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
    for key, value in entry.items():
        if isinstance(value, dict):
            inline = tomlkit.inline_table()
            inline.update(value)
            table.add(key, inline)
        else:
            table.add(key, value)
    if "site" not in document:
        document.add(tomlkit.nl())
        document.add("site", tomlkit.aot())
    document["site"].append(table)


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
