# SPDX-License-Identifier: Apache-2.0
"""What to play to the real node, and the arguments that its processes get of it."""

from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.inference.runtimes.choose import AUTO
from mobilenet_perception.recordings import Source, SourceCamera, open_source

# Frames that wait for a reader that lags behind, where none may get lost.
RELIABLE_DEPTH = 30


class LiveSettings(NamedTuple):
    """What to play to the node, and how. The names are those of `replay`'s arguments."""

    source: str
    bundle: Path
    latency_budget_ms: float = 50.0
    rate_hz: float | None = None
    seconds: float | None = None
    topics: tuple[str, ...] = ()
    labels: Path | None = None
    roi: RegionOfInterest | None = None
    variant: str = ''
    runtime: str = AUTO
    threads: int = 1
    reliable: bool = False

    def open(self, stamps: Container[int] | None = None) -> Source:
        """Open the source; `stamps` as in `open_source`.

        Raises:
            PerceptionError: there is no such source, or it cannot be read.
        """
        return open_source(
            self.source,
            rate_hz=self.rate_hz,
            seconds=self.seconds,
            topics=self.topics,
            labels_file=self.labels,
            stamps=stamps,
        )


def node_arguments(settings: LiveSettings, cameras: Iterable[SourceCamera]) -> list[str]:
    """Return the arguments of the node: its parameters."""
    cameras = list(cameras)
    parameters: dict[str, Any] = {
        'bundle': settings.bundle.resolve(),
        'runtime': settings.runtime,
        'runtime_threads': settings.threads,
        'latency_budget_ms': float(settings.latency_budget_ms),
        'cameras': [camera.name for camera in cameras],
    }
    if settings.variant:
        parameters['variant'] = settings.variant
    for camera in cameras:
        parameters[f'{camera.name}.image_topic'] = camera.topic
        transport = 'compressed' if camera.compressed else 'raw'
        parameters[f'{camera.name}.image_transport'] = transport
        if settings.roi is not None:
            parameters[f'{camera.name}.roi'] = list(settings.roi)
        if settings.reliable:
            qos = f'qos_overrides.{camera.topic}.subscription'
            parameters[f'{qos}.reliability'] = 'reliable'
            parameters[f'{qos}.depth'] = RELIABLE_DEPTH
    arguments = ['--ros-args']
    for name, value in parameters.items():
        arguments += ['-p', f'{name}:={value}']
    return arguments


def player_arguments(settings: LiveSettings, sent: Path, pictures: Path) -> list[str]:
    """Return the arguments of the player, which writes what it sent and a few pictures."""
    arguments = [settings.source, '--handshake', '--sent', str(sent)]
    arguments += ['--thumbnails', str(pictures)]
    given = {
        '--rate': settings.rate_hz,
        '--seconds': settings.seconds,
        '--labels': settings.labels,
    }
    for name, value in given.items():
        arguments += [name, str(value)] if value is not None else []
    for topic in settings.topics:
        arguments += ['--topic', topic]
    if settings.reliable:
        arguments.append('--reliable')
    if settings.roi is None:
        # Regions of interest as the source knows them.
        arguments += ['--node', 'classifier']
    return arguments
