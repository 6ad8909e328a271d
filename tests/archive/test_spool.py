from __future__ import annotations

import pytest

from archive.spool import Spool


@pytest.mark.parametrize("memory_limit", [4, 1 << 20])
def test_who_gave_up_half_way_may_let_go_after_the_spool_is_closed(memory_limit: int) -> None:
    spool = Spool(b"0123456789", memory_limit=memory_limit)
    pieces = spool.pieces()
    assert next(pieces) == b"0123456789"
    spool.close()

    pieces.close()
