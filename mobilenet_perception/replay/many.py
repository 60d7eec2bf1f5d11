# SPDX-License-Identifier: Apache-2.0
"""Play several sources: one after the other here, or spread over machines with Ray."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.replay.play import PlaySettings, play
from mobilenet_perception.report.json_report import report

# In place of an address: Ray on this machine alone.
LOCAL = 'local'


class Played(NamedTuple):
    """What came of one source.

    Attributes:
        settings: what was played, and how.
        report: as `report.json_report` makes it; None: it could not be played.
        error: why it could not; empty: it could.
        seconds: how long it took.
    """

    settings: PlaySettings
    report: dict[str, Any] | None
    error: str
    seconds: float


def play_many(
    sources: Sequence[PlaySettings],
    address: str = '',
    progress: Callable[[int], None] = lambda done: None,
) -> Iterator[Played]:
    """Play sources, and give what came of each, in their order; one that fails stops no other.

    Args:
        sources: what to play, and how.
        address: of a Ray cluster; `local`: Ray on this machine; empty: in this process.
        progress: called with the number of sources that are done.

    Raises:
        PerceptionError: Ray is not installed, or the cluster does not answer.
    """
    found = _on_ray(sources, address) if address else map(play_one, sources)
    for done, played in enumerate(found, start=1):
        progress(done)
        yield played


def play_one(settings: PlaySettings) -> Played:
    """Play one source; an error becomes words."""
    start = time.monotonic()
    values, error = None, ''
    try:
        values = report(play(settings))
        # A node that was interrupted in the middle has seen Ctrl-C in our stead.
        if values['interrupted']:
            raise KeyboardInterrupt
    except (PerceptionError, OSError) as failed:
        error = str(failed)
    return Played(settings, values, error, time.monotonic() - start)


def _on_ray(sources: Sequence[PlaySettings], address: str) -> Iterator[Played]:
    from mobilenet_perception.ray_cluster import ray_cluster  # noqa: PLC0415

    code = str(Path(__file__).resolve().parents[2])
    with ray_cluster('' if address == LOCAL else address, code):
        import ray  # noqa: PLC0415

        task = ray.remote(play_one)
        running = [
            task.options(num_cpus=settings.threads).remote(settings) for settings in sources
        ]
        for settings, one in zip(sources, running, strict=True):
            try:
                yield ray.get(one)
            except ray.exceptions.RayError as error:
                words = str(error).strip().splitlines()[0]
                yield Played(settings, None, f'its worker failed: {words:.200}', 0.0)
