"""`scrapy list`: what `scrapy crawl` takes, each name once.

Scrapy's own lists classes; most of our sites are data, and share one.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path

from scrapy.commands import ScrapyCommand


class Command(ScrapyCommand):
    """List the sites that are known, and those of the collection that KHRONIKA_COLLECTION names."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        return "List the sites that Khronika knows, and those of the collection that KHRONIKA_COLLECTION names"

    def run(self, args: list[str], opts: Namespace) -> None:
        from archive.errors import KhronikaError
        from crawler.config import FILE_NAME, load_config
        from spiders.known import KNOWN_SITES

        names = set(KNOWN_SITES)
        file = Path(os.environ.get("KHRONIKA_COLLECTION") or ".") / FILE_NAME
        if file.is_file():
            try:
                names.update(site.name for site in load_config(file).sites)
            except KhronikaError as error:
                from crawler.output import printable

                print(f"khronika: {printable(str(error))}", file=sys.stderr)
                self.exitcode = 1
                return
        print("\n".join(sorted(names)))
