# SPDX-License-Identifier: Apache-2.0
"""What to measure, and how long."""

from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.benchmark.rate_search import SearchSettings


class Settings(NamedTuple):
    """What to measure, and how long. The names are those of the command's arguments.

    Attributes:
        bundle: folder of the model bundle.
        runtimes: names of the inference runtimes.
        threads: CPU threads of one inference.
        latency_budget_ms: time from capture to publication that a frame may take.
        width: of the frames published, in pixels.
        height: of the frames published, in pixels.
        seconds: length of a trial, end to end; also the longest that a variant is timed.
        runs: timed runs of each variant, if `seconds` are enough for them.
        rates_hz: rates of the one camera whose latency is measured.
        cameras: numbers of cameras at 30 Hz each.
        search: how the highest rate held is looked for.
    """

    bundle: Path
    runtimes: tuple[str, ...] = ('onnxruntime',)
    threads: int = 1
    latency_budget_ms: float = 50.0
    width: int = 640
    height: int = 480
    seconds: float = 10.0
    runs: int = 500
    rates_hz: tuple[float, ...] = (10.0, 30.0, 60.0)
    cameras: tuple[int, ...] = (1, 2, 4)
    search: SearchSettings = SearchSettings()
