# SPDX-License-Identifier: Apache-2.0
"""A pipeline on a bench: its time stands still unless a test moves it."""

from typing import Any

from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.pipeline.parameters import CameraSettings, PipelineSettings
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.pipeline.result import Result
from tests.support.manual_clock import MS, ManualClock


class Bench:
    """A pipeline of one or more cameras, its clock, and what came out."""

    def __init__(self, classifier: Classifier, *cameras: str, **settings: Any) -> None:
        self.clock = ManualClock()
        self.results: list[Result] = []
        budget_ms = settings.pop('latency_budget_ms', 50.0)
        self.pipeline = Pipeline(
            classifier,
            {name: CameraSettings(budget_ms) for name in cameras or ('front',)},
            self.results.append,
            PipelineSettings(**settings),
            self.clock,
        )

    def submit(self, message: Any, name: str = 'front', age_ms: float = 0.0) -> None:
        self.pipeline.submit(name, message, self.clock.now_ns() - round(age_ms * MS))

    @property
    def outcomes(self) -> list[str]:
        return [str(result.record.outcome) for result in self.results]


def with_classify(classifier: Classifier, classify: Any) -> Any:
    """Return a classifier of the same bundle that classifies otherwise."""

    class Other:
        labels, variants, variant = classifier.labels, classifier.variants, classifier.variant
        runtime = classifier.runtime

    Other.classify = staticmethod(classify)  # type: ignore[attr-defined]
    return Other()
