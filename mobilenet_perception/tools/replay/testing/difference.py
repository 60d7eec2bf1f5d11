# SPDX-License-Identifier: Apache-2.0
"""What differs between a replay and what was expected of it."""

from typing import NamedTuple

from mobilenet_perception.tools.replay.testing.replayed import Pair


class Difference(NamedTuple):
    """One expectation that was not met.

    Attributes:
        summary: what was expected and what came, one sentence.
        pairs: the frames of one camera, where frames are what differs.
        wrong: which of the pairs do not agree, by their place in `pairs`.
        causes: what may be the reason, likely ones first; each a sentence.
    """

    summary: str
    pairs: tuple[Pair, ...] = ()
    wrong: tuple[int, ...] = ()
    causes: tuple[str, ...] = ()
