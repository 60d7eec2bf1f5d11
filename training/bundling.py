# SPDX-License-Identifier: Apache-2.0
"""Make a bundle of evaluated runs: variants by accuracy, golden frames, model card."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.bundle import Bundle, Manifest, Variant, write_bundle
from mobilenet_perception.runtimes import create_runtime
from training.complexity import multiply_adds
from training.configuration import Configuration
from training.data.sample import Sample
from training.data.splits import Split
from training.data.street_signals import CREDITS
from training.errors import TrainingError
from training.evaluate import Evaluation
from training.fit import load_network
from training.golden import golden_frames
from training.model_card import model_card
from training.run_folder import Run

_GOLDEN_TOLERANCE = 0.01


class Candidate(NamedTuple):
    """A run and what its evaluation found."""

    run: Run
    configuration: Configuration
    evaluation: Evaluation


def make_bundle(
    folder: Path, candidates: Sequence[Candidate], samples: Sequence[Sample], split: Split
) -> Bundle:
    """Write a bundle of one or more runs that share labels and split; self-tested when written.

    Args:
        folder: where to; its name becomes that of the bundle.
        candidates: the runs.
        samples: all data, to name what was held out.
        split: of the runs.

    Raises:
        TrainingError: labels differ, or a label's drawings are not recognised.
    """
    ladder = sorted(candidates, key=_accuracy, reverse=True)
    first = ladder[0]
    if any(c.configuration.labels != first.configuration.labels for c in ladder):
        raise TrainingError('the runs have different labels: bundle runs of one label set')
    models = {c.configuration.name: c.evaluation.model for c in ladder}
    manifest = Manifest(
        name=folder.resolve().name,
        task=first.configuration.task,
        labels=first.configuration.labels,
        variants=tuple(_variant(candidate) for candidate in ladder),
        temperature=first.evaluation.temperature,
        calibration={
            'method': 'temperature scaling on validation groups',
            'ece_before': first.evaluation.ece_before,
            'ece_after': first.evaluation.ece_after,
            'ece_test': first.evaluation.metrics['test'].ece,
        },
        decision=first.evaluation.decision,
        golden_tolerance=_GOLDEN_TOLERANCE,
        golden=(),
        provenance=_provenance(ladder, samples, split),
    )
    runtime = create_runtime()
    sessions = [runtime.load(model, name) for name, model in models.items()]
    golden = golden_frames(sessions, manifest.labels)
    card = model_card(manifest, [c.evaluation.metrics for c in ladder], split)
    return write_bundle(folder, manifest, models, golden, card, runtime)


def _accuracy(candidate: Candidate) -> float:
    return candidate.evaluation.metrics['test'].accuracy


def _variant(candidate: Candidate) -> Variant:
    configuration = candidate.configuration
    network = load_network(candidate.run)
    return Variant(
        name=configuration.name,
        file=f'{configuration.name}.onnx',
        architecture=configuration.architecture,
        alpha=configuration.alpha,
        height=configuration.height,
        width=configuration.width,
        precision='fp32',
        accuracy=round(_accuracy(candidate), 5),
        parameters=int(network.count_params()),
        macs=multiply_adds(network),
    )


def _provenance(
    ladder: Sequence[Candidate], samples: Sequence[Sample], split: Split
) -> dict[str, Any]:
    return {
        'credits': list(CREDITS),
        'command': 'make bundle',
        'runs': {
            candidate.configuration.name: {
                'configuration': candidate.configuration._asdict(),
                'environment': candidate.run.environment(),
                'training_seconds': round(candidate.run.read_json('curves.json')['seconds']),
                'accuracy': _summary(candidate.evaluation.metrics),
            }
            for candidate in ladder
        },
        'held_out': held_out(samples, split),
    }


def held_out(samples: Sequence[Sample], split: Split) -> dict[str, list[str]]:
    """Return what was held out: tracks of signs by name, lights by file."""
    test = split.select(samples, 'test')
    return {
        'gtsrb_tracks': sorted({s.group.split('/')[1] for s in test if s.source == 'gtsrb'}),
        'traffic_light_files': sorted(s.name for s in test if s.source == 'lights'),
    }


def _summary(metrics: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {'frames': found.frames, 'correct': found.correct, 'ece': round(found.ece, 4)}
        for name, found in metrics.items()
    }
