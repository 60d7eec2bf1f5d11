# SPDX-License-Identifier: Apache-2.0
"""Play a source over DDS to the real node, each in a process of its own, and hear its answers."""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.runtimes import RuntimeSettings, choose_runtime
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.recordings import Source
from mobilenet_perception.recordings.labels import ThingLabels
from mobilenet_perception.ros.domain import isolated_ros
from mobilenet_perception.system.child_process import Child
from mobilenet_perception.tools.replay import settings as replay_settings
from mobilenet_perception.tools.replay.ros.player import SentFrame, read_sent
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.report.run import (
    FrameResult,
    MissedFrame,
    Run,
    Thumbnail,
    camera_decision,
    describe_bundle,
    describe_machine,
    thing_results,
)

if TYPE_CHECKING:
    from mobilenet_perception.ros.listener import Listener

# Loading a large bundle and discovering each other takes seconds on a busy machine.
_START_S = 90.0
_QUIET_S = 2.0


def play_live(
    settings: ReplaySettings,
    on_second: Callable[[float, 'Listener'], None] = lambda seconds, listener: None,
    folder: Path | None = None,
    notify: Callable[[str], None] = lambda words: None,
) -> Run:
    """Play a source to the node and collect what it publishes.

    Ctrl-C ends the playing: what was heard until then is returned, marked as interrupted.

    Args:
        settings: what to play, and how.
        on_second: called each second with the seconds since the start.
        folder: for the logs of the processes; None: a temporary one.
        notify: called with what is being done, in words.

    Raises:
        PerceptionError: ROS is not here, the node or the player failed, or the node answered
            nothing.
        KeyboardInterrupt: Ctrl-C came before anything was heard.
    """
    # Before any process starts: these know best what is wrong with what they read.
    source = settings.open()
    bundle = load_bundle(settings.bundle)
    runtime = choose_runtime(settings.runtime, RuntimeSettings(threads=settings.threads))
    # The same for the node, and for the record of the run.
    settings = settings._replace(runtime=runtime.name)
    with TemporaryDirectory(prefix='replay-') as scratch, isolated_ros() as environment:
        logs = folder or Path(scratch)
        logs.mkdir(parents=True, exist_ok=True)
        session = _Session(settings, source, environment, logs, Path(scratch))
        start = time.monotonic()
        domain = environment['ROS_DOMAIN_ID']
        notify(f'starting the node, and a player of {settings.source}, in ROS domain {domain} ...')
        interrupted = session.run(on_second)
        if interrupted and not session.has_heard:
            raise KeyboardInterrupt
        frames, missed = session.results()
        return Run(
            mode='ros',
            source=settings.source,
            bundle=describe_bundle(bundle),
            machine=describe_machine(runtime),
            latency_budget_ms=settings.budget_ms,
            frames=frames,
            missed=missed,
            thumbnails=session.thumbnails(),
            troubles=session.troubles,
            wall_s=time.monotonic() - start,
            interrupted=interrupted,
        )


