# SPDX-License-Identifier: Apache-2.0
"""Settings of one replay: what is played, and how; the same record for every way to play it."""

import argparse
import math
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.inference.runtimes.choose import AUTO
from mobilenet_perception.pipeline.regions import RegionRules
from mobilenet_perception.recordings import Source, SourceCamera, open_source
from mobilenet_perception.recordings.regions import NONE
from mobilenet_perception.tools.arguments import add_bundle, bundle_path, positive
from mobilenet_perception.tools.regions import rule_parameters

MODES = ('fast', 'paced', 'ros')
BUDGET_MS = 50.0
# Frames that wait for a reader that lags behind, where none may get lost.
RELIABLE_DEPTH = 30


class ReplaySettings(NamedTuple):
    """What to play, and how. The names are those of `replay`'s arguments.

    Attributes:
        source: path of a bag, a video or a folder of images, or `drive`; empty: frames come from
            elsewhere, such as a simulation.
        bundle: folder of the model bundle.
        mode: `fast`: every frame, as fast as it goes; `paced`: at recorded pace in this process;
            `ros`: at recorded pace over DDS to the real node.
        latency_budget_ms: of each frame; None: none in fast mode, else 50 ms.
        rate_hz: frames above it are left out; None: none are.
        seconds: play so much of the source; None: all.
        topics: camera topics of a bag; none: all.
        labels: file of what the frames show; None: the one in the bag's folder, if any.
        roi: where to look; None: as the labels say.
        significant_bits: of 16-bit samples, 8 to 16; 0: all.
        variant: name of the variant to run; empty: the most accurate that fits.
        runtime: name of the inference runtime.
        threads: CPU threads of one inference.
        faults: what goes wrong on purpose, as `--fault` takes it; not in mode `ros`.
        reliable: over DDS, send again what gets lost; else as camera drivers do.
        regions: topics of a bag that say where to look, as `open_source` takes them.
        region_rules: which of the boxes to look at, and with which frame.
    """

    source: str = ''
    bundle: Path = Path()
    mode: str = 'fast'
    latency_budget_ms: float | None = None
    rate_hz: float | None = None
    seconds: float | None = None
    topics: tuple[str, ...] = ()
    labels: Path | None = None
    roi: RegionOfInterest | None = None
    significant_bits: int = 0
    variant: str = ''
    runtime: str = AUTO
    threads: int = 1
    faults: tuple[str, ...] = ()
    reliable: bool = False
    regions: tuple[str, ...] = ()
    region_rules: RegionRules = RegionRules()

    @property
    def budget_ms(self) -> float:
        """The budget of each frame; infinite: every frame is run, and none is late."""
        if self.latency_budget_ms is not None:
            return self.latency_budget_ms
        return math.inf if self.mode == 'fast' else BUDGET_MS

    @property
    def asked_regions(self) -> tuple[str, ...]:
        """The topics of regions; with a region of interest for all frames, none is looked for."""
        return self.regions or ((NONE,) if self.roi else ())

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
            regions=self.asked_regions,
            significant_bits=self.significant_bits,
        )

    def to_json(self) -> dict[str, Any]:
        """Return what decides about labels, beside the source and the bundle, as JSON values."""
        return {
            'rate_hz': self.rate_hz,
            'seconds': self.seconds,
            'topics': list(self.topics),
            'roi': list(self.roi) if self.roi else None,
            'significant_bits': self.significant_bits,
            'variant': self.variant,
            'threads': self.threads,
            'faults': list(self.faults),
            'regions': ' '.join(self.asked_regions) or 'as found',
            **rule_parameters(self.region_rules),
        }


def add_node(parser: argparse.ArgumentParser) -> None:
    """Add how the node is run: `--latency-budget-ms`, and what `add_bundle` adds."""
    parser.add_argument(
        '--latency-budget-ms', type=positive, default=BUDGET_MS, metavar='MS',
        help='%(default)s',
    )  # fmt: skip
    add_bundle(parser)


def settings_of(arguments: argparse.Namespace, **how: Any) -> ReplaySettings:
    """Return settings with what all commands that play have as arguments.

    Args:
        arguments: with what `add_node` adds.
        **how: the other fields.

    Raises:
        BundleError: the built-in bundle is asked for and not installed.
    """
    return ReplaySettings(
        bundle=bundle_path(arguments),
        latency_budget_ms=arguments.latency_budget_ms,
        runtime=arguments.runtime,
        threads=arguments.threads,
        **how,
    )


def node_arguments(settings: ReplaySettings, cameras: Iterable[SourceCamera]) -> list[str]:
    """Return the arguments of the node: its parameters."""
    cameras = list(cameras)
    parameters: dict[str, Any] = {
        'bundle': settings.bundle.resolve(),
        'runtime': settings.runtime,
        'runtime_threads': settings.threads,
        'latency_budget_ms': float(settings.budget_ms),
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
        parameters[f'{camera.name}.significant_bits'] = settings.significant_bits
        if camera.regions:
            parameters[f'{camera.name}.regions_topic'] = camera.regions
            for name, value in rule_parameters(settings.region_rules).items():
                if value != []:  # what ROS's command line cannot say is the default
                    parameters[f'{camera.name}.{name}'] = value
        for topic in filter(None, (camera.topic, camera.regions)) if settings.reliable else ():
            qos = f'qos_overrides.{topic}.subscription'
            parameters[f'{qos}.reliability'] = 'reliable'
            parameters[f'{qos}.depth'] = RELIABLE_DEPTH
    return ['--ros-args', *parameter_arguments(parameters)]


def parameter_arguments(parameters: Mapping[str, Any]) -> list[str]:
    """Return parameters as a node takes them after `--ros-args`."""
    return [part for name, value in parameters.items() for part in ('-p', f'{name}:={value}')]


def player_arguments(settings: ReplaySettings, sent: Path, pictures: Path) -> list[str]:
    """Return the arguments of the player, which writes what it sent and a few pictures."""
    arguments = [settings.source, '--handshake', '--sent', str(sent)]
    arguments += ['--thumbnails', str(pictures)]
    given = {
        '--rate': settings.rate_hz,
        '--seconds': settings.seconds,
        '--labels': settings.labels,
        '--significant-bits': settings.significant_bits or None,
    }
    for name, value in given.items():
        arguments += [name, str(value)] if value is not None else []
    for topic in settings.topics:
        arguments += ['--topic', topic]
    for topic in settings.asked_regions:
        arguments += ['--regions', topic]
    if settings.reliable:
        arguments.append('--reliable')
    if settings.roi is None:
        # Regions of interest as the source knows them.
        arguments += ['--node', 'classifier']
    return arguments
