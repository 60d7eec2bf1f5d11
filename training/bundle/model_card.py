# SPDX-License-Identifier: Apache-2.0
"""The model card of a bundle: what it is for, how it was made, how good it is, its limits.

Mitchell et al.: Model cards for model reporting. FAT* 2019.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mobilenet_perception.inference.bundle import Manifest, Variant
from training.data.splits import Split
from training.evaluation.evaluation import Measured

_SETS = {
    'test': 'held-out images',
    'test_with_margin': 'the same, smaller and on other backgrounds',
    'demo_drive': 'drawn drive of the demo, clear frames',
}

_TEXT = """\
# {title}

Classifies images into {count} labels: {labels}.

{notes}

## Figures

Share of frames whose most probable label is right; ECE is the expected calibration error. Images
of one group (a track, a sequence, near duplicates) are never in two parts: {train} groups to
train on, {validation} to validate and calibrate, {test} held out. `bundle.json` names what was
held out.

{ladder}

Held-out images, by label:

{classes}
{dropped}
## Credits

{credits}
"""


class Figures(NamedTuple):
    """What the card says of a variant: itself, sets of frames, and all metrics of its run."""

    variant: Variant
    sets: Mapping[str, Measured]
    metrics: Mapping[str, Any]


def model_card(
    manifest: Manifest,
    figures: Sequence[Figures],
    split: Split,
    credits: Sequence[str],
    dropped: Mapping[str, str],
    notes: str,
) -> str:
    """Return Markdown for a bundle.

    Args:
        manifest: of the bundle.
        figures: of its variants, in order.
        split: of the data.
        credits: whose the data are.
        dropped: why variants were left out, by name.
        notes: Markdown: intended use, data, limits.
    """
    left_out = ''.join(f'- {name}: {reason}\n' for name, reason in dropped.items())
    return _TEXT.format(
        title=manifest.task.replace('_', ' ').capitalize(),
        count=len(manifest.labels),
        labels=', '.join(f'`{label}`' for label in manifest.labels),
        notes=notes.strip(),
        ladder=_ladder(figures),
        classes=_classes(figures),
        dropped=f'\nLeft out:\n\n{left_out}\n' if left_out else '',
        train=len(split.train),
        validation=len(split.validation),
        test=len(split.test),
        credits='\n'.join(f'- {line}' for line in credits) or '- none given',
    )


def _ladder(figures: Sequence[Figures]) -> str:
    names = list(figures[0].sets)
    titles = [_SETS.get(name, name.replace('test_', 'of these, ')) for name in names]
    head = ['variant', 'input', 'precision', 'parameters', 'multiply-adds', 'ECE', *titles]
    rows = []
    for variant, sets, _ in figures:
        cells = [variant.name, f'{variant.width} x {variant.height}', variant.precision]
        cells += [f'{variant.parameters / 1e6:.2f} M', f'{variant.macs / 1e6:.1f} M']
        cells.append(f'{sets["test"].ece:.3f}')
        cells += [_share(sets[name]) if name in sets else '-' for name in names]
        rows.append(cells)
    return _table(head, rows)


def _share(found: Measured) -> str:
    return f'{found.accuracy:.2%} ({found.correct} of {found.frames})'


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
    return f'({heading})\n\n{_table(head, rows)}'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ['---'] * len(head), *rows]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)
