# SPDX-License-Identifier: Apache-2.0
"""The model card of a bundle: what it is for, how it was made, how good it is, and its limits.

All but the notes is generated from what the evaluation of each run found (Mitchell et al.: Model
cards for model reporting. FAT* 2019), so that it says what was measured and nothing else.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mobilenet_perception.inference.bundle import Manifest, Variant
from mobilenet_perception.street.signals import BACKGROUND
from mobilenet_perception.tools.bundle.model_card import NEVER_SHOWN, markdown_table
from mobilenet_perception.tools.bundle.open_world import OpenWorld
from mobilenet_perception.tools.bundle.open_world_report import between, share
from training.data.data_set import PARTS, DataSet, Split
from training.evaluation.metrics.bootstrap import Interval
from training.evaluation.record import SetMetrics
from training.evaluation.thresholds import RATE, Decided

_SETS = {
    'test': 'held-out images',
    'test_with_margin': 'the same, smaller and on other backgrounds',
    'demo_drive': 'drawn drive of the demo, clear frames',
}
# Labels that are found more rarely, or rest on fewer held-out groups, are named as limits.
_FOUND, _GROUPS = 0.9, 10
_CONFUSIONS = 10
_TEXT = """\
# {title}

Classifies images into {count} labels: {labels}.

{notes}

## Where it must not be used

From what was measured; what was not measured is not known.

{forbidden}

## Sources

Images of one group (a track, a sequence, one picture and its windows, near duplicates) are never
in two parts: {train} groups to train on, {validation} to validate and calibrate, {test} held out.
`bundle.json` names what was held out.

{sources}

Terms and credits:

{credits}

## Figures

Share of frames whose most probable label is right; ECE is the expected calibration error.

{ladder}
{decided}{unknown}
## Thresholds

From which score of one frame a label is decided (`decide_above`), by variant; the decision over
time needs the recent frames to agree, too.

{thresholds}

## What it confuses

{confused}
Held-out images, by label:

{classes}
{dropped}"""
_DECIDED = f"""\
Share of frames that are decided at the variant's thresholds: of those that show nothing, the
false decisions; of those that show something, those that are decided to show another thing or
nothing, and those decided right. The thresholds were chosen on the validation part, for one false
decision in {1 / RATE:g} frames; intervals of 95 % by groups."""
_UNKNOWN = """\
## What it does not know

