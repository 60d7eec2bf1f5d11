# SPDX-License-Identifier: Apache-2.0
"""The files of an inspection: JSON, plots, and a page that holds them.

Drawn are counts and sizes, samples of each label, and pairs of copies.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.report.colours import AMBER, BLUE, GREEN, LINE, SOFT
from training.configuration.records import json_text
from training.data.data_set import DataSet, Pixels, Sample
from training.data.inspection.inspection import Copied, Inspection, LabelCount, label_rows, remarks
from training.errors import TrainingError
from training.report.style import HALF, name_rows, png, shrink, styled, svg

PAGE = 'inspection.html'
_COLOURS = {'train': BLUE, 'validation': AMBER, 'test': GREEN, 'unused': LINE}
_SAMPLES = 8
_PAIRS = 12
_LARGEST_PX = 96
# So many images of the most frequent label for each of the rarest are worth a remark.
_UNBALANCED = 10

# A label, and some of its images.
_Row = tuple[str, Sequence[Pixels]]
_Pair = tuple[str, str, Pixels, Pixels]


def write_inspection(inspection: Inspection, data_set: DataSet, folder: Path) -> Path:
    """Write `inspection.json`, plots as PNG, and `inspection.html`, which holds them too.

    Returns:
        The page.
    """
    sheet = _sheet(data_set)
    plots = {'counts': counts_plot(inspection.labels)}
    if sheet:
        images = [pixels for _, images in sheet for pixels in images]
        plots['sizes'] = sizes_plot([(pixels.shape[0], pixels.shape[1]) for pixels in images])
    photographs = _photographs(inspection, data_set.samples, sheet)
    for name, figure in plots.items():
        write_atomically(folder / f'{name}.png', png(figure))
    for name, picture in photographs.items():
        write_atomically(folder / f'{name}.png', picture.content)
    write_atomically(folder / 'inspection.json', json_text(inspection))
    drawn = {name: svg(figure) for name, figure in plots.items()}
    write_atomically(folder / PAGE, pages.render(_report(inspection, drawn, photographs)))
    return folder / PAGE


def _report(
    inspection: Inspection, plots: Mapping[str, bytes], photographs: Mapping[str, pages.Picture]
) -> pages.Report:
    heads, *rows = label_rows(inspection)
    counts = pages.Picture('Images of each label', plots['counts'])
    found = [line for line in remarks(inspection) if not line.startswith('  ')]
    sizes = [pages.Picture('Sizes of samples', plots['sizes'])] if 'sizes' in plots else []
    sections = [
        pages.Section('Labels', '', (pages.Table('Images in groups', heads, rows), counts)),
        pages.Section(
            'Images', '', (*sizes, pages.Notes('What was found', found), *photographs.values())
        ),
    ]
    if inspection.unreadable:
        unreadable = [(one.name, one.reason) for one in inspection.unreadable]
        damage = pages.Table('Images that cannot be read', ('image', 'why'), unreadable, wide=True)
        sections.append(pages.Section('Damage', '', (damage,)))
    return pages.Report(
        title='What the data set holds',
        words=f'{inspection.images} images of {len(inspection.labels)} labels.',
        verdict=tuple(_verdict(inspection)),
        headlines=(
            pages.Headline(str(inspection.images), f'images in {inspection.groups} groups'),
            _bad(len(inspection.unreadable), 'images cannot be read'),
            _bad(len(inspection.leaks), 'images are in two parts of the split'),
            _bad(len(inspection.conflicts), 'pictures under two labels'),
        ),
        sections=(*sections, *pages.tail((), {'SHA-256': inspection.sha256})),
    )


def _verdict(inspection: Inspection) -> Iterator[pages.Remark]:
    faults = {
        'images that cannot be read': len(inspection.unreadable),
        'images in two parts of the split': len(inspection.leaks),
        'pictures under two labels': len(inspection.conflicts),
    }
    found = ', '.join(f'{count} {words}' for words, count in faults.items() if count)
    if inspection.problem:
        yield pages.Remark(f'It cannot be split: {inspection.problem}.', 'bad')
    if found:
        yield pages.Remark(f'To mend before a training: {found}.', 'bad')
    elif not inspection.problem:
        yield pages.Remark(
            'Nothing stands in the way of a training: every image can be read, none is in two '
            'parts of the split, and no picture has two labels.',
            'good',
        )
    if inspection.imbalance >= _UNBALANCED:
        yield pages.Remark(
            f'It is unbalanced: {inspection.imbalance:.1f} images of the most frequent label for '
            'each of the rarest.',
            'warn',
        )
    if copies := len(inspection.copies) - len(inspection.conflicts):
        yield pages.Remark(f'{copies} pictures are in two groups that ought to be one.', 'warn')


def _bad(count: int, words: str) -> pages.Headline:
    return pages.Headline(str(count), words, 'bad' if count else 'good')


def _photographs(
    inspection: Inspection, samples: Sequence[Sample], sheet: Sequence[_Row]
) -> dict[str, pages.Picture]:
    found = {}
    if sheet:
        shown = [
            (label, [shrink(image, _LARGEST_PX) for image in images[:_SAMPLES]])
            for label, images in sheet
        ]
        found['samples'] = pages.Picture(
            'Samples of each label', png(contact_sheet(shown)), wide=True
        )
    copies = [copy for copy in inspection.copies if copy not in inspection.conflicts]
    for name, title, pairs in (
        ('copies', 'The same picture in two groups', copies),
        ('conflicts', 'The same picture under two labels', list(inspection.conflicts)),
    ):
        if pairs:
            picture = pairs_picture([_pair(pair, samples) for pair in pairs[:_PAIRS]])
            note = f'{min(len(pairs), _PAIRS)} of {len(pairs)}'
            found[name] = pages.Picture(title, png(picture), note, wide=True)
    return found


def _sheet(data_set: DataSet) -> list[_Row]:
    """Return some images of each label that has any, spread evenly over its images."""
    by_label: dict[str, list[Sample]] = defaultdict(list)
    for sample in data_set.samples:
        by_label[sample.label].append(sample)
    rows: list[_Row] = []
    for label in data_set.labels:
        found = by_label.get(label, [])
        places = np.unique(np.linspace(0, len(found) - 1, 4 * _SAMPLES).astype(int))
        images = [p for place in places if found and (p := _readable(found[place])) is not None]
        if images:
            step = max(1, len(images) // _SAMPLES)
            rows.append((label, images[::step] + images[1 : 1 if step == 1 else None : step]))
    return rows


def _readable(sample: Sample) -> Pixels | None:
    try:
        return sample.pixels
    except TrainingError:
        return None


def _pair(copy: Copied, samples: Sequence[Sample]) -> _Pair:
    words = [
        f'{name.rpartition("/")[2][-24:]}\n{label}'
        for name, label in ((copy.name, copy.label), (copy.original_name, copy.original_label))
    ]
    first, second = samples[copy.image].pixels, samples[copy.original].pixels
    return words[0], words[1], shrink(first, _LARGEST_PX), shrink(second, _LARGEST_PX)


@styled
def counts_plot(labels: Sequence[LabelCount]) -> Figure:
    """Draw images of each label as bars, by part, the most frequent on top."""
    rows = sorted(labels, key=lambda label: (-label.total, label.label))
    figure = Figure((HALF, 1.0 + 0.24 * len(rows)))
    axes = figure.add_subplot()
    left = np.zeros(len(rows))
    for part, colour in _COLOURS.items():
        values = np.array([row.images[part] for row in rows], float)
        if values.any():
            axes.barh(range(len(rows)), values, left=left, color=colour, label=part)
            left += values
    name_rows(axes, [row.label.replace('_', ' ') for row in rows])
    axes.set_xlabel('images')
    figure.legend(loc='outside upper right', ncols=4)
    return figure


@styled
def sizes_plot(sizes: Sequence[tuple[int, int]]) -> Figure:
    """Draw width against height, both in pixels; darker where more images lie.

    Args:
        sizes: (height, width) of each image.
    """
    figure = Figure((HALF, 4.2))
    axes = figure.add_subplot()
    found, counts = np.unique(np.array(sizes), axis=0, return_counts=True)
    area = 4 + 40 * np.sqrt(counts / counts.max())
    axes.scatter(found[:, 1], found[:, 0], s=area, color=BLUE, alpha=0.5, linewidths=0)
    axes.set_xscale('log', base=2)
    axes.set_yscale('log', base=2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter('{x:.0f}')
    axes.set_xlabel('width (pixels)')
    axes.set_ylabel('height (pixels)')
    return figure


@styled
def contact_sheet(rows: Sequence[_Row]) -> Figure:
    """Draw images in rows, each with its name on the left."""
    columns = max(len(images) for _, images in rows)
    figure = Figure((2.0 + 0.75 * columns, 0.78 * len(rows)))
    for row, (name, images) in enumerate(rows):
        for column in range(columns):
            axes = figure.add_subplot(len(rows), columns, row * columns + column + 1)
            if column < len(images):
                _show(axes, images[column])
            else:
                axes.set_axis_off()
            if column == 0:
                place = {'transform': axes.transAxes, 'ha': 'right', 'va': 'center'}
                axes.text(-0.15, 0.5, name.replace('_', ' '), fontsize=7.5, **place)
    return figure


@styled
def pairs_picture(pairs: Sequence[_Pair]) -> Figure:
    """Draw pairs of images side by side, each with the words for it above."""
    columns = min(3, len(pairs))
    rows = -(-len(pairs) // columns)
    figure = Figure((3.4 * columns, 2.0 * rows))
    for place, (first, second, one, other) in enumerate(pairs):
        for side, (words, pixels) in enumerate(((first, one), (second, other))):
            axes = figure.add_subplot(rows, 2 * columns, 2 * place + side + 1)
            _show(axes, pixels)
            axes.set_title(words, fontsize=6, weight='normal', color=SOFT, pad=3)
    return figure


def _show(axes: Axes, pixels: Pixels) -> None:
    axes.imshow(pixels, interpolation='nearest')
    axes.set_box_aspect(1)
    axes.set_aspect('equal', adjustable='datalim')
    axes.set_axis_off()
