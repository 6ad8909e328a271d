"""`scrapy crawl NAME`: the same as `khronika crawl NAME`.

Scrapy's own would crawl without a collection, and keep nothing of what it fetched.
"""

from __future__ import annotations

import sys
from argparse import Namespace

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError


class Command(ScrapyCommand):
    """Crawl a site of the collection that KHRONIKA_COLLECTION names."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "<site>"

    def short_desc(self) -> str:
        return "Crawl a site of khronika.toml into the collection that KHRONIKA_COLLECTION names"

    def run(self, args: list[str], opts: Namespace) -> None:
        from crawler.cli import Exit, run

        if len(args) != 1:
            raise UsageError("expected the name of one site of khronika.toml; scrapy list shows those that are known")
        self.exitcode = int(run(["crawl", args[0]]))
        if self.exitcode == Exit.NO_COLLECTION:
            print("Name its folder: KHRONIKA_COLLECTION=FOLDER scrapy crawl NAME", file=sys.stderr)
