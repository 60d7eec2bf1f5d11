# SPDX-License-Identifier: Apache-2.0
"""The trials end to end: one camera at several rates, several cameras, the highest rate held."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from mobilenet_perception.tools.benchmark.rate_search import (
    Attempt,
    SearchResult,
    Settings,
    highest_rate,
)
from mobilenet_perception.tools.benchmark.rig import Rig, open_rig
from mobilenet_perception.tools.benchmark.trial import Trial

# The rate of each of several cameras.
CAMERA_RATE_HZ = 30.0


class RateHeld(NamedTuple):
    """The highest rate held of one camera.

    Attributes:
        found: what the search found.
        confirmation: the long trial that held it; None: no rate was held.
    """

    found: SearchResult
    confirmation: Trial | None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        confirmation = self.confirmation
        return {
            **self.found._asdict(),
            'attempts': [tried._asdict() for tried in self.found.attempts],
            'confirmation': None if confirmation is None else confirmation.to_json(),
        }


def measure_end_to_end(
    settings: Settings, runtime: str, environment: Mapping[str, str], notify: Callable[[str], None]
) -> Iterator[Trial | RateHeld]:
    """Yield each trial as soon as it is over, and the highest rate held.

    Args:
        settings: what to measure.
        runtime: name of the inference runtime.
        environment: of ROS processes, this one included.
        notify: called with what is being done, in words.

    Raises:
        PerceptionError: the node or the cameras failed.
    """
    for cameras in sorted({1, *settings.cameras}):
        rates = {CAMERA_RATE_HZ} if cameras in settings.cameras else set()
        rates |= set(settings.rates_hz) if cameras == 1 else set()
        notify(f'starting the node with {_cameras(cameras)} ...')
        with open_rig(settings, runtime, cameras, environment) as rig:
            for rate_hz in sorted(rates):
                notify(f'{_cameras(cameras)} at {rate_hz:g} Hz for {settings.seconds:g} s ...')
                yield rig.trial(rate_hz, settings.seconds)
            if cameras == 1:
                yield _search(rig, settings, notify)


def _search(rig: Rig, settings: Settings, notify: Callable[[str], None]) -> RateHeld:
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
