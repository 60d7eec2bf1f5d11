# SPDX-License-Identifier: Apache-2.0
"""What `/diagnostics` says of the node and of each camera: pure but for the pipeline it reads."""

from typing import NamedTuple

from mobilenet_perception import input_trouble
from mobilenet_perception.camera import Camera
from mobilenet_perception.pipeline import Pipeline
from mobilenet_perception.timing import stage_percentiles


class Health(NamedTuple):
    """State of one thing.

    Attributes:
        troubles: what is wrong, in sentences; empty when nothing is.
        values: figures, by key.
    """

    troubles: list[str]
    values: dict[str, object]


def runtime_health(pipeline: Pipeline, watchdog_ms: float) -> Health:
    """Report on the runtime: whether it hangs, and how it slows down."""
    troubles = []
    stalled_ms = pipeline.stalled_ms()
    if stalled_ms > watchdog_ms:
        troubles.append(
            f'the runtime has been busy with one frame for {stalled_ms / 1e3:.1f} s, more than '
            'watchdog_ms: decisions are stale; restart the node'
        )
    return Health(troubles, {'slowdown': pipeline.slowdown})


def camera_health(pipeline: Pipeline, camera: Camera, topic: str, silence: str) -> Health:
    """Report on one camera.

    Args:
        pipeline: what runs its frames.
        camera: the camera.
        topic: the topic of its images.
        silence: why no frame has come, for the case that none has.
    """
    records = camera.window.records()
    counts = pipeline.counts(camera.name)
    arrivals = camera.arrivals.summary()
    values: dict[str, object] = {
        'topic': topic,
        'received': counts.received,
        **{str(outcome): count for outcome, count in counts.by_outcome.items()},
        'rate_hz': arrivals.rate_hz,
        'lost_share': arrivals.lost_share,
        'latency_budget_ms': camera.settings.latency_budget_ms,
        'decision': pipeline.decision(camera.name).label,
        'variant': next((r.variant for r in reversed(records) if r.variant), ''),
    }
    for stage, summary in stage_percentiles(records).items():
        name = stage.removesuffix('_ms')
        for percentile in ('p50', 'p95', 'p99'):
            values[f'{name}_{percentile}_ms'] = getattr(summary, percentile)
    if not counts.received:
        return Health([silence] if silence else [], values)
    troubles = [
        camera.stamp_trouble,
        input_trouble.rejections(records),
        input_trouble.loss(topic, arrivals),
        input_trouble.missed_budget(records, pipeline.predict_ms()),
    ]
    return Health([trouble for trouble in troubles if trouble], values)
