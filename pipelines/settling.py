"""Settling: what can be said once all pages of a crawl are read and compared, in passes over the catalogue.

1. Certificates: which servers showed another one. 2. States: which pages are gone, moved, blocked, back, once that is
established. 3. Lists: who is gone from one page of a list and stands on another. 4. Groups: the same edit on many
pages is one change of the template. 5. Noise: what moved by itself is learned for the next comparison.

Each pass finds by the catalogue alone what it has to do, so that it does the rest after a kill, and does nothing where
nothing is new. Nobody is told of a change before it is settled.
"""

from __future__ import annotations

from pipelines.certificate_pass import settle_certificates
from pipelines.groups_pass import settle_groups
from pipelines.lists_pass import settle_lists
from pipelines.noise_pass import learn_noise
from pipelines.passes import Settling
from pipelines.states_pass import settle_states

_PASSES = (settle_certificates, settle_states, settle_lists, settle_groups, learn_noise)


def settle(settling: Settling) -> int:
    """Do all passes; how many changes that are told were found, less those that turned out to be none."""
    found = 0
    for one in _PASSES:
        if settling.is_stopping():
            break
        found += one(settling)
    return found


__all__ = ["Settling", "settle"]
