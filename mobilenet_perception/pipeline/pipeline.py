# SPDX-License-Identifier: Apache-2.0
"""The pipeline: frames of several cameras go in, and exactly one outcome of each comes out.

It runs them in a worker thread, within their budgets, and knows no ROS.
"""

import threading
from collections.abc import Callable, Mapping
from itertools import takewhile
from math import inf, isinf
from typing import Any

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames.quality import measure
from mobilenet_perception.inference.classifier import Classifier, Scores
from mobilenet_perception.inference.runtimes import Runtime
from mobilenet_perception.pipeline import frame_run, timing
from mobilenet_perception.pipeline.budget import Budget
from mobilenet_perception.pipeline.camera_queue import (
    CameraQueue,
    CameraState,
    Offered,
    WaitingFrame,
)
from mobilenet_perception.pipeline.decision import Decider, Decision, ScoredLabel
from mobilenet_perception.pipeline.parameters import CameraSettings, PipelineSettings
from mobilenet_perception.pipeline.region_decisions import ThingDecision, Things
from mobilenet_perception.pipeline.region_run import run_regions
from mobilenet_perception.pipeline.regions import Regions
from mobilenet_perception.pipeline.result import (
    DEACTIVATED,
    SUPERSEDED,
    Moment,
    Ran,
    Result,
    end_frame,
    without_regions,
)
from mobilenet_perception.pipeline.scheduler import Candidate, Scheduler

