# SPDX-License-Identifier: Apache-2.0
"""Measurements of a benchmark, in turn: each variant alone, then the real node end to end.

End to end, the node and its cameras are processes of their own, and a listener is here.
"""

import json
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import Variant
from mobilenet_perception.pipeline.regions import EXACT
from mobilenet_perception.recordings import SourceCamera
from mobilenet_perception.ros.domain import isolated_ros
from mobilenet_perception.system.child_process import Child
from mobilenet_perception.tools.benchmark import trial as trials
from mobilenet_perception.tools.benchmark.report import Report
from mobilenet_perception.tools.benchmark.settings import BenchmarkSettings, regions_topic
from mobilenet_perception.tools.benchmark.variants import measure_variants
from mobilenet_perception.tools.replay.settings import node_arguments, parameter_arguments
from mobilenet_perception.tools.terminal import notify

if TYPE_CHECKING:
    from mobilenet_perception.tools.benchmark.ros.timing_listener import TimingListener

# The rate of each of several cameras.
_CAMERA_RATE_HZ = 30.0
# Loading a large bundle and discovering each other takes seconds on a busy machine.
_START_S = 90.0
_QUIET_S = 1.0
# What a trial may take longer than planned.
_GRACE_S = 60.0
# The first moments of a trial do not count.
_SETTLE_S = 0.5
_SETTLE_FRAMES = 5


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
) -> Iterator[trials.Trial | trials.RateHeld]:
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


def _search(rig: 'Rig', settings: BenchmarkSettings) -> trials.RateHeld:
    search = settings.search
    last: list[trials.Trial] = []

    def attempt(rate_hz: float, confirming: bool) -> trials.Attempt:
        seconds = search.seconds
        if confirming:
            enough_s = min(search.confirm_frames / rate_hz, search.confirm_seconds)
            seconds = max(settings.seconds, enough_s)
        trial = rig.trial(rate_hz, seconds)
        last[:] = [trial]
        what = 'confirming' if confirming else 'trying'
        notify(f'{what} {rate_hz:.1f} Hz for {seconds:.1f} s: {trial.limit or "held"}')
        return trials.Attempt(rate_hz, confirming, trial.held, trial.limit)

    found = trials.highest_rate(attempt, search)
    # The trial that ends a search is the one that confirms what it found.
    return trials.RateHeld(found, last[0] if found.rate_hz is not None else None)


def _cameras(count: int) -> str:
    return f'{count} camera{"s" if count > 1 else ""}'


@contextmanager
def open_rig(
    settings: BenchmarkSettings, runtime: str, cameras: int, environment: Mapping[str, str]
) -> Iterator['Rig']:
    """Start a node with so many cameras; all ends with the context.

    Args:
        settings: budget, size of the frames, bundle.
        runtime: name of the inference runtime.
        cameras: how many.
        environment: of ROS processes, this one included.

    Raises:
        PerceptionError: they failed or did not find each other.
    """
    # After the environment is set.
    from mobilenet_perception.ros.process import joined_ros  # noqa: PLC0415
    from mobilenet_perception.tools.benchmark.ros.timing_listener import TimingListener  # noqa: PLC0415

    names = [f'camera_{index}' for index in range(1, cameras + 1)]
    streams = [SourceCamera(name, f'/{name}/image_raw', False) for name in names]
    node = node_arguments(settings.node._replace(runtime=runtime), streams)
    node += _region_arguments(streams, settings.regions) if settings.regions else []
    arguments = [str(settings.width), str(settings.height), *(item.topic for item in streams)]
    arguments += ['--regions', str(settings.regions)]
    with TemporaryDirectory(prefix='benchmark-') as folder:
        scratch = Path(folder)
        with (
            joined_ros(),
            closing(TimingListener(names)) as listener,
            Child('mobilenet_perception.ros.classifier', node, environment,
                  scratch / 'node.log') as classifier,
            _Cameras('mobilenet_perception.tools.benchmark.ros.cameras', arguments, environment,
                     scratch / 'cameras.log') as publisher,
        ):  # fmt: skip
            rig = Rig(classifier, publisher, listener, names, scratch, settings.regions)
            rig.connect()
            yield rig


