"""`khronika demo`: the whole story on a made-up site, with the real commands."""

from __future__ import annotations

import select
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from archive.errors import CollectionExistsError, KhronikaError
from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import pass_application


@make_command("demo", examples=("khronika demo", "khronika demo --keep my-demo"))
@click.option(
    "--keep", type=click.Path(path_type=Path), metavar="DIR", help="Keep the demo's collection in DIR, a new folder."
)
@pass_application
def command(application: Application, keep: Path | None) -> None:
    """Crawl a made-up organisation's site on this machine, edit the site, crawl again, and show what is seen.

    One page goes into an evidence bundle that anybody can check. Then one byte of a copy of the collection is altered,
    and the check of that copy fails, as it must. Nothing leaves the machine; all people and organisations are
    invented. Every step is a command that you could type.
    """
    if keep is not None and keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise CollectionExistsError(f"--keep: expected a new or an empty folder, found something in {keep}")
    with tempfile.TemporaryDirectory(prefix="khronika-demo-") as scratch:
        folder = Path(scratch)
        _Story(application, folder).tell()
        if keep is not None:
            shutil.copytree(folder / "collection", keep, dirs_exist_ok=True)
            application.output.result(f"The collection is kept in {keep}.")


class _Story:
    """The demo's steps; each runs a command as a process of its own and checks its exit status."""

    def __init__(self, application: Application, folder: Path) -> None:
        self._output = application.output
        self._folder = folder

    def tell(self) -> None:
        from crawler.demo import DemoSite

        with DemoSite() as site:
            self._title("A made-up organisation's site is served on this machine. Its pages go into a new collection.")
            self._run("init", "collection", "--operator", "Demo Archive <demo@example.org>")
            self._run("-C", "collection", "crawl", "--url", site.url)
            self._title("What a page says, in which language, and of whom.")
            self._run("-C", "collection", "show", f"{site.edited_url}@1", "--language")
            self._run("-C", "collection", "show", f"{site.edited_url}@1", "--facts")
            site.edit()
            self._title("The site is edited: five years become eight, a paragraph is added, a page is taken down.")
            self._run("-C", "collection", "crawl", "--url", site.url)
            self._title("What changed?")
            self._run("-C", "collection", "changes")
            self._run("-C", "collection", "history", site.edited_url)
            self._run("-C", "collection", "diff", site.edited_url)
            self._run("-C", "collection", "history", site.removed_url)
            self._title("Where is a word, in any of its forms?")
            self._run("-C", "collection", "search", "Завьяльцем", "--limit", "2")
            self._title("Is the evidence intact?")
            self._run("-C", "collection", "verify")
            self._title("One page for a court: a bundle that can be checked without this collection.")
            self._run("-C", "collection", "prove", f"{site.edited_url}@2", "-o", "case.zip")
            self._run("check-proof", "case.zip")
            self._title("One byte of a copy is altered. The check must fail.")
            self._tamper()
            self._run("-C", "tampered-copy", "verify", expected=Exit.VERIFICATION_FAILED)
        self._title("The altered copy was found out, and the collection itself is intact. That is the demo.")

    def _title(self, text: str) -> None:
        self._output.result("\n" + self._output.style(f"# {text}", "strong"))

    def _run(self, *arguments: str, expected: Exit = Exit.DONE) -> None:
        shown = " ".join(f'"{word}"' if " " in word else word for word in arguments)
        self._output.result(self._output.style(f"$ khronika {shown}", "dim"))
        flags = ["--json"] if self._output.as_json else []
        flags += [] if self._output.color else ["--no-color"]
        sys.stdout.flush()
        ran = subprocess.run([sys.executable, "-m", "crawler", *flags, *arguments], cwd=self._folder, check=False)  # noqa: S603 - our own command, no shell
        if ran.returncode != expected and _reader_left():
            raise BrokenPipeError
        if ran.returncode != expected:
            raise KhronikaError(
                f"demo: expected exit status {int(expected)} of `khronika {shown}`, found {ran.returncode}"
            )

    def _tamper(self) -> None:
        copy = self._folder / "tampered-copy"
        shutil.copytree(self._folder / "collection", copy)
        path = max((copy / "archive").glob("*.warc.gz"), key=lambda one: one.stat().st_size)
        octets = bytearray(path.read_bytes())
        octets[len(octets) // 2] ^= 0x01
        path.write_bytes(octets)


def _reader_left() -> bool:
    """Whether nobody reads our output any more (`khronika demo | head`): then a step that fails is no fault."""
    waiting = select.poll()
    waiting.register(sys.stdout.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in waiting.poll(0))
