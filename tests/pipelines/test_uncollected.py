"""The collector of garbage rests while a page is read, and works again whatever becomes of that."""

import gc

import pytest

from pipelines.uncollected import uncollected


def test_it_rests_and_works_again() -> None:
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_works_again_after_an_error() -> None:
    with pytest.raises(ValueError, match="a page"), uncollected():
        raise ValueError("a page")
    assert gc.isenabled()


def test_one_that_rests_is_left_resting() -> None:
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
