# SPDX-License-Identifier: Apache-2.0
"""Newest-frame slots and the worker: a frame goes in, exactly one outcome comes out. No ROS."""

import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from mobilenet_perception.budget import Budget
from mobilenet_perception.camera import Camera, CameraSettings, CameraState, Waiting
from mobilenet_perception.classifier import Classifier, Scores
from mobilenet_perception.clock import NS_PER_MS, Clock, SystemClock
from mobilenet_perception.decision import Decision, Scored
from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import decode
from mobilenet_perception.timing import FrameRecord, Outcome, OutcomeCounts


class PipelineSettings(NamedTuple):
    """What holds for all cameras.

    Attributes:
        variant: name of the only variant to run; empty: the most accurate that fits.
        top_k: labels to give per frame, at least 1.
        budget_reference: `capture`: the budget runs from the stamp in the message's header;
            `receipt`: from the moment the message came.
        max_clock_skew_ms: a stamp further than this in the past is not believed.
        decide_above: score from which a label is taken, 0 to 1.
        decision_timeout_ms: age of the evidence from which the decision is `stale`.
    """

    variant: str = ''
    top_k: int = 3
    budget_reference: str = 'capture'
    max_clock_skew_ms: float = 10_000.0
    decide_above: float = 0.5
    decision_timeout_ms: float = 500.0


class Result(NamedTuple):
    """How one frame ended.

    Attributes:
        record: its life.
        header: the message's header, unchanged.
        top: best labels first; empty unless a variant ran.
        decision: the camera's decision after this frame.
    """

    record: FrameRecord
    header: Any
    top: tuple[Scored, ...]
    decision: Decision


class _Ending(NamedTuple):
    """What `_run` found: outcome, reason, stages' times by name, best labels.

    `on_time` is still subject to the age at the very end.
    """

    outcome: Outcome
    reason: str = ''
    times: Mapping[str, Any] = MappingProxyType({})
    top: tuple[Scored, ...] = ()


_SUPERSEDED = _Ending(Outcome.SUPERSEDED, 'a newer frame came first')
_DEACTIVATED = _Ending(Outcome.EXPIRED, 'the node was deactivated')