Frames that show none of the labels, by source: how many are decided to show one, with 95 %
intervals by groups; AUROC, how often a frame of what is known scores above one of them (0.5 is
chance); FPR95, how many of them score as high as 95 % of what is known."""


class Figures(NamedTuple):
    """What the card says of a variant: itself, sets of frames, and all metrics of its run."""

    variant: Variant
    sets: Mapping[str, SetMetrics]
    decided: Mapping[str, Decided]
    metrics: Mapping[str, Any]
    open_world: OpenWorld | None = None


def model_card(
    manifest: Manifest,
    figures: Sequence[Figures],
    data_set: DataSet,
    split: Split,
    credits: Sequence[str],
    dropped: Mapping[str, str],
    notes: str,
) -> str:
    """Return Markdown for a bundle.

    Args:
        manifest: of the bundle.
        figures: of its variants, in order.
        data_set: what they were trained on and judged by.
        split: of the data.
        credits: whose the data are, and their terms.
        dropped: why variants were left out, by name.
        notes: Markdown: intended use, data, limits.
    """
    left_out = ''.join(f'- {name}: {reason}\n' for name, reason in dropped.items())
    forbidden = _forbidden(figures, _held_out_groups(data_set, split))
    return _TEXT.format(
        title=manifest.task.replace('_', ' ').capitalize(),
        count=len(manifest.labels),
        labels=', '.join(f'`{label}`' for label in manifest.labels),
        notes=notes.strip(),
        forbidden='\n'.join(f'- {sentence}' for sentence in forbidden),
        sources=_sources(data_set, split),
        ladder=_ladder(figures),
        decided=_decided(figures),
        unknown=_unknown(figures),
        thresholds=_thresholds(manifest, figures),
        confused=_confused(manifest.labels, figures),
        classes=_classes(figures),
        dropped=f'\nLeft out:\n\n{left_out}' if left_out else '',
        train=len(split.train),
        validation=len(split.validation),
        test=len(split.test),
        credits='\n'.join(f'- {line}' for line in credits)
        or '- none given: ask who made the images before you pass the bundle on',
    )


def _forbidden(figures: Sequence[Figures], groups: Mapping[str, int]) -> Iterator[str]:
    """Yield what the figures of the variants speak against, a sentence each."""
    yield (
        'As the only safeguard of a robot: it is one input among others, and is wrong as often as '
        'the figures below say.'
    )
    known = [one.open_world for one in figures if one.open_world and one.open_world.unknown]
    if not known:
        yield NEVER_SHOWN.replace('\n', ' ')
    for source in dict.fromkeys(name for found in known for name in found.unknown):
        # Any variant may be the one that has time to run.
        worst = max(
            (found.unknown[source].false for found in known if source in found.unknown),
            key=lambda false: false.value,
        )
        if worst.value > RATE:
            yield (
                f'Where the camera sees what `{source}` shows and a false decision costs more '
                f'than a stop: up to {share(worst.value)} ({between(worst)}) of such frames are '
                'decided to show a label, by the worst of the variants.'
            )
    found = figures[0].metrics['test']['metrics']['per_class']
    weak = [
        f'`{label}` ({one["recall"]:.0%} found, {groups.get(label, 0)} groups)'
        for label, one in found.items()
        if label != BACKGROUND
        and one['support']
        and (one['recall'] < _FOUND or groups.get(label, 0) < _GROUPS)
    ]
    if weak:
        yield (
            f'Where much depends on a label that is found in fewer than {_FOUND:.0%} of its '
            f'images, or whose figures rest on fewer than {_GROUPS} held-out groups: '
            f'{", ".join(weak)}.'
        )
    yield 'In countries, weather and light, and with cameras, that the sources do not show.'


def _held_out_groups(data_set: DataSet, split: Split) -> dict[str, int]:
    groups = {
        (data_set.merge.get(sample.label, sample.label), sample.group)
        for sample in split.select(data_set.samples, 'test')
    }
    return Counter(label for label, _ in groups)


def _sources(data_set: DataSet, split: Split) -> str:
    """Return how many images and groups of each source are in each part."""
    rows = []
    by_part = {part: split.select(data_set.samples, part) for part in PARTS}
    for source in sorted({sample.source for sample in data_set.samples}):
        row = [source]
        for part in PARTS:
            some = [sample for sample in by_part[part] if sample.source == source]
            row.append(f'{len(some)} of {len({sample.group for sample in some})}')
        rows.append(row)
    return markdown_table(['source', *(f'{part}: images of groups' for part in PARTS)], rows)


def _ladder(figures: Sequence[Figures]) -> str:
    names = list(figures[0].sets)
    titles = [_title(name) for name in names]
    head = ['variant', 'input', 'precision', 'parameters', 'multiply-adds', 'ECE', *titles]
    rows = []
    for one in figures:
        variant, sets = one.variant, one.sets
        cells = [variant.name, f'{variant.width} x {variant.height}', variant.precision]
        cells += [f'{variant.parameters / 1e6:.2f} M', f'{variant.macs / 1e6:.1f} M']
        cells.append(f'{sets["test"].ece:.3f}')
        cells += [_right(sets[name]) if name in sets else '-' for name in names]
        rows.append(cells)
    return markdown_table(head, rows)


def _decided(figures: Sequence[Figures]) -> str:
    """Return what the thresholds make of each set of frames, if there are any."""
    rows = [
        [
            one.variant.name,
            _title(name),
            *(_interval(part) for part in (decided.false, decided.wrong, decided.found)),
        ]
        for one in figures
        for name, decided in one.decided.items()
    ]
    if not rows:
        return ''
    head = ['variant', 'frames', 'nothing, and a label', 'something else', 'what it shows']
    return f'\n{_DECIDED}\n\n{markdown_table(head, rows)}\n'


def _unknown(figures: Sequence[Figures]) -> str:
    """Return what is made of what shows none of the labels, if any was looked at."""
    rows = [
        [
            one.variant.name,
            source,
            f'{found.frames} of {found.groups}',
            f'{share(found.false.value)} ({between(found.false)})',
            f'{found.auroc.value:.3f}' if found.auroc else '-',
            share(found.kept.value) if found.kept else '-',
        ]
        for one in figures
        if one.open_world
        for source, found in one.open_world.unknown.items()
    ]
    if not rows:
        return f'\n## What it does not know\n\n{NEVER_SHOWN}\n'
    head = ['variant', 'source', 'frames of groups', 'a label decided', 'AUROC', 'FPR95']
    return f'\n{_UNKNOWN}\n\n{markdown_table(head, rows)}\n'


def _thresholds(manifest: Manifest, figures: Sequence[Figures]) -> str:
    otherwise = manifest.decision.decide_above
    found = [one.variant.thresholds(manifest.labels, otherwise) for one in figures]
    rows = [
        [label, *(f'{thresholds[label]:.4f}' for thresholds in found)]
        for label in manifest.labels
        if label != BACKGROUND
    ]
    return markdown_table(['label', *(one.variant.name for one in figures)], rows)


def _confused(labels: Sequence[str], figures: Sequence[Figures]) -> str:
    """Return what the first variant takes for what, held out and of what shows no label."""
    first = figures[0]
    confusion = first.metrics['test']['metrics']['confusion']
    pairs = [
        (int(count), sum(row), labels[truth], labels[taken])
        for truth, row in enumerate(confusion)
        for taken, count in enumerate(row)
        if count and truth != taken
    ]
    rows = [
        [truth, taken, f'{count} of {frames}']
        for count, frames, truth, taken in sorted(pairs, key=lambda one: -one[0])[:_CONFUSIONS]
    ]
    parts = [f'Most probable labels of {first.variant.name}, held-out images.\n']
    parts.append(
        markdown_table(['what it is', 'taken for', 'images'], rows) if rows else 'None is wrong.'
    )
    if first.open_world and first.open_world.unknown:
        lines = [
            [source, ', '.join(f'{label} {count}' for label, count in found.labels.items()) or '-']
            for source, found in first.open_world.unknown.items()
        ]
        parts.append('\nWhat it decides of frames that show none of the labels.\n')
        parts.append(markdown_table(['source', 'decided, and how often'], lines))
    return '\n'.join(parts) + '\n'


def _classes(figures: Sequence[Figures]) -> str:
    first = figures[0].metrics['test']['metrics']['per_class']
    head = ['label', 'frames', 'precision', 'recall', *(one.variant.name for one in figures[1:])]
    rows = []
    for label, found in first.items():
        if not found['support']:
            continue
        cells = [label, str(found['support']), f'{found["precision"]:.3f}']
        cells.append(f'{found["recall"]:.3f}')
        for one in figures[1:]:
            other = one.metrics['test']['metrics']['per_class'].get(label)
            cells.append(f'{other["recall"]:.3f}' if other else '-')
        rows.append(cells)
    heading = f'precision and recall of {figures[0].variant.name}, recall of the others'
    return f'({heading})\n\n{markdown_table(head, rows)}'


def _title(name: str) -> str:
    return _SETS.get(name, name.replace('test_', 'of these, '))


def _interval(part: Interval | None) -> str:
    return f'{share(part.value)} ({share(part.low)} to {share(part.high)})' if part else '-'


def _right(found: SetMetrics) -> str:
    return f'{found.accuracy:.2%} ({found.correct} of {found.frames})'