# A camera whose turn it is, and its frame.
_Turn = tuple[Candidate, WaitingFrame]


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

    Attributes:
        clock_step_ms: by how much the clock of the stamps goes on at a time; 0: steadily.
    """

    def __init__(
        self,
        classifier: Classifier,
        cameras: Mapping[str, CameraSettings],
        on_result: Callable[[Result], None],
        settings: PipelineSettings | None = None,
        clock: timing.Clock | None = None,
    ) -> None:
        self._classifier = classifier
        self._on_result = on_result
        self._settings = settings or PipelineSettings()
        self._clock = clock or timing.SystemClock()
        self._usable = self._variants(classifier, self._settings)
        self._budget = Budget(classifier.profile_ms, self._settings.risk, classifier.batch_ms)
        self._cameras = {
            name: CameraQueue(
                name,
                given,
                Decider(classifier.labels, self._settings.decision),
                Things(classifier.labels, self._settings.decision),
            )
            for name, given in cameras.items()
        }
        self._scheduler = Scheduler()
        self._changed = threading.Condition()
        self.clock_step_ms = 0.0
        # Held while frames are run, so that the classifier is not exchanged under them.
        self._running_frames = threading.Lock()
        self._worker: threading.Thread | None = None
        self._running = False
        self._run_since_ns: int | None = None

    @property
    def settings(self) -> PipelineSettings:
        """What holds for all cameras."""
        return self._settings

    @property
    def runtime(self) -> Runtime:
        """What runs the variants."""
        return self._classifier.runtime

    @property
    def slowdown(self) -> float:
        """Ratio of recent to profiled inference time."""
        return self._budget.slowdown

    def set_camera(self, name: str, settings: CameraSettings) -> None:
        """Change a camera's settings; they hold from the next frame taken up."""
        with self._changed:
            self._cameras[name].settings = settings

    def set_classifier(self, classifier: Classifier) -> None:
        """Run frames on another classifier, once the frame being run has ended.

        Args:
            classifier: of the same bundle on another runtime, for instance.

        Raises:
            PerceptionError: its labels are others, or the settings allow none of its variants.
        """
        if classifier.labels != self._classifier.labels:
            raise PerceptionError('a running node cannot change its labels: configure it anew')
        with self._running_frames, self._changed:
            self._usable = self._variants(classifier, self._settings)
            self._budget = Budget(classifier.profile_ms, self._settings.risk, classifier.batch_ms)
            self._classifier = classifier
            for camera in self._cameras.values():
                camera.variant = ''

    def set_settings(self, settings: PipelineSettings) -> None:
        """Change what holds for all cameras.

        Raises:
            PerceptionError: there is no such variant, or none is accurate enough.
        """
        with self._changed:
            self._usable = self._variants(self._classifier, settings)
            self._settings = settings
            self._budget.risk = settings.risk
            for camera in self._cameras.values():
                camera.decider.set_rules(settings.decision)
                camera.things.set_rules(settings.decision)

    def counts(self, name: str) -> timing.OutcomeCounts:
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

    def things(self, name: str) -> list[ThingDecision]:
        """Return what is decided now of each thing that a camera's regions name."""
        with self._changed:
            return self._cameras[name].things.decide(self._clock.steady_ns())

    def predict_ms(self) -> float:
        """Time that the fastest usable variant is predicted to take, in milliseconds."""
        with self._changed:
            return self._least_ms()

    def stalled_ms(self) -> float:
        """How long the frame being run has been running; 0 when none is."""
        since_ns = self._run_since_ns
        return 0.0 if since_ns is None else (self._clock.steady_ns() - since_ns) / timing.NS_PER_MS

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
            offered = camera.offer(
                message, stamp_ns, steady_ns, now_ns, self._settings, self.clock_step_ms
            )
            ended = self._take_up(camera, offered)
        for result in ended:
            self._on_result(result)

    def submit_regions(self, name: str, regions: Regions) -> None:
        """Hand in the regions of a frame that came before or will come.

        Args:
            name: of a camera whose settings have rules for regions.
            regions: under the capture stamp of the frame.
        """
        with self._changed:
            camera = self._cameras[name]
            ended = self._take_up(camera, camera.offer_regions(regions))
        for result in ended:
            self._on_result(result)

    def count_losses(self, name: str, counted: bool) -> None:
        """Say whether the middleware counts a camera's losses, which `lost` then takes."""
        with self._changed:
            self._cameras[name].arrivals.counted = counted

    def lost(self, name: str, frames: int) -> None:
        """Take in that so many more frames of a camera were lost before they came here."""
        with self._changed:
            self._cameras[name].arrivals.add_lost(frames)

    def run_once(self) -> bool:
        """Run the waiting frame whose turn it is, others with it if faster.

        Returns:
            Whether a frame ended; if not, none waits, or its regions are still to come.
        """
        with self._running_frames:
            with self._changed:
                results = self._give_up()
                turns, variant = self._next_turns()
            ran: list[Ran] = []
            if turns:
                self._run_since_ns = self._clock.steady_ns()
                try:
                    ran = self._run(turns, variant)
                finally:
                    self._run_since_ns = None
        with self._changed:
            for (candidate, waiting), what in zip(turns, ran, strict=True):
                camera = self._cameras[candidate.name]
                if what.found.times.get('looks'):
                    self._scheduler.record_run(candidate, camera.settings.priority)
                results.append(self._end(camera, waiting, what))
        for result in results:
            self._on_result(result)
        for (candidate, waiting), what in zip(turns, ran, strict=True):
            self._watch_picture(candidate.name, waiting, what.found)
        return bool(results)

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
            for camera in self._cameras.values():
                frames = [*camera.awaiting, *([camera.pop()] if camera.waiting else [])]
                camera.awaiting.clear()
                ended += [self._end(camera, frame, Ran(DEACTIVATED)) for frame in frames]
        for result in ended:
            self._on_result(result)
        return self._worker is None or not self._worker.is_alive()

    def _work(self) -> None:
        while True:
            with self._changed:
                while self._running and not any(c.waiting for c in self._cameras.values()):
                    patience_ms = self._patience_ms()
                    if patience_ms <= 0:
                        break
                    self._changed.wait(None if isinf(patience_ms) else patience_ms / 1e3)
                if not self._running:
                    return
            self.run_once()

    def _take_up(self, camera: CameraQueue, offered: Offered) -> list[Result]:
        """Let the worker know of a camera's frame, and end those that it supersedes."""
        if offered.begins:
            self._scheduler.waits(camera.name)
        self._changed.notify()
        return [self._end(camera, old, Ran(SUPERSEDED)) for old in offered.superseded]

    def _give_up(self) -> list[Result]:
        """End the frames for whose regions there is no longer time."""
        results = []
        steady_ns, now_ns = self._clock.steady_ns(), self._clock.now_ns()
        for camera in self._cameras.values():
            if camera.awaiting:
                for frame in camera.give_up(steady_ns, now_ns, self._least_ms()):
                    results.append(self._end(camera, frame, without_regions(camera, frame)))
        return results

    def _patience_ms(self) -> float:
        steady_ns, now_ns = self._clock.steady_ns(), self._clock.now_ns()
        cameras = [camera for camera in self._cameras.values() if camera.awaiting]
        if not cameras:
            return inf
        least_ms = self._least_ms()
        return min(camera.patience_ms(steady_ns, now_ns, least_ms) for camera in cameras)

    def _least_ms(self) -> float:
        return min(self._budget.predict_ms(name) for name in self._usable)

    def _next_turns(self) -> tuple[list[_Turn], str]:
        """Take the frames to run next out of their queues: one, or several for one variant."""
        ready = [c.candidate() for c in self._cameras.values() if c.waiting is not None]
        if not ready:
            return [], ''
        ready = self._scheduler.order(ready)
        batch = frame_run.Batch(1)
        if len(ready) > 1:
            # A frame with regions is a batch of its own.
            cameras = list(
                takewhile(lambda c: c.match is None, (self._cameras[c.name] for c in ready))
            )
            batch = (
                frame_run.plan_batch(
                    [self._task(c, c.waiting) for c in cameras if c.waiting], self._budget
                )
                if cameras
                else batch
            )
        turns = [(c, self._cameras[c.name].pop()) for c in ready[: batch.frames]]
        return turns, batch.variant

    def _task(self, camera: CameraQueue, waiting: WaitingFrame) -> frame_run.Task:
        settings, rules = camera.settings, self._settings
        age_ms = waiting.age_ms(self._clock.steady_ns(), self._clock.now_ns())
        return frame_run.Task(
            message=waiting.message,
            roi=settings.roi,
            variants=self._usable,
            current=camera.variant,
            left_ms=settings.latency_budget_ms - age_ms,
            is_clear=self._is_clear if rules.second_look else None,
            finish_late=rules.finish_late,
            significant_bits=settings.significant_bits,
        )

    def _watch_picture(
        self, name: str, waiting: WaitingFrame, found: frame_run.FrameOutcome
    ) -> None:
        """Look at a frame once its answer is out, now and then: it costs no frame its time."""
        camera = self._cameras[name]
        if found.frame is None or not camera.picture.is_due(waiting.received_ns):
            return
        quality = measure(waiting.message, found.frame, camera.settings.significant_bits)
        with self._changed:
            camera.picture.update(quality, waiting.received_ns)

    def _run(self, turns: list[_Turn], variant: str) -> list[Ran]:
        started_ns = self._clock.steady_ns()
        tasks = [self._task(self._cameras[c.name], waiting) for c, waiting in turns]
        cameras = [self._cameras[candidate.name] for candidate, _ in turns]
        if cameras[0].match is not None:
            ran = [self._run_regions(cameras[0], turns[0][1], tasks[0])]
        elif len(tasks) == 1:
            found = frame_run.run_frame(tasks[0], self._classifier, self._budget, self._clock)
            ran = [Ran(found)]
        else:
            outcomes = frame_run.run_batch(
                tasks, variant, self._classifier, self._budget, self._clock
            )
            ran = [Ran(found) for found in outcomes]
        for camera, (_, waiting), what in zip(cameras, turns, ran, strict=True):
            what.found.times['wait_ms'] = (started_ns - waiting.received_ns) / timing.NS_PER_MS
            camera.variant = what.found.times.get('variant', camera.variant)
        return [self._with_top(what) for what in ran]

    def _with_top(self, what: Ran) -> Ran:
        """Return it with the best labels, and the time that they took."""
        found, scored_ns = what.found, self._clock.steady_ns()
        if found.scores is None:
            return what
        top = self._top(found.scores)
        found.times['postprocess_ms'] = (self._clock.steady_ns() - scored_ns) / timing.NS_PER_MS
        return what._replace(top=top)

    def _run_regions(
        self, camera: CameraQueue, waiting: WaitingFrame, task: frame_run.Task
    ) -> Ran:
        assert camera.match is not None
        steady_ns = self._clock.steady_ns()
        with self._changed:
            found = camera.match.find(waiting.stamp_ns)
            if found is None:
                return without_regions(camera, waiting)
            camera.match.record(waiting.stamp_ns, True)
            camera.things.see(found.regions, steady_ns)
            regions = camera.things.order(found.regions, steady_ns)
        outcome = run_regions(
            task,
            regions,
            self._classifier,
            self._budget,
            self._clock,
            camera.match.rules,
        )
        return Ran(outcome.frame, scored=outcome.scored)

    def _end(self, camera: CameraQueue, waiting: WaitingFrame, ran: Ran) -> Result:
        moment = Moment(self._clock.steady_ns(), self._clock.now_ns())
        return end_frame(camera, waiting, ran, moment, self._top)

    def _is_clear(self, answer: Scores) -> bool:
        return self._settings.decision.is_clear(answer.scores, answer.decide_above)

    def _top(self, answer: Scores) -> tuple[ScoredLabel, ...]:
        best = answer.scores.argsort()[::-1][: self._settings.top_k]
        labels = self._classifier.labels
        return tuple(ScoredLabel(labels[index], float(answer.scores[index])) for index in best)

    @staticmethod
    def _variants(classifier: Classifier, settings: PipelineSettings) -> tuple[str, ...]:
        floor = settings.accuracy_floor
        if settings.variant:
            return (classifier.variant(settings.variant).name,)
        known = classifier.variants.values()
        usable = tuple(v.name for v in known if v.accuracy is None or v.accuracy >= floor)
        if not usable:
            best = max(v.accuracy or 0.0 for v in known)
            raise PerceptionError(
                f'no variant reaches accuracy_floor {floor:g}: the best has {best:g}'
            )
        return usable
