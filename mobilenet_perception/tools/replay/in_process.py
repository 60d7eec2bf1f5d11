# SPDX-License-Identifier: Apache-2.0
"""Play a source through the pipeline in this process: as fast as it goes, or at its own pace."""

import math
import threading
import time
from collections.abc import Callable, Iterator

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.pipeline.decision import DecisionRules
from mobilenet_perception.pipeline.parameters import CameraSettings, PipelineSettings
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.pipeline.regions import choose_regions
from mobilenet_perception.pipeline.result import Result
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.recordings import Source, SourceFrame, SourceRegions
from mobilenet_perception.recordings.labels import ThingLabels
from mobilenet_perception.recordings.prefetch import prefetch
from mobilenet_perception.ros.bridge_decoder import use_cv_bridge
from mobilenet_perception.tools.region_tally import RegionTally
from mobilenet_perception.tools.replay.faults import Faults
from mobilenet_perception.tools.replay.pace import RecordedClock, Restamp, Schedule
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.report import run
from mobilenet_perception.tools.report.thumbnails import ThumbnailPicker, thumbnail

_READ_AHEAD = 16
_DRAIN_S = 60.0
# Fields of a frame's record that a clock which stands still would give as nothing.
UNMEASURED = ('wait_ms', 'decode_ms', 'postprocess_ms', 'total_ms')
_NO_FAULTS = Faults(())
_NOTHING_KNOWN = ThingLabels()


class _Player:
    """Hands frames to the pipeline and pairs its results with them."""

    def __init__(
        self,
        classifier: Classifier,
        source: Source,
        settings: ReplaySettings,
        faults: Faults,
        clock: RecordedClock | None,
    ) -> None:
        use_cv_bridge()
        self._roi = settings.roi
        self._budget_ms = settings.budget_ms
        self._rules = {
            camera.name: settings.region_rules if camera.regions else None
            for camera in source.cameras
        }
        self._things = source.things
        self._tallies = {
            camera.name: RegionTally(settings.region_rules)
            for camera in source.cameras
            if camera.regions
        }
        self._faults = faults
        stands = clock is not None and math.isinf(self._budget_ms)
        self._unmeasured = dict.fromkeys(UNMEASURED if stands else ())
        self._frames: dict[tuple[str, int], SourceFrame] = {}
        self._first_ns: int | None = None
        self._sent: dict[str, int] = {}
        self._picker = ThumbnailPicker()
        self._ended = threading.Condition()
        self._count = 0
        self._is_over = False
        self.thumbnails: list[run.Thumbnail] = []
        self.results: dict[str, list[run.FrameResult]] = {item.name: [] for item in source.cameras}
        manifest = classifier.bundle.manifest
        self.pipeline = Pipeline(
            classifier,
            {
                name: CameraSettings(self._budget_ms, regions=rules)
                for name, rules in self._rules.items()
            },
            self._on_result,
            PipelineSettings(
                variant=settings.variant,
                decision=DecisionRules(leave_below=manifest.decision.leave_below),
            ),
            clock,
        )

    @property
    def count(self) -> int:
        """Frames handed in."""
        return self._count

    def submit(self, frame: SourceFrame, stamp_ns: int) -> None:
        """Hand in a frame under a stamp."""
        if self._first_ns is None:
            self._first_ns = frame.log_ns
        self._faults.reach((frame.log_ns - self._first_ns) / 1e9)
        frame = frame._replace(roi=self._roi or frame.roi, cdr=None)
        camera = frame.camera
        if camera in self._tallies:
            self._tallies[camera].add_frame(frame.stamp_ns)
        self._count += 1
        self._sent[camera] = self._sent.get(camera, 0) + 1
        # The pipeline numbers the frames of a camera in the order of submission, from 1.
        self._frames[camera, self._sent[camera]] = frame
        settings = CameraSettings(
            self._budget_ms,
            frame.roi,
            significant_bits=frame.significant_bits,
            regions=self._rules[camera],
        )
        self.pipeline.set_camera(camera, settings)
        self.pipeline.submit(camera, frame.message, stamp_ns)
        if self._picker.wants(frame) and (picture := thumbnail(frame)):
            self.thumbnails.append(picture)

    def submit_regions(self, item: SourceRegions, stamp_ns: int) -> None:
        """Hand in regions under a stamp."""
        rules = self._rules[item.camera]
        assert rules is not None
        self._tallies[item.camera].add(item.stamp_ns, item.boxes)
        self.pipeline.submit_regions(item.camera, choose_regions(item.boxes, stamp_ns, rules))

    def end(self) -> None:
        """End the frames whose regions were not recorded."""
        self._is_over = True
        self.pipeline.stop()

    def troubles(self) -> list[str]:
        """Return what is wrong with the regions of the source, in words."""
        return [
            words if len(self._tallies) == 1 and len(self._rules) == 1 else f'{camera}: {words}'
            for camera, tally in self._tallies.items()
            for words in tally.troubles()
        ]

    def drain(self) -> None:
        """Wait until every frame has ended."""
        with self._ended:
            if not self._ended.wait_for(lambda: not self._frames, _DRAIN_S):
                raise PerceptionError(
                    f'the runtime hangs: {len(self._frames)} frames had not ended after '
                    f'{_DRAIN_S:g} s'
                )

    def _on_result(self, result: Result) -> None:
        record = result.record._replace(**self._unmeasured)  # type: ignore[arg-type]
        if self._is_over and record.outcome is Outcome.EXPIRED:
            record = record._replace(reason='no regions of its stamp were recorded')
        result = result._replace(record=record)
        with self._ended:
            frame = self._frames.pop((record.camera, record.sequence))
            first_ns = self._first_ns or frame.log_ns
            known = self._things.get(record.camera, _NOTHING_KNOWN)
            has_regions = self._rules[record.camera] is not None
            self.results[record.camera].append(
                run.frame_result(result, frame, first_ns, known if has_regions else None)
            )
            self._ended.notify()