class _Session:
    """One node, one player and one listener."""

    def __init__(
        self,
        settings: ReplaySettings,
        source: Source,
        environment: Mapping[str, str],
        logs: Path,
        scratch: Path,
    ) -> None:
        self._settings = settings
        self._cameras = source.cameras
        self._things = {
            camera.name: source.things.get(camera.name, ThingLabels())
            for camera in source.cameras
            if camera.regions
        }
        self._environment = environment
        self._logs = logs
        self._sent_file = scratch / 'sent.jsonl'
        self._pictures = scratch / 'thumbnails'
        self._pictures.mkdir()
        self._listener: Listener | None = None
        self._sources: dict[int, int] = {}

    @property
    def troubles(self) -> list[str]:
        """What diagnostics said, and what got lost on the way back."""
        listener = self._listener
        if listener is None:
            return []
        if not listener.unheard:
            return listener.troubles
        words = f'{listener.unheard} outcomes that the node published got lost on the way here'
        return [*listener.troubles, words]

    @property
    def has_heard(self) -> bool:
        """Whether an outcome has come."""
        return self._listener is not None and bool(self._listener.records)

    def run(self, on_second: Callable[[float, 'Listener'], None]) -> bool:
        """Play; True when a person ended it early."""
        # After the environment is set.
        from mobilenet_perception.ros.listener import Listener  # noqa: PLC0415
        from mobilenet_perception.ros.process import joined_ros  # noqa: PLC0415

        names = [camera.name for camera in self._cameras]
        with joined_ros(), closing(Listener(names, self._things)) as listener:
            self._listener = listener
            try:
                with self._start_node() as node, self._start_player() as player:
                    self._connect(listener, node, player)
                    self._play(listener, node, player, on_second)
                    self._settle(listener)
            except KeyboardInterrupt:
                return True
        return False

    def results(self) -> tuple[dict[str, list[FrameResult]], list[MissedFrame]]:
        """Pair what was heard with what was sent.

        Raises:
            PerceptionError: the node answered nothing.
        """
        sent = read_sent(self._sent_file) if self._sent_file.is_file() else []
        listener = self._listener
        if listener is None or not listener.records:
            raise PerceptionError(
                f'the node reported no frame of {len(sent)} sent: see '
                f'{self._logs / "node.log"} (kept with `demo --out`), and diagnostics: '
                f'{"; ".join(self.troubles) or "none"}'
            )
        frames: dict[str, list[FrameResult]] = {camera.name: [] for camera in self._cameras}
        missed = []
        for item in sent:
            self._sources[item.stamp_ns] = item.source_stamp_ns
            known = self._things.get(item.camera)
            roi = self._settings.roi or item.roi if known is None else None
            result = _result(item, listener, roi, known)
            if result is None:
                truth, clear = (item.truth, item.clear) if known is None else (None, False)
                missed.append(MissedFrame(item.camera, item.time_s, truth, clear))
            else:
                frames[item.camera].append(result)
        return frames, missed

    def thumbnails(self) -> list[Thumbnail]:
        """Read the player's pictures, in the order in which they were taken."""
        found = []
        for path in self._pictures.iterdir():
            camera, stamp_ns, size = path.stem.rsplit('-', 2)
            width, height = (int(number) for number in size.split('x'))
            stamp = self._sources.get(int(stamp_ns), 0)
            found.append(Thumbnail(camera, stamp, width, height, path.read_bytes()))
        return sorted(found, key=lambda item: item.stamp_ns)

    def _start_node(self) -> Child:
        arguments = replay_settings.node_arguments(self._settings, self._cameras)
        module = 'mobilenet_perception.ros.classifier'
        return Child(module, arguments, self._environment, self._logs / 'node.log')

    def _start_player(self) -> Child:
        arguments = replay_settings.player_arguments(
            self._settings, self._sent_file, self._pictures
        )
        module = 'mobilenet_perception.tools.replay.ros.player'
        return Child(module, arguments, self._environment, self._logs / 'player.log')

    def _connect(self, listener: 'Listener', node: Child, player: Child) -> None:
        """Wait until the three have found each other, and tell the player to start."""
        end = time.monotonic() + _START_S
        while not (player.has_said('ready') and listener.is_connected):
            listener.spin(0.05)
            node.check()
            player.check()
            if time.monotonic() > end:
                raise PerceptionError(
                    f'the node and the player did not find each other in {_START_S:g} s: '
                    f'{node.last_words()}'
                )
        player.signal_go()

    def _play(
        self,
        listener: 'Listener',
        node: Child,
        player: Child,
        on_second: Callable[[float, 'Listener'], None],
    ) -> None:
        start = told = time.monotonic()
        while not player.has_said('done'):
            player.check()
            listener.spin(min(0.1, max(0.01, told + 1.0 - time.monotonic())))
            if time.monotonic() >= told + 1.0:
                told += 1.0
                on_second(told - start, listener)
            node.check()

    def _settle(self, listener: 'Listener') -> None:
        """Wait for the outcomes of what was sent, until all are there or none has come lately."""
        sent = len(read_sent(self._sent_file))
        listener.heard_s = time.monotonic()
        while len(listener.records) < sent and time.monotonic() < listener.heard_s + _QUIET_S:
            listener.spin(0.02)


def _result(
    item: SentFrame,
    listener: 'Listener',
    roi: RegionOfInterest | None,
    known: ThingLabels | None,
) -> FrameResult | None:
    key = (item.camera, item.stamp_ns)
    record = listener.records.get(key)
    if record is None:
        return None
    if known is not None:
        looked = listener.looked.get(key, ()) if record.outcome is Outcome.ON_TIME else ()
        decided = listener.things_decided.get(key, ())
        return FrameResult(
            record=record._replace(stamp_ns=item.source_stamp_ns),
            time_s=item.time_s,
            top=(),
            decision=camera_decision(decided),
            truth=None,
            clear=False,
            roi=None,
            things=thing_results(looked, decided, known, item.source_stamp_ns),
        )
    return FrameResult(
        record=record._replace(stamp_ns=item.source_stamp_ns),
        time_s=item.time_s,
        top=listener.labels.get(key, ()) if record.outcome is Outcome.ON_TIME else (),
        decision=listener.decided.get(key, ''),
        truth=item.truth,
        clear=item.clear,
        roi=roi,
    )
