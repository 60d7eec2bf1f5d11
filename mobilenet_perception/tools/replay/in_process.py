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
from mobilenet_perception.pipeline.result import Result
from mobilenet_perception.recordings import Source, SourceFrame
from mobilenet_perception.recordings.prefetch import prefetch
from mobilenet_perception.ros.bridge_decoder import use_cv_bridge
from mobilenet_perception.tools.replay.faults import Faults
from mobilenet_perception.tools.replay.pace import RecordedClock, Schedule
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.report import run
from mobilenet_perception.tools.report.thumbnails import ThumbnailPicker, thumbnail

_READ_AHEAD = 16
_DRAIN_S = 60.0
# Fields of a frame's record that a clock which stands still would give as nothing.
UNMEASURED = ('wait_ms', 'decode_ms', 'postprocess_ms', 'total_ms')
_NO_FAULTS = Faults(())


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
        self._faults = faults
        stands = clock is not None and math.isinf(self._budget_ms)
        self._unmeasured = dict.fromkeys(UNMEASURED if stands else ())
        self._frames: dict[tuple[str, int], SourceFrame] = {}
        self._first_ns: int | None = None
        self._sent: dict[str, int] = {}
        self._picker = ThumbnailPicker()
        self._ended = threading.Condition()
        self._count = 0
        self.thumbnails: list[run.Thumbnail] = []
        self.results: dict[str, list[run.FrameResult]] = {item.name: [] for item in source.cameras}
        manifest = classifier.bundle.manifest
        self.pipeline = Pipeline(
            classifier,
            {name: CameraSettings(self._budget_ms) for name in self.results},
            self._on_result,
            PipelineSettings(
                variant=settings.variant,
                decision=DecisionRules(
                    manifest.decision.decide_above, manifest.decision.leave_below
                ),
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
        self._count += 1
        self._sent[camera] = self._sent.get(camera, 0) + 1
        # The pipeline numbers the frames of a camera in the order of submission, from 1.
        self._frames[camera, self._sent[camera]] = frame
        settings = CameraSettings(
            self._budget_ms, frame.roi, significant_bits=frame.significant_bits
        )
        self.pipeline.set_camera(camera, settings)
        self.pipeline.submit(camera, frame.message, stamp_ns)
        if self._picker.wants(frame) and (picture := thumbnail(frame)):
            self.thumbnails.append(picture)

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
        result = result._replace(record=record)
        with self._ended:
            frame = self._frames.pop((record.camera, record.sequence))
            first_ns = self._first_ns or frame.log_ns
            self.results[record.camera].append(run.frame_result(result, frame, first_ns))
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
    for frame in faults.frames(source.frames):
        clock.set(frame.log_ns)
        player.submit(frame, frame.stamp_ns)
        player.pipeline.run_once()
        progress(player.count)
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
    player.pipeline.start()
    start = time.monotonic()
    try:
        with prefetch(faults.frames(source.frames), _READ_AHEAD) as frames:
            for frame, due_ns in on_schedule(frames):
                player.submit(frame, due_ns)
                progress(player.count)
        player.drain()
    finally:
        player.pipeline.stop()
    return _run('paced', classifier, source, settings, player, start)


def on_schedule(frames: Iterator[SourceFrame]) -> Iterator[tuple[SourceFrame, int]]:
    """Yield each frame when it is due, with that moment as a stamp in nanoseconds."""
    schedule = Schedule()
    for frame in frames:
        left_ns = schedule.due_ns(frame.log_ns, time.monotonic_ns()) - time.monotonic_ns()
        if left_ns > 0:
            time.sleep(left_ns / 1e9)
        yield frame, time.time_ns()


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
        troubles=[],
        wall_s=time.monotonic() - start,
    )
