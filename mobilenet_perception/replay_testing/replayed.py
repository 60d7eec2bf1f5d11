# SPDX-License-Identifier: Apache-2.0
"""A replay as far as another one is compared with it: labels, typical times, circumstances."""

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from statistics import median
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.replay_testing.timeline import TimelineFrame, timeline

# Of the stages of a frame's life, those that this package and the runtime spend on it.
STAGES = ('decode', 'preprocess', 'inference', 'postprocess')
# Inference apart, since each variant has a time of its own.
OTHER_STAGES = tuple(stage for stage in STAGES if stage != 'inference')


class Replayed(NamedTuple):
    """What a replay gave.

    Attributes:
        version: of this package.
        mode: `fast`, `paced` or `ros`.
        source: name of what was played, without the folders above it.
        source_digest: SHA-256 of its files; empty: not known.
        bundle: name, digest and labels, as a report has them.
        machine: processor, runtime and versions, as a report has them.
        settings: how it was played; what is absent is not known.
        inference_ms: median inference time by variant, in milliseconds.
        stages_ms: medians of `OTHER_STAGES`, in milliseconds.
        cameras: the frames, by camera.
    """

    version: str
    mode: str
    source: str
    source_digest: str
    bundle: dict[str, Any]
    machine: dict[str, Any]
    settings: dict[str, Any]
    inference_ms: dict[str, float]
    stages_ms: dict[str, float]
    cameras: dict[str, list[TimelineFrame]]


def replayed(
    report: Mapping[str, Any], settings: Mapping[str, Any] | None = None, source_digest: str = ''
) -> Replayed:
    """Return what a report that `report.json_report` made says.

    Args:
        report: as read from JSON, or fresh.
        settings: how it was played, JSON values by name.
        source_digest: of the source.

    Raises:
        PerceptionError: it is no such report.
    """
    try:
        frames = [frame for camera in report['cameras'].values() for frame in camera['frames']]
        return Replayed(
            version=report['version'],
            mode=report['mode'],
            source=PurePath(report['source']).name,
            source_digest=source_digest,
            bundle={name: report['bundle'][name] for name in ('name', 'digest', 'labels')},
            machine=dict(report['machine']),
            settings={'latency_budget_ms': report['latency_budget_ms'], **(settings or {})},
            inference_ms=_inference_ms(frames),
            stages_ms={stage: _median(_times(frames, stage)) for stage in OTHER_STAGES},
            cameras={name: timeline(item['frames']) for name, item in report['cameras'].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise PerceptionError(
            f'this is no report of a replay ({type(error).__name__}: {error}): '
            'name a file that `replay --json` wrote'
        ) from None


def _inference_ms(frames: list[Mapping[str, Any]]) -> dict[str, float]:
    variants = dict.fromkeys(frame['variant'] for frame in frames if frame['variant'])
    found = {}
    for variant in variants:
        of_variant = [frame for frame in frames if frame['variant'] == variant]
        found[variant] = _median(_times(of_variant, 'inference'))
    return found


def _times(frames: Iterable[Mapping[str, Any]], stage: str) -> list[float]:
    return [frame['times_ms'][stage] for frame in frames if stage in frame['times_ms']]


def _median(values: list[float]) -> float:
    return round(median(values), 3) if values else 0.0
