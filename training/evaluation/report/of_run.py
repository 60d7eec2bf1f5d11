# SPDX-License-Identifier: Apache-2.0
"""The report of an evaluated run, in its folder."""

from collections.abc import Sequence
from pathlib import Path

from mobilenet_perception.system.files import write_atomically
from training.data.data_set import Sample
from training.evaluation.metrics.assessment import Assessment
from training.evaluation.predictions import Predictions, worst_mistakes
from training.evaluation.report.evaluation import Findings, Scored, evaluation_report
from training.fit.run_folder import Run
from training.report.page import page


def write_run_report(
    run: Run,
    predictions: Predictions,
    assessment: Assessment,
    samples: Sequence[Sample],
    unknown: Sequence[Scored],
) -> Path:
    """Write `report.html` into the run folder and return its path.

    Args:
        run: evaluated.
        predictions: of the test part.
        assessment: of the predictions.
        samples: the test part, in the same order.
        unknown: scores of unknown inputs; may be empty.
    """
    configuration, data = run.configuration(), run.data()
    mistakes = worst_mistakes(predictions)
    network = configuration.network
    facts = {
        'task': configuration.task,
        'network': f'{network.architecture}, alpha {network.alpha:g}',
        'input': f'{configuration.width} x {configuration.height} pixels',
        'weights at the start': network.weights or 'random',
        'epochs': str(configuration.epochs),
        'seed': str(configuration.seed),
        'data': f'{data.path}, SHA-256 {data.sha256[:12]}',
        **run.environment(),
    }
    findings = Findings(
        name=configuration.name,
        words=(
            f'{len(samples)} held-out images of {len(set(predictions.groups))} groups, '
            f'{len(data.published)} labels; figures of the exported graph on the runtime.'
        ),
        predictions=predictions,
        assessment=assessment,
        facts=facts,
        epochs=run.read_json('curves.json').get('epochs', ()),
        mistakes=mistakes,
        images=[samples[mistake.position].pixels for mistake in mistakes],
        unknown=unknown,
    )
    place = run.folder / 'report.html'
    write_atomically(place, page(evaluation_report(findings)))
    return place