def _region_arguments(cameras: Iterable[SourceCamera], regions: int) -> list[str]:
    """Return the parameters by which the node takes so many regions of each frame."""
    parameters = {
        f'{camera.name}.{name}': value
        for camera in cameras
        for name, value in (
            ('regions_topic', regions_topic(camera.topic)),
            # Those of the frame itself: none is answered by what was sent before.
            ('regions_match', EXACT),
            ('regions_most', regions),
        )
    }
    return parameter_arguments(parameters)


class _Cameras(Child):
    """The process that publishes."""

    def __enter__(self) -> '_Cameras':
        """Return itself."""
        return self

    def order(self, number: int, rate_hz: float, frames: int, sent: Path) -> None:
        """Have it publish."""
        order = {'number': number, 'rate_hz': rate_hz, 'frames': frames, 'sent': str(sent)}
        self._input.write(json.dumps(order).encode() + b'\n')
        self._input.flush()


class Rig:
    """A node, its cameras and a listener that have found each other."""

    def __init__(
        self, node: Child, cameras: _Cameras, listener: 'TimingListener', names: list[str],
        scratch: Path, regions: int = 0,
    ) -> None:  # fmt: skip
        self._node = node
        self._cameras = cameras
        self._listener = listener
        self._names = names
        self._scratch = scratch
        self._regions = regions
        self._orders = 0

    def connect(self) -> None:
        """Wait until frames of every camera come back.

        Raises:
            PerceptionError: the node or the cameras failed, or they do not find each other.
        """
        end = time.monotonic() + _START_S
        while not self._cameras.has_said('ready'):
            self._wait(0.05, end)
        heard: set[str] = set()
        while heard != set(self._names):
            self._publish(10.0, 3, end)
            records, _ = self._listener.take()
            heard |= {camera for camera, _ in records}

    def trial(self, rate_hz: float, seconds: float) -> trials.Trial:
        """Publish at a rate, and say what became of the frames.

        Args:
            rate_hz: frames a second and camera.
            seconds: how long, after the first moments, which do not count.

        Raises:
            PerceptionError: the node or the cameras failed.
        """
        settle = max(_SETTLE_FRAMES, math.ceil(_SETTLE_S * rate_hz))
        frames = max(1, round(rate_hz * seconds))
        self._listener.take()
        end = time.monotonic() + (settle + frames) / rate_hz + _GRACE_S
        sent = self._publish(rate_hz, settle + frames, end)
        counted = [stamps for number, stamps in sent if number >= settle]
        by_camera = {
            name: [stamps[index] for stamps in counted] for index, name in enumerate(self._names)
        }
        records, unheard = self._listener.take()
        return trials.summarise(rate_hz, frames, by_camera, records, unheard, self._regions)

    def _publish(self, rate_hz: float, frames: int, end_s: float) -> list[tuple[int, list[int]]]:
        """Publish, hear what comes, and return what was sent."""
        self._orders += 1
        file = self._scratch / f'sent-{self._orders}.json'
        heard_before = self._listener.heard
        try:
            self._cameras.order(self._orders, rate_hz, frames, file)
            while not self._cameras.has_said(f'done {self._orders}'):
                self._wait(0.05, end_s)
        except BrokenPipeError:
            # It has gone: say why.
            self._cameras.process.wait(_QUIET_S)
            self._wait(0.0, end_s)
        sent: list[tuple[int, list[int]]] = json.loads(file.read_text(encoding='utf-8'))
        file.unlink()
        # Best effort knows no receipt: when all are there or none has come lately, that is all.
        expected = len(sent) * len(self._names)
        heard, since_s = -1, time.monotonic()
        while self._listener.heard - heard_before < expected:
            if self._listener.heard != heard:
                heard, since_s = self._listener.heard, time.monotonic()
            elif time.monotonic() > since_s + _QUIET_S:
                break
            self._wait(0.02, end_s)
        return sent

    def _wait(self, seconds: float, end_s: float) -> None:
        self._listener.spin(seconds)
        for child, name in ((self._node, 'the node'), (self._cameras, 'the publisher')):
            child.check()
            if child.process.poll() is not None:
                raise PerceptionError(
                    f'{name} ended by itself; it said last: {child.last_words()}'
                )
        if time.monotonic() > end_s:
            raise PerceptionError(
                f'the node and the publisher did not get ahead in time: {self._node.last_words()}'
            )
