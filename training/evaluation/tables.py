# SPDX-License-Identifier: Apache-2.0
"""Tables and headlines of an assessment: what the page of an evaluation says in figures."""

from collections.abc import Sequence

from mobilenet_perception.tools.report import pages
from training.evaluation.metrics.assessment import Assessment, GroupAccuracy
from training.evaluation.metrics.bootstrap import Interval
from training.evaluation.metrics.calibration import Calibration
from training.evaluation.unknown import Detection

_WORST_GROUPS = 20
_GOOD_ECE = 0.02
_HEADS = ('figure', 'value', '95 % interval')
_SPACE = '\N{NO-BREAK SPACE}'


def headlines(found: Assessment) -> tuple[pages.Headline, ...]:
    """Return the figures that matter, with their intervals."""
    metrics, intervals = found.metrics, found.intervals
    ece = found.calibration.ece
    return (
        pages.Headline(
            percent(metrics.accuracy),
            f'accuracy: {metrics.correct:,} of {metrics.frames:,} frames in '
            f'{len(found.groups):,} groups' + _between(intervals.get('accuracy')),
        ),
        pages.Headline(
            percent(metrics.balanced_accuracy), 'balanced accuracy: the mean recall of the classes'
        ),
        pages.Headline(
            percent(metrics.macro_f1),
            'macro F1: the mean F1 of the classes' + _between(intervals.get('macro_f1')),
        ),
        pages.Headline(
            f'{ece:.3f}',
            'expected calibration error' + _between(intervals.get('ece'), '{:.3f}'),
            'good' if is_calibrated(found.calibration) else 'warn',
        ),
    )


def measure_table(found: Assessment) -> pages.Table:
    """Return how often labels are right, over all frames and as means over the classes."""
    metrics, ranking = found.metrics, found.ranking
    rows = [
        (
            'accuracy',
            percent(metrics.accuracy),
            _between(found.intervals.get('accuracy'), lead=''),
        ),
        *((f'top {k}', percent(share), '') for k, share in metrics.top_k.items() if k > 1),
        ('balanced accuracy', percent(metrics.balanced_accuracy), ''),
        ('macro precision', percent(metrics.macro_precision), ''),
        (
            'macro F1',
            percent(metrics.macro_f1),
            _between(found.intervals.get('macro_f1'), lead=''),
        ),
    ]
    if ranking.macro_roc_auc is not None and ranking.macro_average_precision is not None:
        rows += [
            ('macro ROC AUC', f'{ranking.macro_roc_auc:.4f}', ''),
            ('macro average precision', f'{ranking.macro_average_precision:.4f}', ''),
        ]
    return pages.Table('All frames', _HEADS, tuple(rows), _method(found.intervals.get('accuracy')))


def calibration_table(found: Assessment) -> pages.Table:
    """Return how far the probabilities can be believed, with and without temperature scaling."""
    after, before = found.calibration, found.uncalibrated
    ece = found.intervals.get('ece')
    names = {'ece': 'ECE', 'nll': 'negative log likelihood', 'brier': 'Brier score'}
    rows = tuple(
        (
            name,
            f'{getattr(after, field):.4f}',
            _between(ece, '{:.4f}', lead='') if field == 'ece' else '',
            *((f'{getattr(before, field):.4f}',) if before else ()),
        )
        for field, name in names.items()
    )
    heads = (*_HEADS, *(('without temperature scaling',) if before else ()))
    return pages.Table('Calibration', heads, rows, _method(ece))


def class_table(found: Assessment) -> pages.Table:
    """Return the figures of each class that has frames."""
    rows = []
    for label, one in found.metrics.per_class.items():
        if not one.support:
            continue
        area = found.ranking.per_class.get(label)
        rows.append(
            (
                label,
                *(f'{value:.3f}' for value in (one.precision, one.recall, one.f1)),
                f'{area.roc_auc:.4f}' if area else '-',
                f'{area.average_precision:.4f}' if area else '-',
                str(one.support),
            )
        )
    heads = ('label', 'precision', 'recall', 'F1', 'ROC AUC', 'average precision', 'frames')
    return pages.Table('By class', heads, tuple(rows))


def group_table(groups: Sequence[GroupAccuracy]) -> pages.Table:
    """Return the worst groups."""
    failed = [group for group in groups if group.mistaken_for]
    rows = tuple(
        (g.group, g.label, f'{g.correct} of {g.frames}', percent(g.accuracy), g.mistaken_for)
        for g in failed[:_WORST_GROUPS]
    )
    note = f'{len(failed)} of {len(groups)} groups have mistakes.'
    heads = ('group', 'label', 'right', 'accuracy', 'mostly mistaken for')
    return pages.Table('Worst groups', heads, rows, note)


def unknown_table(detections: Sequence[Detection]) -> pages.Table:
    """Return how well each score tells unknown frames."""
    rows = tuple(
        (
            one.score.replace('_', ' '),
            f'{one.auroc:.3f}',
            percent(one.unknown_kept),
            f'{one.threshold:.3f}',
            f'{one.known:,}',
            f'{one.unknown:,}',
        )
        for one in detections
    )
    heads = ('score', 'AUROC', 'unknown kept', 'threshold', 'known frames', 'unknown frames')
    note = 'The threshold keeps 95 % of the known frames; less of the unknown kept is better.'
    return pages.Table('Known against unknown', heads, rows, note)


def is_calibrated(found: Calibration) -> bool:
    """Say whether probabilities can be believed as they are."""
    return found.ece <= _GOOD_ECE


def percent(share: float) -> str:
    """Return 0.98765 as 98.77 %; never rounded up to 100 %: one frame missed is one missed."""
    text = f'{100 * share:.2f}'
    return f'99.99{_SPACE}%' if text == '100.00' and share < 1 else f'{text}{_SPACE}%'


def _between(
    found: Interval | None, form: str = '', lead: str = f'; 95{_SPACE}% interval '
) -> str:
    if found is None:
        return ''
    low, high = (form.format(end) if form else percent(end) for end in (found.low, found.high))
    return f'{lead}{low} to {high}'


def _method(found: Interval | None) -> str:
    if found is None:
        return 'Too few groups for an interval.'
    return f'Interval: {found.method}.'
