# SPDX-License-Identifier: Apache-2.0
"""The page of an evaluation: what the network recognises, its mistakes, how far to believe it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.bundle.open_world import OpenWorld, everything_unknown
from mobilenet_perception.tools.bundle.open_world_report import (
    between,
    open_world_sections,
    share,
)
from mobilenet_perception.tools.report import pages
from training.data.data_set import Pixels, Sample, Scores
from training.evaluation import plots, tables
from training.evaluation.metrics.assessment import Assessment
from training.evaluation.predictions import Mistake, Predictions, worst_mistakes
from training.evaluation.thresholds import RATE
from training.evaluation.unknown import Detection
from training.fit.run_folder import Run
from training.report.style import shrink, svg

# The confusion matrix of more classes needs the whole width.
_MANY_CLASSES = 20
# Cards of mistakes, and the longer side of their pictures.
_CARD_PX, _PICTURE_PX = 165, 192
# Letters of a file's name.
_NAME = 17
_CURVES = {'ROC': plots.roc_plot, 'Precision and recall': plots.precision_recall_plot}


class UnknownScores(NamedTuple):
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
        open_world: what is made of what shows none of the labels.
        worst: of that, the worst, as cards.
    """

    name: str
    words: str
    predictions: Predictions
    assessment: Assessment
    facts: dict[str, str]
    epochs: Sequence[Mapping[str, float]] = ()
    mistakes: Sequence[Mistake] = ()
    images: Sequence[Pixels] = ()
    unknown: Sequence[UnknownScores] = ()
    limits: tuple[str, ...] = ()
    open_world: OpenWorld | None = None
    worst: Sequence[pages.Card] = ()