class Pipeline:
    """Frames of several cameras through one classifier.

    `submit` may be called from any thread. Frames are run by `run_once`, either in the caller's
    thread or by the worker between `start` and `stop`. `on_result` is called once for each
    frame, in the thread that ended it.

    Args:
        classifier: scores frames.
        cameras: settings by name.
        on_result: takes what became of each frame.
        settings: what holds for all cameras.
        clock: tells the time.
    """

    def __init__(
        self,
        classifier: Classifier,
        cameras: Mapping[str, CameraSettings],
        on_result: Callable[[Result], None],
        settings: PipelineSettings | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._classifier = classifier
        self._on_result = on_result
        self._settings = settings or PipelineSettings()
        self._clock = clock or SystemClock()
        self._only = self._fixed_variant(self._settings.variant)
        self._budget = Budget(classifier.profile_ms)
        self._cameras = {
            name: Camera(
                name, given, self._settings.decide_above, self._settings.decision_timeout_ms
            )
            for name, given in cameras.items()
        }
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None
        self._running = False
        self._run_since_ns: int | None = None

    @property
    def settings(self) -> PipelineSettings:
        """What holds for all cameras."""
        return self._settings

    @property
    def slowdown(self) -> float:
        """Ratio of recent to profiled inference time."""
        return self._budget.slowdown

    def set_camera(self, name: str, settings: CameraSettings) -> None:
        """Change a camera's settings; they hold from the next frame taken up."""
        with self._changed:
            self._cameras[name].settings = settings

    def set_settings(self, settings: PipelineSettings) -> None:
        """Change what holds for all cameras.

        Raises:
            PerceptionError: there is no such variant.
        """
        only = self._fixed_variant(settings.variant)
        with self._changed:
            self._only, self._settings = only, settings
            for camera in self._cameras.values():
                camera.decider.decide_above = settings.decide_above
                camera.decider.timeout_ms = settings.decision_timeout_ms

    def counts(self, name: str) -> OutcomeCounts:
        """Return how many frames a camera has received and how they ended, at one moment."""
        with self._changed:
            return self._cameras[name].counts()

    def state(self, name: str) -> CameraState:
        """Return what there is to know of a camera now."""
        with self._changed:
            return self._cameras[name].state(self._clock.steady_ns())

    def decision(self, name: str) -> Decision:
        """Return a camera's decision now."""
        with self._changed:
            return self._cameras[name].decider.decide(self._clock.steady_ns())

    def predict_ms(self) -> float:
        """Time that the fastest usable variant is predicted to take, in milliseconds."""
        return min(self._budget.predict_ms(name) for name in self._usable())

    def stalled_ms(self) -> float:
        """How long the frame being run has been running; 0 when none is."""
        since_ns = self._run_since_ns
        return 0.0 if since_ns is None else (self._clock.steady_ns() - since_ns) / NS_PER_MS

    def forget(self) -> None:
        """Start anew after a jump of time: evidence of before says nothing of now."""
        with self._changed:
            for camera in self._cameras.values():
                camera.forget()

    def submit(self, name: str, message: Any, stamp_ns: int) -> None:
        """Hand in a frame.

        Args:
            name: the camera's name.
            message: shaped like sensor_msgs Image or CompressedImage; kept, not copied.
            stamp_ns: capture stamp of its header, in nanoseconds.
        """
        steady_ns, now_ns = self._clock.steady_ns(), self._clock.now_ns()
        with self._changed:
            camera = self._cameras[name]
            old = camera.put(message, stamp_ns, steady_ns, now_ns, self._settings)
            ended = old and self._end(camera, old, _SUPERSEDED)
            self._changed.notify()
        if ended:
            self._on_result(ended)

    def run_once(self) -> bool:
        """Run the waiting frame with the earliest deadline; False when none waits."""
        with self._changed:
            waiting = self._take()
            only = self._only
        if waiting is None:
            return False
        self._run_since_ns = self._clock.steady_ns()
        try:
            camera = self._cameras[waiting.camera]
            ending = self._run(camera.settings, waiting, only)
        finally:
            self._run_since_ns = None
        with self._changed:
            result = self._end(camera, waiting, ending)
        self._on_result(result)
        return True

    def start(self) -> None:
        """Run frames in a worker thread from now on."""
        self._running = True
        self._worker = threading.Thread(target=self._work, name='classifier-worker', daemon=True)
        self._worker.start()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Stop the worker; frames still waiting end as `expired`.

        Returns:
            Whether the worker has ended; False when the runtime hangs.
        """
        with self._changed:
            self._running = False
            self._changed.notify_all()
        if self._worker is not None:
            self._worker.join(timeout_s)
        ended = []
        with self._changed:
            while (waiting := self._take()) is not None:
                ended.append(self._end(self._cameras[waiting.camera], waiting, _DEACTIVATED))
        for result in ended:
            self._on_result(result)
        return self._worker is None or not self._worker.is_alive()

    def _work(self) -> None:
        while True:
            with self._changed:
                while self._running and not any(c.waiting for c in self._cameras.values()):
                    self._changed.wait()
                if not self._running:
                    return
            self.run_once()

    def _take(self) -> Waiting | None:
        ready = [camera for camera in self._cameras.values() if camera.waiting is not None]
        if not ready:
            return None
        return min(ready, key=Camera.urgency).take()

    def _run(self, settings: CameraSettings, waiting: Waiting, only: tuple[str, ...]) -> _Ending:
        started_ns = self._clock.steady_ns()
        times: dict[str, Any] = {
            'wait_ms': (started_ns - waiting.received_ns) / NS_PER_MS,
            'slowdown': self._budget.slowdown,
        }
        left_ms = settings.latency_budget_ms - waiting.age_ms(started_ns, self._clock.now_ns())
        choice = self._budget.choose(left_ms, only)
        times['predicted_ms'] = choice.predicted_ms
        if not choice.variant:
            reason = (
                f'{left_ms:.1f} ms of {settings.latency_budget_ms:.1f} ms were left and the '
                f'fastest variant needs {choice.predicted_ms:.1f} ms'
            )
            return _Ending(Outcome.EXPIRED, reason, times)
        try:
            variant = self._classifier.variant(choice.variant)
            region = settings.roi
            frame = decode(
                waiting.message, min_height=variant.height, min_width=variant.width, roi=region
            )
            decoded_ns = self._clock.steady_ns()
            times['decode_ms'] = (decoded_ns - started_ns) / NS_PER_MS
            found = self._classifier.classify(frame, region, choice.variant)
        except FrameError as error:
            return _Ending(Outcome.REJECTED, str(error), times)
        except Exception as error:  # whatever a runtime raises must not end the node
            reason = f'{type(error).__name__}: {error}'
            return _Ending(Outcome.FAILED, reason, times)
        scored_ns = self._clock.steady_ns()
        times['variant'] = choice.variant
        times.update(preprocess_ms=found.preprocess_ms, inference_ms=found.inference_ms)
        top = self._top(found)
        ended_ns = self._clock.steady_ns()
        times['postprocess_ms'] = (ended_ns - scored_ns) / NS_PER_MS
        overhead_ms = (ended_ns - started_ns) / NS_PER_MS - found.inference_ms
        self._budget.measured(choice.variant, found.inference_ms, overhead_ms)
        return _Ending(Outcome.ON_TIME, '', times, top)

    def _end(self, camera: Camera, waiting: Waiting, ending: _Ending) -> Result:
        steady_ns, now_ns = self._clock.steady_ns(), self._clock.now_ns()
        age_ms = waiting.age_ms(steady_ns, now_ns)
        over_ms = age_ms - camera.settings.latency_budget_ms
        if ending.outcome is Outcome.ON_TIME and over_ms > 0:
            reason = f'finished {over_ms:.1f} ms after the budget'
            ending = ending._replace(outcome=Outcome.LATE, reason=reason)
        record = FrameRecord(
            camera=camera.name,
            sequence=waiting.sequence,
            stamp_ns=waiting.stamp_ns,
            outcome=ending.outcome,
            latency_budget_ms=camera.settings.latency_budget_ms,
            age_ms=age_ms,
            transport_ms=waiting.transport_ms,
            total_ms=(steady_ns - waiting.received_ns) / NS_PER_MS,
            reason=ending.reason,
            **{'variant': '', **ending.times},
        )
        if ending.outcome is Outcome.ON_TIME:
            captured_ns = steady_ns - round(age_ms * NS_PER_MS)
            camera.decider.take(ending.top[0], waiting.stamp_ns, captured_ns)
        camera.end(record)
        decision = camera.decider.decide(steady_ns)
        header = getattr(waiting.message, 'header', None)
        return Result(record, header, ending.top, decision)

    def _top(self, found: Scores) -> tuple[Scored, ...]:
        best = found.scores.argsort()[::-1][: self._settings.top_k]
        labels = self._classifier.labels
        return tuple(Scored(labels[index], float(found.scores[index])) for index in best)

    def _fixed_variant(self, name: str) -> tuple[str, ...]:
        return (self._classifier.variant(name).name,) if name else ()

    def _usable(self) -> tuple[str, ...]:
        return self._only or tuple(self._classifier.variants)
