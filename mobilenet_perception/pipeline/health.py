# SPDX-License-Identifier: Apache-2.0
"""Health, as `/diagnostics` reports it: of the runtime, of the computer and of each camera."""

from typing import NamedTuple

from mobilenet_perception.pipeline import input_trouble
from mobilenet_perception.pipeline.camera_queue import CameraState
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.pipeline.timing import miss_rate, stage_percentiles, variant_shares
from mobilenet_perception.system.machine import Identity, Readings, troubles


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
    runtime = pipeline.runtime
    values = {'runtime': f'{runtime.name} {runtime.version}', 'slowdown': pipeline.slowdown}
    return Health(troubles, values)


def machine_health(identity: Identity, readings: Readings) -> Health:
    """Report on the computer: its clocks and temperatures, and what slows it down.

    Args:
        identity: what it is.
        readings: the last two of its sensors.
    """
    known = {
        'board': identity.board,
        'processor': identity.processor,
        'jetpack': identity.jetpack,
        **readings.state.values(),
    }
    return Health(
        troubles(*readings), {name: value for name, value in known.items() if value != ''}
    )


def camera_health(state: CameraState, needed_ms: float, topic: str, silence: str) -> Health:
    """Report on one camera.

    Args:
        state: what there is to know of it.
        needed_ms: time that the fastest variant is predicted to take, in milliseconds.
        topic: the topic of its images.
        silence: why no frame has come; empty when one has.
    """
    records, counts, arrivals = state.records, state.counts, state.arrivals
    values: dict[str, object] = {
        'topic': topic,
        'received': counts.received,
        **{str(outcome): count for outcome, count in counts.by_outcome.items()},
        'rate_hz': arrivals.rate_hz,
        'lost_share': arrivals.lost_share,
        'latency_budget_ms': state.settings.latency_budget_ms,
        'miss_rate': miss_rate(records) or 0.0,
        'decision': state.decision.label,
        'variant': next((r.variant for r in reversed(records) if r.variant), ''),
    }
    values |= {f'share_{name}': share for name, share in variant_shares(records).items()}
    for stage, summary in stage_percentiles(records).items():
        name = stage.removesuffix('_ms')
        for percentile in ('p50', 'p95', 'p99'):
            values[f'{name}_{percentile}_ms'] = getattr(summary, percentile)
    troubles = [
        silence,
        state.stamp_trouble,
        *input_trouble.picture(state.picture, state.name, state.settings.significant_bits),
        input_trouble.rejections(records),
        input_trouble.retries(records),
        input_trouble.loss(topic, arrivals),
        input_trouble.missed_budget(records, needed_ms),
    ]
    return Health([trouble for trouble in troubles if trouble], values)
