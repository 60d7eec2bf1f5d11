# SPDX-License-Identifier: Apache-2.0
"""Settings of a benchmark: what is measured, and how long."""

from typing import NamedTuple

from mobilenet_perception.tools.replay.settings import ReplaySettings


class SearchSettings(NamedTuple):
    """How to search.

    Attributes:
        first_hz: where to start.
        lowest_hz: a rate below this is not looked for.
        highest_hz: nor one above this.
        ratio: the precision: above 1, of the lowest rate not held to the highest held.
        seconds: length of a short trial.
        confirm_frames: the confirming trial lasts at least as long as these take ...
        confirm_seconds: ... but no longer than this, unless any other trial does.
    """

    first_hz: float = 30.0
    lowest_hz: float = 1.0
    highest_hz: float = 1000.0
    ratio: float = 1.05
    seconds: float = 3.0
    confirm_frames: int = 2000
    confirm_seconds: float = 60.0


class BenchmarkSettings(NamedTuple):
    """What to measure, and how long. The names are those of the command's arguments.

    Attributes:
        node: how the node is run: bundle, budget, threads.
        runtimes: names of the inference runtimes, in turn.
        width: of the frames published, in pixels.
        height: of the frames published, in pixels.
        seconds: length of a trial, end to end; also the longest that a variant is timed.
        runs: timed runs of each variant, if `seconds` are enough for them.
        rates_hz: rates of the one camera whose latency is measured.
        cameras: numbers of cameras at 30 Hz each.
        search: how the highest rate held is looked for.
        regions: of each frame, end to end; 0: frames are looked at as a whole.
    """

    node: ReplaySettings = ReplaySettings(mode='ros')
    runtimes: tuple[str, ...] = ('onnxruntime',)
    width: int = 640
    height: int = 480
    seconds: float = 10.0
    runs: int = 500
    rates_hz: tuple[float, ...] = (10.0, 30.0, 60.0)
    cameras: tuple[int, ...] = (1, 2, 4)
    search: SearchSettings = SearchSettings()
    regions: int = 0


def regions_topic(image_topic: str) -> str:
    """Return the topic of a camera's regions, beside that of its images."""
    return f'{image_topic.rpartition("/")[0]}/regions'
