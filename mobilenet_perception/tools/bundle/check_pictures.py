# SPDX-License-Identifier: Apache-2.0
"""What the variants of a bundle decide of pictures, by source: figures for `check --images`.

They are those of `python -m training evaluate`, by the same code, without TensorFlow. Pictures of
what is known are sub-folders named after labels; where there are none, the bundle tells how it
scores what it knows, as its evaluation found.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mobilenet_perception.frames import Frame, RegionOfInterest
from mobilenet_perception.inference.bundle import Bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.tools.bundle.open_world import (
    Frames,
    OpenWorld,
    everything_unknown,
    measure_open_world,
    open_world_from_json,
    worst_frames,
)
from mobilenet_perception.tools.bundle.open_world_report import (
    KNOWN_HEADS,
    UNKNOWN_HEADS,
    known_rows,
    open_world_sections,
    share,
    unknown_rows,
    worst_cards,
)
from mobilenet_perception.tools.bundle.unknown_pictures import (
    Scores,
    Seen,
    Sight,
    find_source_pictures,
    look_at,
)
from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.terminal import table

OPEN_WORLD = 'open_world'
"""Where a manifest's calibration has, by variant, what its evaluation found."""
_NO_KNOWN = (
    'The bundle does not tell how it scores what it knows: for AUROC and FPR95 add sub-folders of '
    'pictures that are named after labels.'
)


class Measured(NamedTuple):
    """What a variant makes of pictures.

    Attributes:
        frames: what was looked at, scored.
        labels: of the bundle.
        decide_above: by label.
        found: the figures.
        sights: the same, in order.
    """

    frames: Frames
    labels: tuple[str, ...]
    decide_above: Mapping[str, float]
    found: OpenWorld
    sights: Sequence[Sight]


def measure_bundle(
    classifier: Classifier, folders: Sequence[Path], windows: int
) -> dict[str, Measured]:
    """Return what each variant makes of pictures, by its name.

    Args:
        classifier: of the bundle.
        folders: of pictures; see `find_source_pictures`.
        windows: regions of each picture to look at, beside all of it.

    Raises:
        PerceptionError: there are none, or none can be read.
    """
    manifest = classifier.bundle.manifest
    looks = {name: partial(_look, classifier, name) for name in classifier.variants}
    seen = look_at(find_source_pictures(folders, manifest.labels), looks, windows)
    measured = {}
    for name, variant in classifier.variants.items():
        frames = scored(seen, name)
        above = variant.thresholds(manifest.labels, manifest.decision.decide_above)
        stored = stored_open_world(classifier.bundle, name)
        found = measure_open_world(
            frames, manifest.labels, above, stored.known_scores if stored else ()
        )
        measured[name] = Measured(frames, manifest.labels, above, found, seen.sights)
    return measured


def scored(seen: Seen, name: str) -> Frames:
    """Return what a network, by its name, has seen."""
    pictures = [sight.picture for sight in seen.sights]
    return Frames(
        seen.scores[name],
        np.array([picture.truth for picture in pictures], np.int64),
        [picture.source for picture in pictures],
        [picture.group for picture in pictures],
        [sight.name for sight in seen.sights],
    )


def stored_open_world(bundle: Bundle, variant: str) -> OpenWorld | None:
    """Return what the evaluation of a variant found; None: the bundle does not say.

    Raises:
        PerceptionError: the bundle says it in another form.
    """
    by_variant = bundle.manifest.calibration.get(OPEN_WORLD, {})
    if variant not in by_variant:
        return None
    where = f'the bundle {bundle.manifest.name}, variant {variant},'
    return open_world_from_json(by_variant[variant], where)


def pictures_text(measured: Mapping[str, Measured]) -> str:
    """Return tables for a terminal: what shows none of the labels, and what shows some."""
    unknown: list[tuple[str, ...]] = [('variant', *UNKNOWN_HEADS)]
    known: list[tuple[str, ...]] = [('variant', *KNOWN_HEADS)]
    for name, one in measured.items():
        unknown += [(name, *row) for row in unknown_rows(one.found)]
        known += [(name, *row) for row in known_rows(one.found)]
    parts = [table(rows) for rows in (unknown, known) if len(rows) > 1]
    if not _knows(measured):
        parts.append(_NO_KNOWN)
    return '\n\n'.join(parts)


def pictures_report(name: str, measured: Mapping[str, Measured]) -> pages.Report:
    """Return the page: each variant's tables, and the worst pictures of the first.

    Args:
        name: of the bundle.
        measured: by variant, the most accurate first.
    """
    first = next(iter(measured.values()))
    rows = worst_frames(first.frames, first.labels, first.decide_above)
    sections: list[pages.Section] = []
    for variant, one in measured.items():
        cards = []
        if one is first:
            cards = worst_cards(
                one.frames, one.labels, rows, lambda index: first.sights[index].pixels()
            )
        sections += (
            section._replace(title=f'{section.title}: {variant}')
            for section in open_world_sections(one.found, cards)
        )
    limits = () if _knows(measured) else (_NO_KNOWN,)
    return pages.Report(
        title=f'What {name} makes of pictures',
        words=f'{len(first.frames.names):,} pictures and regions of pictures, '
        f'{len(measured)} variant(s).',
        verdict=tuple(_verdict(variant, one.found) for variant, one in measured.items()),
        headlines=(),
        sections=(*sections, *pages.tail(limits, {})),
    )


def _verdict(variant: str, found: OpenWorld) -> pages.Remark:
    everything = everything_unknown(found)
    if everything is None:
        return pages.Remark(f'{variant}: no picture shows none of its labels.')
    false = everything.false
    words = f'{variant}: a label is decided of {share(false.value)} of what shows none.'
    return pages.Remark(words, 'warn' if false.value else 'good')


def _knows(measured: Mapping[str, Measured]) -> bool:
    return any(one.found.known_scores for one in measured.values())


def _look(
    classifier: Classifier, variant: str, frame: Frame, roi: RegionOfInterest | None
) -> Scores:
    return classifier.classify(frame, roi, variant).scores
