# SPDX-License-Identifier: Apache-2.0
"""Play a source in one of three modes: fast, at recorded pace, or over DDS to the real node.

Play several sources: one after the other here, or spread over machines with Ray.
"""

import math
import time
from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.inference.runtimes.choose import AUTO
from mobilenet_perception.system.files import PACKAGE_FOLDER
from mobilenet_perception.tools.report.json_report import report
from mobilenet_perception.tools.report.run import Run

if TYPE_CHECKING:
    from mobilenet_perception.recordings import Source
    from mobilenet_perception.tools.replay.live_settings import LiveSettings

MODES = ('fast', 'paced', 'ros')
DEFAULT_BUDGET_MS = 50.0


class PlaySettings(NamedTuple):
    """What to play, and how. The names are those of `replay`'s arguments.

    Attributes:
        source: path of a bag, a video or a folder of images, or `drive`.
        bundle: folder of the model bundle.
        mode: `fast`: every frame, as fast as it goes; `paced`: at recorded pace in this process;
            `ros`: at recorded pace over DDS to the real node.
        latency_budget_ms: of each frame; None: none in fast mode, else 50 ms.
        rate_hz: frames above it are left out; None: none are.
        seconds: play so much of the source; None: all.
        topics: camera topics of a bag; none: all.
        labels: file of what the frames show; None: the one in the bag's folder, if any.
        roi: where to look; None: as the labels say.
        variant: name of the variant to run; empty: the most accurate that fits.
        runtime: name of the inference runtime.
        threads: CPU threads of one inference.
        faults: what goes wrong on purpose, as `--fault` takes it; not in mode `ros`.
        reliable: over DDS, send again what gets lost; else as camera drivers do.
    """

    source: str
    bundle: Path
    mode: str = 'fast'
    latency_budget_ms: float | None = None
    rate_hz: float | None = None
    seconds: float | None = None
    topics: tuple[str, ...] = ()
    labels: Path | None = None
    roi: RegionOfInterest | None = None
    variant: str = ''
    runtime: str = AUTO
    threads: int = 1
    faults: tuple[str, ...] = ()
    reliable: bool = False

    def open(self, stamps: Container[int] | None = None) -> 'Source':
        """Open the source; `stamps` as in `open_source`.

        Raises:
            PerceptionError: there is no such source, or it cannot be read.
        """
        return self.live().open(stamps)

    def live(self) -> 'LiveSettings':
        """Return what a replay over DDS needs to know of it."""
        from mobilenet_perception.tools.replay.live_settings import LiveSettings  # noqa: PLC0415

        given = {name: getattr(self, name) for name in LiveSettings._fields}
        given['latency_budget_ms'] = self.latency_budget_ms or DEFAULT_BUDGET_MS
        return LiveSettings(**given)

    def to_json(self) -> dict[str, Any]:
        """Return what decides about labels, beside the source and the bundle, as JSON values."""
        return {
            'rate_hz': self.rate_hz,
            'seconds': self.seconds,
            'topics': list(self.topics),
            'roi': list(self.roi) if self.roi else None,
            'variant': self.variant,
            'threads': self.threads,
            'faults': list(self.faults),
        }


def play(settings: PlaySettings, progress: Callable[[int], None] = lambda frames: None) -> Run:
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
        return _play_live(settings)
    from mobilenet_perception.inference.classifier import open_classifier  # noqa: PLC0415
    from mobilenet_perception.tools.replay.faults import Faults, parse_fault  # noqa: PLC0415
    from mobilenet_perception.tools.replay.in_process import ReplaySettings, play_fast, play_paced  # noqa: PLC0415

    faults = Faults([parse_fault(text) for text in settings.faults])
    source = settings.open()
    classifier = open_classifier(
        settings.bundle, settings.runtime, settings.threads, faults.runtime
    )
    fast = settings.mode == 'fast'
    budget_ms = settings.latency_budget_ms or (math.inf if fast else DEFAULT_BUDGET_MS)
    how = ReplaySettings(budget_ms, settings.roi, settings.variant, faults)
    return (play_fast if fast else play_paced)(classifier, source, how, progress)


def _play_live(settings: PlaySettings) -> Run:
    if settings.faults:
        raise PerceptionError(
            'faults are for replays in this process: choose the mode paced, not ros'
        )
    from mobilenet_perception.tools.replay.live import play_live  # noqa: PLC0415

    return play_live(settings.live())


# In place of an address: Ray on this machine alone.
LOCAL = 'local'


class ReplayOutcome(NamedTuple):
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


def play_one(settings: PlaySettings) -> ReplayOutcome:
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


def _on_ray(sources: Sequence[PlaySettings], address: str) -> Iterator[ReplayOutcome]:
    from mobilenet_perception.tools.cluster import ray_cluster  # noqa: PLC0415

    code = str(PACKAGE_FOLDER.parent)
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
                yield ReplayOutcome(settings, None, f'its worker failed: {words:.200}', 0.0)
