# SPDX-License-Identifier: Apache-2.0
"""A classifier: a bundle on a runtime, proven, warmed up, profiled, ready to score frames."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import AbandonedError, PerceptionError
from mobilenet_perception.frames import Frame, RegionOfInterest, crop_and_resize
from mobilenet_perception.inference.bundle import Bundle, Variant, check_golden_frames, load_bundle
from mobilenet_perception.inference.bundle.precision_ladder import not_worth_running
from mobilenet_perception.inference.runtimes import Runtime, RuntimeSettings, choose_runtime

Thresholds = npt.NDArray[np.float32]
"""(classes,) scores, in the order of the labels."""


class Scores(NamedTuple):
    """What one variant says of one frame.

    Attributes:
        scores: (classes,) float32 calibrated probabilities, in the order of the labels.
        preprocess_ms: crop, resize and channel order, in milliseconds.
        inference_ms: the runtime's run, in milliseconds.
        decide_above: (classes,) scores from which the variant shows each label clearly enough;
            None: it does not say.
    """

    scores: npt.NDArray[np.float32]
    preprocess_ms: float
    inference_ms: float
    decide_above: Thresholds | None = None


class Classifier:
    """Runs the variants of one bundle. Used by one thread at a time.

    Args:
        bundle: a verified bundle.
        runtime: what executes it.
        warmup_runs: runs of each variant before it is timed, and again while it is timed; at
            least 1, since the first run of most runtimes is many times slower.
        largest_batch: most frames that will be given at once.

    Attributes:
        batch_ms: by variant, median inference time of one frame, of two at once, and so on, in
            milliseconds.
        left_out: why other precisions of these networks are not run here, a sentence by name.
        variants: those that are, by name, in the bundle's order.

    Raises:
        BundleError: the bundle does not give its golden scores here.
    """

    def __init__(
        self, bundle: Bundle, runtime: Runtime, warmup_runs: int = 10, largest_batch: int = 1
    ) -> None:
        self.bundle = bundle
        self.runtime = runtime
        self.labels = bundle.manifest.labels
        self._sessions, self.left_out = check_golden_frames(bundle, runtime)
        self._cutoff = Cutoff()
        self.variants = {
            variant.name: variant
            for variant in bundle.manifest.variants
            if variant.name in self._sessions
        }
        self._decide_above = {name: self._thresholds(item) for name, item in self.variants.items()}
        one_ms = {name: self._profile(name, warmup_runs, 1) for name in self.variants}
        for name, reason in not_worth_running(self.variants.values(), one_ms).items():
            self.left_out[name] = reason
            del self.variants[name], self._sessions[name]
        self.batch_ms = {
            name: [
                one_ms[name],
                *self._batch_times(name, warmup_runs, min(largest_batch, session.largest_batch)),
            ]
            for name, session in self._sessions.items()
        }

    @property
    def profile_ms(self) -> dict[str, float]:
        """Inference time of one frame on each variant, in milliseconds."""
        return {name: times[0] for name, times in self.batch_ms.items()}

    def variant(self, name: str) -> Variant:
        """Return a variant by name; the most accurate for the empty name.

        Raises:
            PerceptionError: there is none of this name.
        """
        if not name:
            return next(iter(self.variants.values()))
        if name not in self.variants:
            raise PerceptionError(
                f'the bundle {self.bundle.manifest.name} has no variant {name!r}: '
                f'choose one of {", ".join(self.variants)}'
            )
        return self.variants[name]

    def classify(
        self,
        frame: Frame,
        roi: RegionOfInterest | None = None,
        variant: str = '',
        abandon_after_ms: float = math.inf,
    ) -> Scores:
        """Score a frame.

        Args:
            frame: the decoded frame.
            roi: where to look, in pixels of the camera; None: everywhere.
            variant: name of the variant to run; empty: the most accurate.
            abandon_after_ms: stop a run that takes longer, on runtimes that can.

        Raises:
            FrameError: the region of interest lies outside the frame.
            AbandonedError: the run was stopped.
            PerceptionError: no such variant, or the runtime gave nonsense.
        """
        return self.classify_batch([(frame, roi)], variant, abandon_after_ms)[0]

    def classify_batch(
        self,
        frames: Sequence[tuple[Frame, RegionOfInterest | None]],
        variant: str = '',
        abandon_after_ms: float = math.inf,
    ) -> list[Scores]:
        """Score several frames in one run, at most as many as `batch_ms` has times.

        Args and errors are those of `classify`; the inference time of each is that of the run.
        """
        chosen = self.variant(variant)
        images, preprocess_ms = [], []
        for frame, roi in frames:
            start = time.perf_counter_ns()
            images.append(crop_and_resize(frame, chosen.height, chosen.width, roi))
            preprocess_ms.append((time.perf_counter_ns() - start) / 1e6)
        # A single image is not copied.
        batch = images[0][np.newaxis] if len(images) == 1 else np.stack(images)
        start = time.perf_counter_ns()
        scores = self._run(chosen.name, batch, abandon_after_ms)
        inference_ms = (time.perf_counter_ns() - start) / 1e6
        if scores.shape != (len(images), len(self.labels)) or not np.isfinite(scores).all():
            raise PerceptionError(
                f'variant {chosen.name} gave scores that are no probabilities '
                f'(shape {scores.shape}) on runtime {self.runtime.name}: check the bundle'
            )
        return [
            Scores(row, took_ms, inference_ms, self._decide_above[chosen.name])
            for row, took_ms in zip(scores, preprocess_ms, strict=True)
        ]

    def _thresholds(self, variant: Variant) -> Thresholds:
        otherwise = self.bundle.manifest.decision.decide_above
        return np.array(list(variant.thresholds(self.labels, otherwise).values()), np.float32)

    def _run(
        self, name: str, images: npt.NDArray[np.uint8], abandon_after_ms: float
    ) -> npt.NDArray[np.float32]:
        session = self._sessions[name]
        if math.isinf(abandon_after_ms):
            return session.run_batch(images)
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            session.stop()

        start = time.perf_counter_ns()
        self._cutoff.arm(abandon_after_ms, stop)
        try:
            return session.run_batch(images)
        except Exception as error:
            if not stopped.is_set():
                raise
            elapsed_ms = (time.perf_counter_ns() - start) / 1e6
            raise AbandonedError(name, elapsed_ms) from error
        finally:
            self._cutoff.disarm()

    def _batch_times(self, name: str, runs: int, largest: int) -> list[float]:
        """Return the times of 2 to `largest` at once; of the larger ones some are measured."""
        if largest < 2:
            return []
        counts = sorted({2, *(n for n in (3, 4, 8, 16, 32) if n < largest), largest})
        measured_ms = [self._profile(name, runs, count) for count in counts]
        return [float(ms) for ms in np.interp(range(2, largest + 1), counts, measured_ms)]

    def _profile(self, name: str, runs: int, count: int) -> float:
        image = next(iter(self.bundle.golden_images.values()))
        frames = [(Frame(image, 'rgb'), None)] * count
        times = [
            self.classify_batch(frames, name)[0].inference_ms for _ in range(2 * max(1, runs))
        ]
        return float(np.median(times[len(times) // 2 :]))


def open_classifier(
    bundle: Path,
    runtime: str,
    threads: int,
    wrap: Callable[[Runtime], Runtime] = lambda runtime: runtime,
    notify: Callable[[str], None] = lambda words: None,
    largest_batch: int = 1,
) -> Classifier:
    """Load a bundle on a runtime.

    Args:
        bundle: its folder.
        runtime: name of a runtime, or `auto`.
        threads: CPU threads of one inference.
        wrap: what to put around the runtime, such as faults on purpose.
        notify: told what takes long, such as the building of an engine.
        largest_batch: most pictures that will be given at once.

    Raises:
        PerceptionError: the bundle is unsound or the runtime not installed.
    """
    # One frame at a time, and small ones: OpenCV's threads cost more than they give.
    cv2.setNumThreads(1)
    settings = RuntimeSettings(threads=threads)
    settings = settings._replace(largest_batch=max(settings.largest_batch, largest_batch))
    found = choose_runtime(runtime, settings, notify)
    return Classifier(load_bundle(bundle), wrap(found), largest_batch=largest_batch)


class Cutoff:
    """Calls something at a moment, unless what it is about has ended by then.

    One thread waits for all moments, since a new one for each frame would cost more.

    Used by one thread at a time. The thread starts with the first use, and ends with the process.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due_s = math.inf
        self._action: Callable[[], None] | None = None
        self._thread: threading.Thread | None = None
        # When the thread wakes by itself.
        self._wakes_s = math.inf

    def arm(self, after_ms: float, action: Callable[[], None]) -> None:
        """Call the action after so many milliseconds."""
        with self._changed:
            self._due_s, self._action = time.monotonic() + after_ms / 1e3, action
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name='cutoff', daemon=True)
                self._thread.start()
            elif self._due_s < self._wakes_s:
                self._changed.notify()

    def disarm(self) -> None:
        """From here on the action is not called; if it is being called, wait until it has been."""
        with self._changed:
            self._action = None

    def _watch(self) -> None:
        with self._changed:
            while True:
                # Disarmed, it sleeps on to its moment: to be woken each frame would cost more.
                left_s = self._due_s - time.monotonic()
                if left_s > 0:
                    self._wakes_s = self._due_s
                    self._changed.wait(None if math.isinf(left_s) else left_s)
                    continue
                self._due_s, action, self._action = math.inf, self._action, None
                if action is not None:
                    action()