def write_run_report(
    run: Run,
    predictions: Predictions,
    assessment: Assessment,
    samples: Sequence[Sample],
    unknown: Sequence[UnknownScores],
    open_world: OpenWorld,
    worst: Sequence[pages.Card],
) -> Path:
    """Write `report.html` into the run folder and return its path.

    Args:
        run: evaluated.
        predictions: of the test part.
        assessment: of the predictions.
        samples: the test part, in the same order.
        unknown: scores of unknown inputs; may be empty.
        open_world: what is made of what shows none of the labels.
        worst: of that, the worst.
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
        open_world=open_world,
        worst=worst,
    )
    place = run.folder / 'report.html'
    write_atomically(place, pages.render(evaluation_report(findings)))
    return place


def evaluation_report(findings: Findings) -> pages.Report:
    """Return the report; it draws all plots, which takes some seconds."""
    sections = (
        _classes(findings),
        _mistakes(findings),
        _calibration(findings.assessment),
        *_open_world(findings),
        _unknown(findings.unknown),
        _groups(findings.assessment),
        _training(findings.epochs),
        *pages.tail(findings.limits, findings.facts),
    )
    return pages.Report(
        title=findings.name,
        words=findings.words,
        verdict=tuple(_verdict(findings)),
        headlines=(*tables.headlines(findings.assessment), *_false_decisions(findings)),
        sections=tuple(section for section in sections if section is not None),
    )


def _verdict(findings: Findings) -> Iterator[pages.Remark]:
    found, labels = findings.assessment, findings.predictions.labels
    metrics = found.metrics
    weakest = ''
    failed = {k: one for k, one in metrics.per_class.items() if one.support and one.f1 < 1}
    if failed:
        label = min(failed, key=lambda name: failed[name].f1)
        others = np.array(metrics.confusion[labels.index(label)])
        others[labels.index(label)] = 0
        weakest = f'; weakest at {label}, F1 {failed[label].f1:.3f}'
        weakest += f', mostly taken for {labels[others.argmax()]}' if others.any() else ''
    yield pages.Remark(f'Right on {tables.percent(metrics.accuracy)} of the frames{weakest}.')
    calibration = found.calibration
    off = f'off by {tables.percent(calibration.ece)} on average'
    if tables.is_calibrated(calibration):
        yield pages.Remark(f'Its probabilities can be believed: they are {off}.', 'good')
    else:
        excess = sum(b.frames * (b.confidence - b.accuracy) for b in calibration.bins)
        yield pages.Remark(
            f'Its probabilities are {off}: they promise too {"much" if excess > 0 else "little"}.',
            'warn',
        )
    wrong = sum(bool(group.mistaken_for) for group in found.groups)
    yield pages.Remark(f'{wrong:,} of {len(found.groups):,} groups of frames have mistakes.')


def _classes(findings: Findings) -> pages.Section:
    found, predictions = findings.assessment, findings.predictions
    per_class = found.metrics.per_class
    bars = pages.Picture('Precision, recall and F1', svg(plots.class_bars(per_class)))
    confusion = pages.Picture(
        'Confusion matrix',
        svg(plots.confusion_plot(found.metrics.confusion, predictions.labels)),
        'Frames; a row is what they are, a column what they were taken for. Blue is right, '
        'orange wrong, darker is a larger share of the row.',
        wide=len(per_class) > _MANY_CLASSES,
    )
    curves: list[pages.Part] = []
    if found.ranking.per_class:
        curves = [
            pages.Picture(
                f'{title}: each class against the rest', svg(plot(predictions, found.ranking))
            )
            for title, plot in _CURVES.items()
        ]
    measures, by_class = tables.measure_table(found), tables.class_table(found)
    parts: list[pages.Part] = [measures, bars, confusion, by_class, *curves]
    if confusion.wide:
        parts = [measures._replace(wide=True), *curves, by_class, bars, confusion]
    return pages.Section('What it recognises', '', parts)


def _mistakes(findings: Findings) -> pages.Section | None:
    if not findings.mistakes:
        return None
    wrong = findings.assessment.metrics.frames - findings.assessment.metrics.correct
    words = (
        f'{len(findings.mistakes)} of the {wrong} frames that got a wrong label: those it was '
        'surest of, no more than two of one group.'
    )
    pairs = zip(findings.mistakes, findings.images, strict=True)
    cards = [mistake_card(*pair) for pair in pairs]
    return pages.Section('Worst mistakes', words, cards, column_px=_CARD_PX)


def mistake_card(mistake: Mistake, image: Pixels) -> pages.Card:
    """Return the frame of a mistake with the label given, its probability, and the truth.

    Args:
        mistake: what was taken for what.
        image: (height, width, 3) uint8 RGB.
    """
    shown = np.ascontiguousarray(shrink(image, _PICTURE_PX)[..., ::-1])
    name = mistake.name.rpartition('/')[2]
    name = name if len(name) <= _NAME else f'{name[:6]}\N{HORIZONTAL ELLIPSIS}{name[-10:]}'
    return pages.Card(
        title='',
        said=f'{mistake.predicted.replace("_", " ")} {mistake.probability:.1%}',
        kind='bad',
        lines=(f'truly {mistake.truth.replace("_", " ")} {mistake.true_probability:.1%}', name),
        picture=cv2.imencode('.png', shown)[1].tobytes(),
        alt=name,
    )


def _calibration(found: Assessment) -> pages.Section:
    panels = {'as published': found.calibration}
    if found.uncalibrated is not None:
        panels = {'before': found.uncalibrated, 'after temperature scaling': found.calibration}
    words = (
        'How often a label is right that is given with some probability: on the dashed line when '
        'probabilities can be believed, below it when they promise too much. Hollow bars hold '
        'fewer than 20 frames; the dot is the mean probability within the bar.'
    )
    diagram = pages.Picture('Reliability', svg(plots.reliability_plot(panels)))
    title = 'Can its probabilities be believed?'
    return pages.Section(title, words, (diagram, tables.calibration_table(found)))


def _open_world(findings: Findings) -> list[pages.Section]:
    if findings.open_world is None or not findings.open_world.unknown:
        return []
    return list(open_world_sections(findings.open_world, findings.worst))


def _false_decisions(findings: Findings) -> Iterator[pages.Headline]:
    everything = everything_unknown(findings.open_world)
    if everything is not None:
        false = everything.false
        yield pages.Headline(
            share(false.value),
            f'false decisions, of {everything.frames:,} frames that show nothing, in '
            f'{everything.groups:,} groups; 95 % interval {between(false)}',
            '' if false.value <= RATE else 'warn',
        )


def _unknown(scored: Sequence[UnknownScores]) -> pages.Section | None:
    if not scored:
        return None
    words = (
        'Frames of no known class should score low, so that a threshold turns them into '
        '`unknown`. The robot has the largest probability; the energy needs the logits, which '
        'an exported graph does not give.'
    )
    pictures = (
        pages.Picture(one.detection.score.replace('_', ' '), svg(plots.known_unknown_plot(*one)))
        for one in scored
    )
    table = tables.unknown_table([one.detection for one in scored])
    return pages.Section('How scores tell the known from the unknown', words, (*pictures, table))


def _groups(found: Assessment) -> pages.Section | None:
    if not any(group.mistaken_for for group in found.groups):
        return None
    words = (
        'A group is a track, a sequence or a set of near duplicates. Mistakes come in groups; '
        'the intervals above resample groups for that reason.'
    )
    return pages.Section('Which groups it fails on', words, (tables.group_table(found.groups),))


def _training(epochs: Sequence[Mapping[str, float]]) -> pages.Section | None:
    if not epochs:
        return None
    plot = pages.Picture('Training curves', svg(plots.training_plot(epochs)), wide=True)
    return pages.Section('How it learned', '', (plot,))
