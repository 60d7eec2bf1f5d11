# SPDX-License-Identifier: Apache-2.0
"""The report of one evaluated network."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from training.data.data_set import Pixels, Scores
from training.evaluation.metrics.assessment import Assessment
from training.evaluation.plots import (
    class_bars,
    confusion_plot,
    known_unknown_plot,
    mistakes_picture,
    precision_recall_plot,
    reliability_plot,
    roc_plot,
    training_plot,
)
from training.evaluation.predictions import Mistake, Predictions
from training.evaluation.report.tables import (
    calibration_table,
    class_table,
    group_table,
    measure_table,
    unknown_table,
)
from training.evaluation.report.tables import headlines as headline_figures
from training.evaluation.unknown import Detection
from training.report.record import Picture, Report, Section, Table
from training.report.style import png, svg

# The confusion matrix of more classes needs the whole width.
_MANY_CLASSES = 20


class Scored(NamedTuple):
    """One score of known and of unknown frames, and how well it tells them apart."""

    known: Scores
    unknown: Scores
    detection: Detection


class Findings(NamedTuple):
    """What is known of a network after its evaluation; what is not there is left out.

    Attributes:
        name: of the run or variant.
        words: a sentence or two: what it classifies, on which frames it was measured.
        predictions: of these frames.
        assessment: of the predictions.
        facts: configuration, data and versions, by name.
        epochs: the curves of the training.
        mistakes: the worst, most serious first.
        images: of the mistakes, in their order, (height, width, 3) uint8 RGB.
        unknown: scores of unknown inputs.
        limits: what the figures do not show, a sentence each.
    """

    name: str
    words: str
    predictions: Predictions
    assessment: Assessment
    facts: dict[str, str]
    epochs: Sequence[Mapping[str, float]] = ()
    mistakes: Sequence[Mistake] = ()
    images: Sequence[Pixels] = ()
    unknown: Sequence[Scored] = ()
    limits: tuple[str, ...] = ()


def evaluation_report(findings: Findings) -> Report:
    """Return the report; it draws all plots, which takes some seconds."""
    sections = (
        _classes(findings),
        _mistakes(findings),
        _calibration(findings.assessment),
        _unknown(findings.unknown),
        _groups(findings.assessment),
        _training(findings.epochs),
    )
    return Report(
        title=findings.name,
        words=findings.words,
        headlines=headline_figures(findings.assessment),
        sections=tuple(section for section in sections if section is not None),
        limits=findings.limits,
        facts=findings.facts,
    )


def _classes(findings: Findings) -> Section:
    found, predictions = findings.assessment, findings.predictions
    confusion = svg(confusion_plot(found.metrics.confusion, predictions.labels))
    seen = len(found.metrics.per_class)
    parts: list[Table | Picture] = [
        measure_table(found),
        Picture('Precision, recall and F1', svg(class_bars(found.metrics.per_class))),
        Picture(
            'Confusion matrix',
            confusion,
            'Frames; a row is what they are, a column what they were taken for. Blue is right, '
            'orange wrong, darker is a larger share of the row.',
            wide=seen > _MANY_CLASSES,
        ),
        class_table(found),
    ]
    if found.ranking.per_class:
        parts += [
            Picture('ROC: each class against the rest', svg(roc_plot(predictions, found.ranking))),
            Picture(
                'Precision and recall: each class against the rest',
                svg(precision_recall_plot(predictions, found.ranking)),
            ),
        ]
    return Section('What it recognises', '', tuple(parts))


def _mistakes(findings: Findings) -> Section | None:
    if not findings.mistakes:
        return None
    wrong = findings.assessment.metrics.frames - findings.assessment.metrics.correct
    picture = png(mistakes_picture(findings.mistakes, findings.images))
    words = (
        f'{len(findings.mistakes)} of the {wrong} frames that got a wrong label: those it was '
        'surest of, no more than two of one group.'
    )
    return Section('The worst mistakes', words, (Picture('Worst mistakes', picture, wide=True),))


def _calibration(found: Assessment) -> Section:
    panels = {'as published': found.calibration}
    if found.uncalibrated is not None:
        panels = {'before': found.uncalibrated, 'after temperature scaling': found.calibration}
    words = (
        'How often a label is right that is given with some probability: on the dashed line when '
        'probabilities can be believed, below it when they promise too much. Hollow bars hold '
        'fewer than 20 frames; the dot is the mean probability within the bar.'
    )
    diagram = Picture('Reliability', svg(reliability_plot(panels)))
    return Section(
        'Can its probabilities be believed?', words, (diagram, calibration_table(found))
    )


def _unknown(scored: Sequence[Scored]) -> Section | None:
    if not scored:
        return None
    words = (
        'Frames of no known class should score low, so that a threshold turns them into '
        '`unknown`. The robot has the largest probability; the energy needs the logits, which '
        'an exported graph does not give.'
    )
    pictures = (
        Picture(one.detection.score.replace('_', ' '), svg(known_unknown_plot(*one)))
        for one in scored
    )
    table = unknown_table([one.detection for one in scored])
    return Section('Does it know what it does not know?', words, (table, *pictures))


def _groups(found: Assessment) -> Section | None:
    if not any(group.mistaken_for for group in found.groups):
        return None
    words = (
        'A group is a track, a sequence or a set of near duplicates. Mistakes come in groups; '
        'the intervals above resample groups for that reason.'
    )
    return Section('Which groups it fails on', words, (group_table(found.groups),))


def _training(epochs: Sequence[Mapping[str, float]]) -> Section | None:
    if not epochs:
        return None
    plot = Picture('Training curves', svg(training_plot(epochs)))
    return Section('How it learned', '', (plot,))
