"""Writes docs/commands.md and docs/settings.md from the program itself; a test holds them equal.

python docs/reference.py
"""

from __future__ import annotations

from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import click

from crawler.cli import COMMANDS, EXIT_WORDS, khronika
from crawler.commands.base import Explained
from crawler.config import EXPECTED, SETTINGS, Setting

FOLDER = Path(__file__).parent


def commands() -> str:
    """docs/commands.md."""
    context = click.Context(khronika, info_name="khronika")
    parts = [
        "# Commands\n\nMade from the program by `python docs/reference.py`; `khronika COMMAND --help` says the same.\n",
        "## khronika\n\n" + _options(khronika, context),
        "### Exit statuses\n\n" + "".join(f"- {int(status)}: {words}\n" for status, words in EXIT_WORDS.items()),
    ]
    for name in COMMANDS:
        command = khronika.get_command(context, name)
        assert command is not None
        parts.append(_command(command, f"khronika {name}", context))
        if isinstance(command, click.Group):
            parts += [_command(sub, f"khronika {name} {word}", context) for word, sub in command.commands.items()]
    return "\n".join(parts)


def _command(command: click.Command, title: str, context: click.Context) -> str:
    own = click.Context(command, info_name=title, parent=None)
    usage = " ".join(command.collect_usage_pieces(own))
    text = [
        f"## {title}\n",
        f"    {title} {usage}\n".rstrip() + "\n",
        _prose(command.help or ""),
        _options(command, own),
    ]
    if isinstance(command, Explained):
        text.append("Examples:\n\n" + "".join(f"    {example}\n" for example in command.examples))
        statuses = ", ".join(f"{int(status)} {EXIT_WORDS[status]}" for status in command.exits)
        text.append(f"Exit statuses: {statuses}.\n")
    return "\n".join(part for part in text if part)


def _prose(text: str) -> str:
    lines = [line.strip() for line in text.strip().replace("\b", "").split("\n")]
    paragraphs = " ".join(line or "\n\n" for line in lines).replace(" \n\n ", "\n\n")
    return paragraphs.split("\n\nExamples:")[0].strip() + "\n"


def _options(command: click.Command, context: click.Context) -> str:
    rows = []
    for parameter in command.params:
        found: Any = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if found:
            rows.append(f"- `{found[0]}`: {found[1]}\n")
    return "".join(rows)


def settings() -> str:
    """docs/settings.md."""
    titles = {
        "operator": "[operator]: who runs the collection",
        "crawl": "[crawl]: how it crawls",
        "log": "[log]: what is asked of services elsewhere for it",
        "keep": "[keep]: how long what is kept here",
        "disk": "[disk]: what is done before the disk is full",
        "authority": "[[authority]]: who vouches for the time; one such part an authority",
        "witness": "[[witness]]: who cosigns the log; one such part a witness",
        "notice": "[[notice]]: who is told what changed; one such part a receiver",
        "copy": "[[copy]]: where a copy of the evidence is kept; one such part a place",
        "site": "[[site]]: what it crawls; one such part a site",
    }
    parts = [
        "# Settings\n\nAll of `khronika.toml`, made from the program by `python docs/reference.py`. A wrong key, type\n"
        "or value is refused with its line, what was expected, what was found, and the nearest right name.\n"
    ]
    for table, title in titles.items():
        rows = "".join(_setting(setting) for setting in SETTINGS if setting.table == table)
        parts.append(f"## {title}\n\n| key | value | default | meaning |\n|---|---|---|---|\n{rows}")
    return "\n".join(parts)


def _setting(setting: Setting) -> str:
    value = EXPECTED[setting.kind]
    if setting.kind == "number":
        value = value.replace("0 or more", f"{setting.minimum} or more")
    if setting.choices:
        value += " " + ", ".join(f'"{choice}"' for choice in setting.choices)
    if setting.required:
        default = "needed"
    elif setting.default in (None, "", ()) or is_dataclass(setting.default):  # a table that says nothing
        default = "none"
    else:
        default = f"`{str(setting.default).lower()}`"
    return f"| `{setting.key}` | {value.replace('|', chr(92) + '|')} | {default} | {setting.meaning} |\n"


if __name__ == "__main__":
    (FOLDER / "commands.md").write_text(commands(), encoding="utf-8")
    (FOLDER / "settings.md").write_text(settings(), encoding="utf-8")
