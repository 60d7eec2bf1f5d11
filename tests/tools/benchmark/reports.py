# SPDX-License-Identifier: Apache-2.0
"""Reports of made-up figures."""

from pathlib import Path
from typing import Any

from mobilenet_perception.inference.bundle import Bundle
from mobilenet_perception.pipeline.timing import Outcome, Percentiles
from mobilenet_perception.tools.benchmark.report import Report
from mobilenet_perception.tools.benchmark.settings import BenchmarkSettings
from mobilenet_perception.tools.benchmark.trial import Attempt, RateHeld, SearchResult, Trial
from mobilenet_perception.tools.benchmark.variants import VariantFigures
from tests.support.tiny_bundle import tiny_manifest

RUNTIME = 'onnxruntime'


def variant(name: str = 'tiny', p50: float = 2.0, p99: float = 4.0) -> VariantFigures:
    latency = Percentiles(p50, p50 + 0.5, p99, p99 + 1)
    return VariantFigures(name, RUNTIME, '1.2', 30.0, 5.0, latency, 500, 1e3 / p50, 20.0)


def trial(rate_hz: float = 30.0, cameras: int = 1, age_ms: float | None = 6.0) -> Trial:
    age = None if age_ms is None else Percentiles(age_ms, age_ms, 2 * age_ms, 3 * age_ms)
    outcomes = {str(outcome): 0 for outcome in Outcome}
    outcomes['expired' if age is None else 'on_time'] = 300
    missed = 1.0 if age is None else 0.0
    variants = {} if age is None else {'tiny': 1.0}
    return Trial(cameras, rate_hz, 300, 300, outcomes, 0, 0, missed, missed, missed, variants,
                 age, age, age)  # fmt: skip


def held(rate_hz: float | None = 100.0) -> RateHeld:
    attempts = (Attempt(120.0, False, False, 'of 360 frames 7 superseded'),)
    found = SearchResult(rate_hz, 'at 120.0 Hz, of 360 frames 7 superseded', attempts)
    return RateHeld(found, None if rate_hz is None else trial(rate_hz))


def report(
    *found: VariantFigures | Trial | RateHeld, digest: str = 'ab' * 32, skipped: str = ''
) -> dict[str, Any]:
    """A report of these figures."""
    bundle = Bundle(Path(), digest, tiny_manifest(), {}, {})
    made = Report(BenchmarkSettings(), bundle, {RUNTIME: '1.2'})
    made.skipped = skipped
    for item in found:
        made.add(RUNTIME, item)
    return made.to_json()
