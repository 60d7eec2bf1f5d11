# SPDX-License-Identifier: Apache-2.0
"""Write an inspection into a folder: JSON, plots, and a page that holds them."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from mobilenet_perception.system.files import write_atomically
from training.configuration.records import json_text
from training.data.data_set import DataSet, Pixels, Sample
from training.data.inspection.inspection import Copied, Inspection, label_rows, remarks
from training.data.inspection.plots import contact_sheet, counts_plot, pairs_picture, sizes_plot
from training.errors import TrainingError
from training.report import Headline, Picture, Report, Section, Table, page
from training.report.style import png

PAGE = 'inspection.html'
_SAMPLES = 8
_PAIRS = 12
_LARGEST = 96


def write_inspection(inspection: Inspection, data_set: DataSet, folder: Path) -> Path:
    """Write `inspection.json`, plots as PNG, and `inspection.html`, which holds them too.

    Returns:
        The page.
    """
    pictures = _pictures(inspection, data_set)
    for name, picture in pictures.items():
        write_atomically(folder / f'{name}.png', picture.content)
    write_atomically(folder / 'inspection.json', json_text(inspection))
    write_atomically(folder / PAGE, page(_report(inspection, tuple(pictures.values()))))
    return folder / PAGE


def _pictures(inspection: Inspection, data_set: DataSet) -> dict[str, Picture]:
    samples = data_set.samples
    sheet = _sheet(data_set)
    found = {'counts': Picture('Images of each label', png(counts_plot(inspection.labels)))}
    if sheet:
        sizes = [(pixels.shape[0], pixels.shape[1]) for _, images in sheet for pixels in images]
        found['sizes'] = Picture('Sizes of samples', png(sizes_plot(sizes)))
        shown = [
            (label, [_small(image) for image in images[:_SAMPLES]]) for label, images in sheet
        ]
        found['samples'] = Picture('Samples of each label', png(contact_sheet(shown)), wide=True)
    copies = [copy for copy in inspection.copies if copy not in inspection.conflicts]
    for name, title, pairs in (
        ('copies', 'The same picture in two groups', copies),
        ('conflicts', 'The same picture under two labels', list(inspection.conflicts)),
    ):
        if pairs:
            picture = pairs_picture([_pair(pair, samples) for pair in pairs[:_PAIRS]])
            note = f'{min(len(pairs), _PAIRS)} of {len(pairs)}'
            found[name] = Picture(title, png(picture), note, wide=True)
    return found


def _sheet(data_set: DataSet) -> list[tuple[str, list[Pixels]]]:
    """Return some images of each label that has any, spread evenly over its images."""
    by_label: dict[str, list[Sample]] = defaultdict(list)
    for sample in data_set.samples:
        by_label[sample.label].append(sample)
    rows = []
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


def _small(pixels: Pixels) -> Pixels:
    scale = min(1.0, _LARGEST / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _pair(copy: Copied, samples: Sequence[Sample]) -> tuple[str, str, Pixels, Pixels]:
    words = [
        f'{name.rpartition("/")[2][-24:]}\n{label}'
        for name, label in ((copy.name, copy.label), (copy.original_name, copy.original_label))
    ]
    first, second = samples[copy.image], samples[copy.original]
    return words[0], words[1], _small(first.pixels), _small(second.pixels)


def _report(inspection: Inspection, pictures: tuple[Picture, ...]) -> Report:
    heads, *rows = label_rows(inspection)
    table = Table('Images in groups', tuple(heads), tuple(tuple(row) for row in rows))
    unreadable = tuple((one.name, one.reason) for one in inspection.unreadable)
    damage = Table('Images that cannot be read', ('image', 'why'), unreadable)
    sections = [Section('Labels', '', (table, *pictures))]
    if unreadable:
        sections.append(Section('Damage', '', (damage,)))
    return Report(
        title='What the data set holds',
        words=f'{inspection.images} images of {len(inspection.labels)} labels.',
        headlines=(
            Headline(str(inspection.images), f'images in {inspection.groups} groups'),
            _bad(len(inspection.unreadable), 'images cannot be read'),
            _bad(len(inspection.leaks), 'images are in two parts of the split'),
            _bad(len(inspection.conflicts), 'pictures under two labels'),
        ),
        sections=tuple(sections),
        limits=tuple(line for line in remarks(inspection) if not line.startswith('  ')),
        facts={'SHA-256': inspection.sha256},
    )


def _bad(count: int, words: str) -> Headline:
    return Headline(str(count), words, 'bad' if count else 'good')
