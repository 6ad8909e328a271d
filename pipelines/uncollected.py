"""No search for cycles of garbage while one page is read or compared.

A page is many thousands of objects that all live until it is done; the collector would walk over them again and again
and find nothing. What is freed without it is freed as ever, and it runs as soon as the page is done.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the collector rest, where it does not rest already."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
