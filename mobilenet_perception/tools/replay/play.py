# SPDX-License-Identifier: Apache-2.0
"""Play one source in one of three modes, or several: one after the other, or spread with Ray."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.system.files import PACKAGE_FOLDER
from mobilenet_perception.tools.cluster import LOCAL, Room, ray_cluster
from mobilenet_perception.tools.replay.settings import MODES, ReplaySettings
from mobilenet_perception.tools.report.json_report import report
from mobilenet_perception.tools.report.run import Run

# How often to look whether machines are left to play on.
_LOOK_S = 2.0


class ReplayOutcome(NamedTuple):
    """What came of one source.

    Attributes:
        settings: what was played, and how.
        report: as `report.json_report` makes it; None: it could not be played.
        error: why it could not; empty: it could.
        seconds: how long it took.
    """

    settings: ReplaySettings
    report: dict[str, Any] | None
    error: str
    seconds: float


def play(settings: ReplaySettings, progress: Callable[[int], None] = lambda frames: None) -> Run:
    """Play a source through the classifier.

    Args:
        settings: what, and how.
        progress: called with the frames played so far; not in mode `ros`.

    Raises:
        PerceptionError: the source, the bundle or a setting cannot be used, or, in mode `ros`,
            ROS is not here or the node failed.
    """
    if settings.mode not in MODES:
        raise PerceptionError(
            f'there is no mode {settings.mode!r} of a replay: choose one of {", ".join(MODES)}'
        )
    if settings.mode == 'ros':
        if settings.faults:
            raise PerceptionError(
                'faults are for replays in this process: choose the mode paced, not ros'
            )
        from mobilenet_perception.tools.replay.live import play_live  # noqa: PLC0415 (heavy)

        return play_live(settings)
    from mobilenet_perception.inference.classifier import open_classifier  # noqa: PLC0415 (heavy)
    from mobilenet_perception.tools.replay.faults import Faults, parse_fault  # noqa: PLC0415
    from mobilenet_perception.tools.replay.in_process import play_fast, play_paced  # noqa: PLC0415

    faults = Faults([parse_fault(text) for text in settings.faults])
    source = settings.open()
    # Several regions at once where that is faster, as in the node; but not where the same labels
    # must come out always, for how many go together depends on times.
    together = settings.mode == 'paced' and any(camera.regions for camera in source.cameras)
    classifier = open_classifier(
        settings.bundle,
        settings.runtime,
        settings.threads,
        faults.runtime,
        largest_batch=settings.region_rules.most if together else 1,
    )
    play_here = play_fast if settings.mode == 'fast' else play_paced
    return play_here(classifier, source, settings, faults, progress)


def play_many(
    sources: Sequence[ReplaySettings],
    address: str = '',
    progress: Callable[[int], None] = lambda done: None,
) -> Iterator[ReplayOutcome]:
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


def play_one(settings: ReplaySettings) -> ReplayOutcome:
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
    return ReplayOutcome(settings, values, error, time.monotonic() - start)


def _on_ray(sources: Sequence[ReplaySettings], address: str) -> Iterator[ReplayOutcome]:
    with ray_cluster(address, str(PACKAGE_FOLDER.parent)):
        import ray  # noqa: PLC0415

        task = ray.remote(_play_there)
        running = [
            task.options(num_cpus=settings.threads).remote(settings, Path.cwd())
            for settings in sources
        ]
        room = Room(max((settings.threads for settings in sources), default=1))
        for settings, one in zip(sources, running, strict=True):
            try:
                while not ray.wait([one], timeout=_LOOK_S)[0]:
                    room.check(address == LOCAL)
                yield ray.get(one)
            except ray.exceptions.RayError as error:
                words = str(error).strip().splitlines()[0]
                yield ReplayOutcome(settings, None, f'its worker failed: {words:.200}', 0.0)


def _play_there(settings: ReplaySettings, folder: Path) -> ReplayOutcome:
    """Play one source on another machine, where relative paths are those of this one."""
    if folder.is_dir():
        os.chdir(folder)
    return play_one(settings)
