# SPDX-License-Identifier: Apache-2.0
"""The model card of an imported bundle: what is known of it, and what is not.

Mitchell et al.: Model cards for model reporting. FAT* 2019.
"""

from collections.abc import Mapping, Sequence

from mobilenet_perception.inference.bundle import Manifest

_MOST_LABELS = 30
_TEXT = """\
# {title}

Classifies images into {count} labels: {labels}.

{notes}

## Figures

{ladder}

{measured}
{dropped}
## Where it must not be used

{never_shown}

## How it was imported

{sources}

The robot stretches the region it looks at to the size of the input, whatever its shape, in one or
two bilinear steps. Where the models were trained on images that kept their shape or had their
edges cut off, they see things wider or smaller than they learned them.
"""
NEVER_SHOWN = """\
It was measured without any picture that shows none of its labels: whatever it sees, it may call it
one of them. Do not use it where anything else comes into view, before
`python -m mobilenet_perception check BUNDLE --images FOLDER` has told what it decides of that."""
"""What a card says of a bundle that was never shown the unknown."""
_NOTES = """\
## Intended use and limits

Not described: give `--notes FILE` what the labels are for, what the models were trained on, and
where they must not be relied on."""


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ['---'] * len(head), *rows]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def imported_card(
    manifest: Manifest,
    sources: Mapping[str, str],
    measured: str,
    dropped: Mapping[str, str],
    notes: str,
) -> str:
    """Return Markdown for a bundle of imported models.

    Args:
        manifest: of the bundle.
        sources: where each variant is from and how it was prepared, a sentence by name.
        measured: on what accuracy was measured, or that it was not.
        dropped: why models were left out, by name.
        notes: Markdown: intended use, data, limits; empty: not described.
    """
    labels = [f'`{label}`' for label in manifest.labels[:_MOST_LABELS]]
    if len(manifest.labels) > _MOST_LABELS:
        labels.append('... (`bundle.json` has all)')
    rows = [
        [
            variant.name,
            f'{variant.width} x {variant.height}',
            f'{variant.parameters / 1e6:.2f} M',
            f'{variant.macs / 1e6:.1f} M',
            '-' if variant.accuracy is None else f'{variant.accuracy:.2%}',
            f'{variant.temperature:g}',
        ]
        for variant in manifest.variants
    ]
    head = ['variant', 'input', 'parameters', 'multiply-adds', 'accuracy', 'temperature']
    left_out = ''.join(f'- {name}: {reason}\n' for name, reason in dropped.items())
    return _TEXT.format(
        title=manifest.task.replace('_', ' ').capitalize(),
        count=len(manifest.labels),
        labels=', '.join(labels),
        notes=notes.strip() or _NOTES,
        ladder=markdown_table(head, rows),
        measured=measured,
        never_shown=NEVER_SHOWN,
        dropped=f'\nLeft out:\n\n{left_out}' if left_out else '',
        sources='\n'.join(f'- {name}: {sentence}' for name, sentence in sources.items()),
    )
