# SPDX-License-Identifier: Apache-2.0
"""Measurements of a benchmark, in turn: each variant alone, then the real node end to end."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import Variant
from mobilenet_perception.ros.domain import isolated_ros
from mobilenet_perception.tools.benchmark.rate_search import Attempt, highest_rate
from mobilenet_perception.tools.benchmark.report import Report
from mobilenet_perception.tools.benchmark.rig import Rig, open_rig
from mobilenet_perception.tools.benchmark.settings import BenchmarkSettings
from mobilenet_perception.tools.benchmark.trial import RateHeld, Trial
from mobilenet_perception.tools.benchmark.variants import measure_variants
from mobilenet_perception.tools.terminal import notify

# The rate of each of several cameras.
_CAMERA_RATE_HZ = 30.0


def measure(settings: BenchmarkSettings, variants: Sequence[Variant], report: Report) -> None:
    """Measure each variant, then end to end unless the report says that this is skipped.

    What is measured is in the report at once, so that it is not lost with a Ctrl-C.

    Args:
        settings: what to measure.
        variants: of the bundle.
        report: takes what is measured.

    Raises:
        PerceptionError: a variant, the node or the cameras failed.
    """
    for runtime in settings.runtimes:
        notify(
            f'{runtime}: measuring {len(variants)} variant{"s" if len(variants) > 1 else ""} ...'
        )
        for figures in measure_variants(
            settings, runtime, variants, partial(report.leave_out, runtime)
        ):
            report.add(runtime, figures)
            notify(f'{runtime}: {figures.variant}: {figures.latency_ms.p50:.2f} ms')
    if report.skipped:
        return
    with ExitStack() as stack:
        try:
            environment = stack.enter_context(isolated_ros())
        except PerceptionError as error:
            report.skipped = str(error)
            return
        for runtime in settings.runtimes:
            for found in _measure_end_to_end(settings, runtime, environment):
                report.add(runtime, found)


def _measure_end_to_end(
    settings: BenchmarkSettings, runtime: str, environment: Mapping[str, str]
) -> Iterator[Trial | RateHeld]:
    """Yield each trial as soon as it is over, and the highest rate held.

    Args:
        settings: what to measure.
        runtime: name of the inference runtime.
        environment: of ROS processes, this one included.

    Raises:
        PerceptionError: the node or the cameras failed.
    """
    for cameras in sorted({1, *settings.cameras}):
        rates = {_CAMERA_RATE_HZ} if cameras in settings.cameras else set()
        rates |= set(settings.rates_hz) if cameras == 1 else set()
        notify(f'starting the node with {_cameras(cameras)} ...')
        with open_rig(settings, runtime, cameras, environment) as rig:
            for rate_hz in sorted(rates):
                notify(f'{_cameras(cameras)} at {rate_hz:g} Hz for {settings.seconds:g} s ...')
                yield rig.trial(rate_hz, settings.seconds)
            if cameras == 1:
                yield _search(rig, settings)


def _search(rig: Rig, settings: BenchmarkSettings) -> RateHeld:
    search = settings.search
    last: list[Trial] = []

    def attempt(rate_hz: float, confirming: bool) -> Attempt:
        seconds = search.seconds
        if confirming:
            enough_s = min(search.confirm_frames / rate_hz, search.confirm_seconds)
            seconds = max(settings.seconds, enough_s)
        trial = rig.trial(rate_hz, seconds)
        last[:] = [trial]
        what = 'confirming' if confirming else 'trying'
        notify(f'{what} {rate_hz:.1f} Hz for {seconds:.1f} s: {trial.limit or "held"}')
        return Attempt(rate_hz, confirming, trial.held, trial.limit)

    found = highest_rate(attempt, search)
    # The trial that ends a search is the one that confirms what it found.
    return RateHeld(found, last[0] if found.rate_hz is not None else None)


def _cameras(count: int) -> str:
    return f'{count} camera{"s" if count > 1 else ""}'
