# SPDX-License-Identifier: Apache-2.0
"""The inspection of a data set and its split: counts, damage, odd formats, copies, leaks."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageMode

from mobilenet_perception.tools.terminal import table
from training.configuration.records import Record
from training.configuration.settings import Data
from training.data.data_set import PARTS, DataSet, Floats, Sample, Split, data_hash, make_split
from training.data.duplicates.copies import Copy, find_copies, in_parallel, take_fingerprints
from training.data.duplicates.leaks import Leak, find_leaks
from training.errors import TrainingError

UNUSED = 'unused'
_NAMED = 5


class LabelCount(Record):
    """How much there is of one label.

    Attributes:
        label: its name.
        images: by part; `unused` are in none.
        groups: likewise.
    """

    label: str
    images: dict[str, int]
    groups: dict[str, int]

    @property
    def total(self) -> int:
        """Images of all parts."""
        return sum(self.images.values())


class Spread(Record):
    """The range of a measure over all readable images."""

    least: float
    median: float
    most: float


class Unreadable(Record):
    """An image that cannot be read, and why."""

    name: str
    reason: str


class Copied(Record):
    """Two images of different groups that show the same picture.

    Attributes:
        image: place among the samples.
        name: file name within the source.
        label: its label.
        original: place of the other one.
        original_name: its file name.
        original_label: its label; another one is a conflict.
        distance: of the two pictures (see `same_picture`); 0: the same pixels.
        exact: every pixel is the same.
    """

    image: int
    name: str
    label: str
    original: int
    original_name: str
    original_label: str
    distance: float
    exact: bool


class Inspection(Record):
    """What was found in a data set.

    Attributes:
        sha256: fingerprint of the data.
        images: how many there are.
        groups: how many groups they are in.
        labels: what there is of each label, in the order of the network's outputs.
        imbalance: images of the most frequent label for each of the rarest.
        height: of the images, in pixels.
        width: of the images, in pixels.
        aspect: width by height.
        unreadable: images that cannot be read.
        formats: how many image files are odd in some way (`alpha`, `16 bit`, ...).
        format_examples: the first file of each.
        repeated: images whose pixels another image has as well, wherever that is.
        copies: copies of one picture in different groups: exact, re-encoded, resized, brightened.
        conflicts: those of the copies whose labels differ.
        leaks: copies and groups in two parts of the split.
        problem: why there is no split; empty: there is one.
        notes: what a person should know of the reading: files left out, files from elsewhere.
    """

    sha256: str
    images: int
    groups: int
    labels: tuple[LabelCount, ...]
    imbalance: float
    height: Spread
    width: Spread
    aspect: Spread
    unreadable: tuple[Unreadable, ...]
    formats: dict[str, int]
    format_examples: dict[str, str]
    repeated: int
    copies: tuple[Copied, ...]
    conflicts: tuple[Copied, ...]
    leaks: tuple[Leak, ...]
    problem: str
    notes: tuple[str, ...] = ()


def inspect_data(data_set: DataSet, split: Split | Data) -> Inspection:
    """Read every image and return what was found; shows progress.

    Args:
        data_set: the data.
        split: of the data, or the settings to make it with; where none can be made, the reason
            is part of what was found.
    """
    samples, problem = data_set.samples, ''
    if isinstance(split, Data):
        try:
            split = make_split(data_set, split)
        except TrainingError as error:
            split, problem = Split((), (), ()), str(error)
    taken = take_fingerprints(samples)
    names = {name: number for number, name in enumerate(sorted({s.group for s in samples}))}
    groups = np.array([names[sample.group] for sample in samples], np.int64)
    copies = tuple(_copied(copy, samples) for copy in find_copies(samples, taken, groups))
    readable = taken.sizes[(taken.sizes > 0).all(axis=1)].astype(np.float64)
    formats, examples = _formats(samples)
    labels = _labels(data_set, split)
    counts = [label.total for label in labels if label.total]
    digests = Counter(digest for digest in taken.digests if digest)
    return Inspection(
        sha256=data_hash(samples),
        images=len(samples),
        groups=len(names),
        labels=labels,
        imbalance=max(counts) / min(counts) if counts else 0.0,
        height=_spread(readable[:, 0]),
        width=_spread(readable[:, 1]),
        aspect=_spread(readable[:, 1] / readable[:, 0]),
        unreadable=tuple(
            Unreadable(samples[place].name, reason) for place, reason in taken.unreadable.items()
        ),
        formats=formats,
        format_examples=examples,
        repeated=sum(count - 1 for count in digests.values()),
        copies=copies,
        conflicts=tuple(copy for copy in copies if copy.label != copy.original_label),
        leaks=tuple(find_leaks(data_set, split, taken)),
        problem=problem,
        notes=data_set.notes,
    )


def part_by_group(split: Split) -> dict[str, str]:
    """Return the part of each group."""
    return {group: part for part in PARTS for group in getattr(split, part)}


def odd_formats(path: Path) -> tuple[str, ...]:
    """Return `grey`, `alpha`, `16 bit`, `CMYK`, `palette`, `animated`, `turned by EXIF`.

    All of these are read, but not as they are: alpha is ignored, 16 bits become 8, of an
    animation the first picture is taken, and images are turned upright as EXIF says.
    """
    try:
        return tuple(_odd(path))
    # A damaged header is another matter: whether the pixels can be read is found out elsewhere.
    except Exception:
        return ()


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
    yield from inspection.notes
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
        f'LEAKS: {len(inspection.leaks)} image(s) are in two parts (`fit` keeps copies in one, '
        'where the data do not name the parts)',
        [
            f'{leak.name} ({leak.part}) and {leak.other_name} ({leak.other_part}): {leak.kind}'
            for leak in inspection.leaks
        ],
    )


def _labels(data_set: DataSet, split: Split) -> tuple[LabelCount, ...]:
    part_of = part_by_group(split)
    images: Counter[tuple[str, str]] = Counter()
    groups: dict[tuple[str, str], set[str]] = {}
    for sample in data_set.samples:
        key = (sample.label, part_of.get(sample.group, UNUSED))
        images[key] += 1
        groups.setdefault(key, set()).add(sample.group)
    parts = (*PARTS, UNUSED)
    return tuple(
        LabelCount(
            label,
            {part: images[label, part] for part in parts},
            {part: len(groups.get((label, part), ())) for part in parts},
        )
        for label in data_set.labels
    )


def _copied(copy: Copy, samples: Sequence[Sample]) -> Copied:
    image, original = samples[copy.image], samples[copy.original]
    distance = round(copy.difference.distance, 4) if copy.difference else 0.0
    return Copied(
        copy.image,
        image.name,
        image.label,
        copy.original,
        original.name,
        original.label,
        distance,
        copy.difference is None,
    )


def _formats(samples: Sequence[Sample]) -> tuple[dict[str, int], dict[str, str]]:
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    files = [(s.name, s.image) for s in samples if isinstance(s.image, Path)]
    found = in_parallel(lambda file: odd_formats(file[1]), files, 'file headers read')
    for (name, _), odd in zip(files, found, strict=True):
        for one in odd:
            counts[one] += 1
            examples.setdefault(one, name)
    return dict(counts), examples


def _odd(path: Path) -> Iterator[str]:
    with Image.open(path) as image:
        if ImageMode.getmode(image.mode).basemode == 'L':
            yield 'grey'
        if image.has_transparency_data:
            yield 'alpha'
        # A colour image of 16 bits is opened as one of 8: what is decoded tells.
        if image.mode[0] in 'IF' or ';16' in str(image.tile):
            yield '16 bit'
        if image.mode in ('CMYK', 'P'):
            yield 'CMYK' if image.mode == 'CMYK' else 'palette'
        if getattr(image, 'n_frames', 1) > 1:
            yield 'animated'
        if image.getexif().get(ExifTags.Base.Orientation, 1) not in (0, 1):
            yield 'turned by EXIF'


def _spread(values: Floats) -> Spread:
    if not values.size:
        return Spread(0.0, 0.0, 0.0)
    return Spread(float(values.min()), float(np.median(values)), float(values.max()))


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
