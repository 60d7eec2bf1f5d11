# SPDX-License-Identifier: Apache-2.0
"""An inspection as text for the terminal."""

from collections.abc import Iterator

from mobilenet_perception.tools.terminal import table
from training.data.inspection.inspection import Inspection, Spread

_NAMED = 5


def print_inspection(inspection: Inspection) -> None:
    """Print the table of labels and parts, and a line for whatever else was found."""
    print(table(label_rows(inspection)))
    print()
    for line in remarks(inspection):
        print(line)


def label_rows(inspection: Inspection) -> list[list[str]]:
    """Return rows of images (and groups) by label and part, under a row of heads."""
    parts = [
        part
        for part in next((label.images for label in inspection.labels), {})
        if any(label.images[part] for label in inspection.labels)
    ]
    rows = [['label', *parts, 'all']]
    for label in inspection.labels:
        cells = [
            f'{label.images[part]} in {label.groups[part]}' if label.images[part] else '-'
            for part in parts
        ]
        rows.append([label.label, *cells, str(label.total)])
    sums = [str(sum(label.images[part] for label in inspection.labels)) for part in parts]
    rows.append(['all', *sums, str(inspection.images)])
    return rows


def remarks(inspection: Inspection) -> Iterator[str]:
    """Give what was found beside the counts, a line each."""
    yield (
        f'{inspection.images} images in {inspection.groups} groups (cells: images in groups), '
        f'SHA-256 {inspection.sha256[:12]}'
    )
    yield f'imbalance: {inspection.imbalance:.1f} images of the most frequent label per rarest'
    yield (
        f'size: {_sides(inspection.width)} wide, {_sides(inspection.height)} high, '
        f'aspect {inspection.aspect.least:.2f} to {inspection.aspect.most:.2f}'
    )
    if inspection.problem:
        yield f'NO SPLIT: {inspection.problem}'
    for name, count in sorted(inspection.formats.items()):
        yield f'{name}: {count} file(s), such as {inspection.format_examples[name]}'
    if inspection.unreadable:
        yield f'UNREADABLE: {len(inspection.unreadable)} image(s)'
        yield from (f'  {one.reason}' for one in inspection.unreadable)
    if inspection.repeated:
        yield f'repeated: the pixels of {inspection.repeated} image(s) are those of another'
    yield from _listed(
        f'copies: {len(inspection.copies)} image(s) show the same picture as one of another group',
        [
            f'{copy.name} and {copy.original_name} ({_nearness(copy.distance, copy.exact)})'
            for copy in inspection.copies
        ],
    )
    yield from _listed(
        f'CONFLICTS: {len(inspection.conflicts)} picture(s) under two labels',
        [
            f'{copy.name} ({copy.label}) and {copy.original_name} ({copy.original_label})'
            for copy in inspection.conflicts
        ],
    )
    yield from _listed(
        f'LEAKS: {len(inspection.leaks)} image(s) are in two parts',
        [
            f'{leak.name} ({leak.part}) and {leak.other_name} ({leak.other_part}): {leak.kind}'
            for leak in inspection.leaks
        ],
    )


def _sides(spread: Spread) -> str:
    return f'{spread.least:.0f} to {spread.most:.0f} px (median {spread.median:.0f})'


def _nearness(distance: float, exact: bool) -> str:
    return 'same pixels' if exact else f'distance {distance:.3f}'


def _listed(head: str, items: list[str]) -> Iterator[str]:
    if not items:
        return
    yield head
    yield from (f'  {item}' for item in items[:_NAMED])
    if len(items) > _NAMED:
        yield f'  and {len(items) - _NAMED} more'