def play_fast(
    classifier: Classifier,
    source: Source,
    settings: ReplaySettings,
    faults: Faults = _NO_FAULTS,
    progress: Callable[[int], None] = lambda frames: None,
) -> run.Run:
    """Run every frame in the order of recording, as fast as it goes.

    The same source and bundle give the same labels on the same machine: nothing waits, so
    nothing is superseded. Without a budget nothing expires, and time stands still while a frame
    is run: how slow the machine is decides nothing, and what only a running clock could measure
    is left out (`UNMEASURED`).

    Args:
        classifier: what runs the frames; its runtime has the faults in it already.
        source: the frames.
        settings: budget, region of interest and variant are used.
        faults: what goes wrong with frames on purpose.
        progress: called with the number of frames handed in.

    Raises:
        PerceptionError: the source fails.
    """
    clock = RecordedClock(runs=math.isfinite(settings.budget_ms))
    player = _Player(classifier, source, settings, faults, clock)
    start = time.monotonic()
    for item in _faulty(source, faults).items():
        clock.set(item.log_ns)
        if isinstance(item, SourceRegions):
            player.submit_regions(item, item.stamp_ns)
        else:
            player.submit(item, item.stamp_ns)
        player.pipeline.run_once()
        progress(player.count)
    player.end()
    return _run('fast', classifier, source, settings, player, start)


def play_paced(
    classifier: Classifier,
    source: Source,
    settings: ReplaySettings,
    faults: Faults = _NO_FAULTS,
    progress: Callable[[int], None] = lambda frames: None,
) -> run.Run:
    """Hand in each frame when it is due, as if its camera gave it now; a worker runs them.

    The arguments are those of `play_fast`.

    Raises:
        PerceptionError: the source fails.
    """
    player = _Player(classifier, source, settings, faults, None)
    stamps = Restamp()
    player.pipeline.start()
    start = time.monotonic()
    try:
        with prefetch(_faulty(source, faults).items(), _READ_AHEAD) as items:
            for item, due_ns in on_schedule(items):
                if isinstance(item, SourceRegions):
                    stamp_ns = stamps.regions(item.camera, item.stamp_ns, due_ns)
                    player.submit_regions(item, stamp_ns)
                    continue
                player.submit(item, stamps.frame(item.camera, item.stamp_ns, due_ns))
                progress(player.count)
        player.drain()
    finally:
        player.pipeline.stop()
    return _run('paced', classifier, source, settings, player, start)


def on_schedule(
    items: Iterator[SourceFrame | SourceRegions],
) -> Iterator[tuple[SourceFrame | SourceRegions, int]]:
    """Yield each frame or its regions when due, with that moment as a stamp in nanoseconds."""
    schedule = Schedule()
    for item in items:
        left_ns = schedule.due_ns(item.log_ns, time.monotonic_ns()) - time.monotonic_ns()
        if left_ns > 0:
            time.sleep(left_ns / 1e9)
        yield item, time.time_ns()


def _faulty(source: Source, faults: Faults) -> Source:
    return source._replace(
        frames=faults.frames(source.frames), regions=faults.regions(source.regions)
    )


def _run(
    mode: str,
    classifier: Classifier,
    source: Source,
    settings: ReplaySettings,
    player: _Player,
    start: float,
) -> run.Run:
    if not player.count:
        raise PerceptionError(f'{source.name} gave no frame: nothing was classified')
    # A superseded frame ends before the older one that is being run.
    frames = {
        camera: sorted(found, key=lambda item: item.record.sequence)
        for camera, found in player.results.items()
    }
    budget_ms = settings.budget_ms
    return run.Run(
        mode=mode,
        source=source.name,
        bundle=run.describe_bundle(classifier.bundle),
        machine=run.describe_machine(classifier.runtime),
        latency_budget_ms=None if math.isinf(budget_ms) else budget_ms,
        frames=frames,
        missed=[],
        thumbnails=player.thumbnails,
        troubles=player.troubles(),
        wall_s=time.monotonic() - start,
    )
