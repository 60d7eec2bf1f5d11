# SPDX-License-Identifier: Apache-2.0
"""What the node says of real signs in boxes: `python -m benchmarks.road_signs FOLDER`.

Takes photographs of streets and a table of the signs and lights in them, as CSV: path, block,
label, xmin, ymin, xmax, ymax, in pixels. Neighbouring pictures show the same signs: `block` is
their group. Made for Kaggle's "Road Sign Detection" (CC0). The boxes go to the pipeline as the
regions of a frame, and are cut as the node cuts them. With `--detector`, those of the example's
detector go too: which signs does it find, what is said of these, and what of boxes that show none?
A bundle that was trained on a part of the photographs is asked of the others alone.
"""

import argparse
import csv
import math
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.harness.intervals import Share, estimate
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest, decode_file
from mobilenet_perception.frames.boxes import Box
from mobilenet_perception.frames.messages import image_message
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.pipeline.decision import ScoredLabel
from mobilenet_perception.pipeline.parameters import CameraSettings, PipelineSettings
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.pipeline.regions import EXACT, RegionRules, choose_regions, overlap
from mobilenet_perception.pipeline.result import Result
from mobilenet_perception.tools.arguments import add_bundle, load_classifier, share
from mobilenet_perception.tools.terminal import Progress, table

LIGHTS = ('traffic_light_red', 'traffic_light_yellow', 'traffic_light_green')
# What is right for each class of the table. The colour of a light is not marked: any will do. A
# crossing sign is none of ours, and says what the sign for pedestrians says: either will do.
RIGHT = {
    'speedlimit': ('speed_limit',),
    'stop': ('stop',),
    'trafficlight': LIGHTS,
    'crosswalk': ('other_sign', 'pedestrians'),
}
BACKGROUND = 'background'
# What a detector of COCO's classes calls two of them; it has no name for the others.
NAMES = {'traffic light': 'trafficlight', 'stop sign': 'stop'}
# A box of the detector shows a sign when they overlap by so much, and nothing known by so little.
_FOUND, _NOTHING = 0.5, 0.1
_MOST = 64
_COLUMNS = ('path', 'block', 'label', 'xmin', 'ymin', 'xmax', 'ymax')


class Sign(NamedTuple):
    """A sign or light of the table: its class there, and its box."""

    label: str
    box: RegionOfInterest


class Photograph(NamedTuple):
    """A photograph: (height, width, 3) uint8 RGB, its group, what is in it, its file's stem."""

    rgb: npt.NDArray[np.uint8]
    block: str
    signs: Sequence[Sign]
    stem: str


class Answer(NamedTuple):
    """What the node says of a box.

    Attributes:
        truth: class of the table, or the detector's word for what is none of it.
        block: group of its photograph.
        best: label and score; None: it is too small to be looked at.
    """

    truth: str
    block: str
    best: ScoredLabel | None

    @property
    def is_right(self) -> bool:
        """Whether the label is one of those that are right."""
        return self.best is not None and self.best.label in RIGHT.get(self.truth, (BACKGROUND,))

    def is_decided_wrong(self, decided: float) -> bool:
        """Whether another label has a score with which it is decided."""
        return self.best is not None and self.best.score >= decided and not self.is_right


class Found(NamedTuple):
    """What comes of a detector's boxes.

    Attributes:
        signs: of each that the detector has a word for: class, group, and whether it is found.
        shown: what is said of boxes that show one of these.
        empty: what is said of boxes that show nothing of the table, by the detector's words.
    """

    signs: list[tuple[str, str, bool]]
    shown: list[Answer]
    empty: list[Answer]


class Looker:
    """The pipeline as the node has it, for one picture at a time: each is looked at in full.

    Args:
        classifier: of the bundle.
        variant: to run.
        margin: around boxes, as a share of their sides.
    """

    def __init__(self, classifier: Classifier, variant: str, margin: float) -> None:
        self._rules = RegionRules(match=EXACT, margin=margin, most=_MOST)
        self._results: list[Result] = []
        self._pipeline = Pipeline(
            classifier,
            {'camera': CameraSettings(math.inf, regions=self._rules)},
            self._results.append,
            PipelineSettings(variant=variant, top_k=1),
        )

    def look(
        self, rgb: npt.NDArray[np.uint8], boxes: Sequence[RegionOfInterest]
    ) -> list[ScoredLabel | None]:
        """Return the best label of each box; None: it is too small."""
        stamp_ns = time.time_ns()
        given = [
            Box(str(index), x + width / 2, y + height / 2, width, height)
            for index, (x, y, width, height) in enumerate(boxes)
        ]
        self._pipeline.submit_regions('camera', choose_regions(given, stamp_ns, self._rules))
        self._pipeline.submit('camera', image_message(rgb, stamp_ns, 'camera'), stamp_ns)
        self._pipeline.run_once()
        (result,) = self._results
        self._results.clear()
        if result.record.regions_left:
            raise PerceptionError(f'a picture could not be looked at: {result.record.reason}')
        said = {region.id: top[0] for region, top in result.regions}
        return [said.get(str(index)) for index in range(len(boxes))]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path, help='of the photographs')
    parser.add_argument('--table', type=Path, help='of the boxes (default: FOLDER.csv)')
    parser.add_argument('--detector', type=Path, metavar='MODEL', help='YOLOX in ONNX')
    parser.add_argument(
        '--margin', type=share, default=RegionRules().margin,
        help='around boxes, as a share of their sides (%(default)s, as the node)',
    )  # fmt: skip
    parser.add_argument(
        '--decided', type=share, default=0.9,
        help='score with which a label counts as decided (%(default)s)',
    )  # fmt: skip
    add_bundle(parser)
    options = parser.parse_args()
    try:
        _run(options)
    except PerceptionError as error:
        sys.exit(f'error: {error}')
    return 0


def read_photographs(folder: Path, boxes: Path) -> Iterator[Photograph]:
    """Yield the photographs of a table.

    Raises:
        PerceptionError: a file is missing, or the table is another one.
    """
    found: dict[str, tuple[str, list[Sign]]] = {}
    try:
        with boxes.open(encoding='utf-8', newline='') as file:
            for row in csv.DictReader(file):
                path, block, label, *ends = (row[name] for name in _COLUMNS)
                if label not in RIGHT:
                    known = ', '.join(RIGHT)
                    raise PerceptionError(f'{boxes} has the class {label}: known are {known}')
                left, top, right, bottom = map(int, ends)
                box = RegionOfInterest(left, top, right - left, bottom - top)
                found.setdefault(path, (block, []))[1].append(Sign(label, box))
    except OSError as error:
        raise PerceptionError(f'{boxes} cannot be read: {error.strerror}') from None
    except KeyError as error:
        needed = ', '.join(_COLUMNS)
        raise PerceptionError(f'{boxes} has no column {error}: it needs {needed}') from None
    except ValueError as error:
        raise PerceptionError(
            f'{boxes} has an end of a box that is no whole number: {error}'
        ) from None
    if not found:
        raise PerceptionError(f'{boxes} has no rows: name the table of the boxes by --table')
    for path, (block, signs) in found.items():
        picture = folder / Path(path).name
        yield Photograph(decode_file(picture).rgb(), block, signs, picture.stem)


def not_trained_on(
    photographs: list[Photograph], provenance: Mapping[str, Any]
) -> list[Photograph]:
    """Return those that a bundle's provenance has as held out; all, if it names none of them."""
    names = provenance.get('held_out', {}).get('road_signs', [])
    # A name is that of a file, and the numbers of a box or window of it.
    stems = {name.split('_')[0] for name in names}
    return [one for one in photographs if one.stem in stems] or photographs


def look_at_signs(looker: Looker, photographs: Iterable[Photograph]) -> list[Answer]:
    """Return what is said of the true boxes."""
    answers = []
    for rgb, block, signs, _ in photographs:
        said = looker.look(rgb, [sign.box for sign in signs])
        answers += [Answer(s.label, block, best) for s, best in zip(signs, said, strict=True)]
    return answers


def pair(signs: Sequence[Sign], boxes: Sequence[tuple[str, RegionOfInterest]]) -> dict[int, int]:
    """Return which sign each box shows, by their numbers: the pairs that overlap most come first.

    Args:
        signs: of a photograph.
        boxes: the detector's word and box of each thing.
    """
    pairs = sorted(
        (
            (overlap(sign.box, box), number, index)
            for number, sign in enumerate(signs)
            for index, (name, box) in enumerate(boxes)
            if NAMES.get(name) == sign.label
        ),
        reverse=True,
    )
    found: dict[int, int] = {}
    for shared, number, index in pairs:
        if shared >= _FOUND and index not in found and number not in found.values():
            found[index] = number
    return found


def look_at_found(looker: Looker, photographs: Iterable[Photograph], model: Path) -> Found:
    """Return what is said of a detector's boxes.

    Raises:
        PerceptionError: it cannot be loaded.
    """
    from examples.yolox import Yolox  # noqa: PLC0415 (only where a detector is asked for)

    detector, found = Yolox(str(model)), Found([], [], [])
    for rgb, block, signs, _ in photographs:
        things = detector.find(rgb)
        shown = pair(signs, [(thing.name, thing.box) for thing in things])
        known = set(shown.values())
        found.signs.extend(
            (sign.label, block, number in known)
            for number, sign in enumerate(signs)
            if sign.label in NAMES.values()
        )
        said = looker.look(rgb, [thing.box for thing in things])
        for index, (thing, best) in enumerate(zip(things, said, strict=True)):
            if index in shown:
                found.shown.append(Answer(signs[shown[index]].label, block, best))
            elif all(overlap(thing.box, sign.box) < _NOTHING for sign in signs):
                found.empty.append(Answer(thing.name, block, best))
    return found


def _run(options: argparse.Namespace) -> None:
    classifier = load_classifier(options)
    boxes = options.table or options.folder.with_suffix('.csv')
    there = list(read_photographs(options.folder, boxes))
    photographs = not_trained_on(there, classifier.bundle.manifest.provenance)
    answers = {}
    with Progress('variants') as progress:
        for count, variant in enumerate(classifier.variants):
            progress(count)
            answers[variant] = look_at_signs(
                Looker(classifier, variant, options.margin), photographs
            )
    print(
        f'{len(photographs)} photographs, margin {options.margin:g}; decided: a score of '
        f'{options.decided:g} or more'
    )
    if len(photographs) < len(there):
        print(f'the bundle was trained on the other {len(there) - len(photographs)}')
    print('\nTrue boxes, by variant\n')
    print(_summary(answers, options.decided))
    best = next(iter(answers))
    print(f'\nTrue boxes, by class, {best}\n')
    by_class = {label: [a for a in answers[best] if a.truth == label] for label in RIGHT}
    print(_summary(by_class, options.decided))
    print('\nWhat is said in place of what is right (of these decided)\n')
    print(_mistakes(by_class, options.decided))
    if options.detector:
        looker = Looker(classifier, best, options.margin)
        found = look_at_found(looker, photographs, options.detector)
        _report_found(found, options.decided)


def _summary(groups: dict[str, list[Answer]], decided: float) -> str:
    rows = [['', 'right', 'another label decided', 'too small to look at']]
    for name, answers in groups.items():
        seen = [answer for answer in answers if answer.best]
        right = _share(seen, [a.is_right for a in seen])
        wrong = _share(seen, [a.is_decided_wrong(decided) for a in seen])
        rows.append([name, str(right), str(wrong), str(len(answers) - len(seen))])
    return table(rows)


def _mistakes(groups: dict[str, list[Answer]], decided: float) -> str:
    rows = [['', 'labels']]
    for name, answers in groups.items():
        wrong = [answer.best for answer in answers if answer.best and not answer.is_right]
        said = Counter(best.label for best in wrong)
        sure = Counter(best.label for best in wrong if best.score >= decided)
        words = (f'{label} {count} ({sure[label]})' for label, count in said.most_common())
        rows.append([name, ', '.join(words) or '-'])
    return table(rows)


def _report_found(found: Found, decided: float) -> None:
    print("\nThe detector's boxes: signs that it finds\n")
    rows = [['', 'found']]
    for label in NAMES.values():
        of_label = [(block, hit) for name, block, hit in found.signs if name == label]
        hits = estimate([hit for _, hit in of_label], [block for block, _ in of_label])
        rows.append([label, str(hits)])
    print(table(rows))
    print('\nThese boxes, by class\n')
    shown = {label: [a for a in found.shown if a.truth == label] for label in NAMES.values()}
    print(_summary(shown, decided))
    print('\nBoxes that show nothing of the table; right is background\n')
    names = {name: [a for a in found.empty if a.truth == name] for name in NAMES}
    names['other classes'] = [a for a in found.empty if a.truth not in NAMES]
    print(_summary(names, decided))
    print('\nWhat is said of them but background (of these decided)\n')
    print(_mistakes(names, decided))


def _share(answers: Sequence[Answer], hits: Sequence[bool]) -> Share:
    return estimate(hits, [answer.block for answer in answers])


if __name__ == '__main__':
    sys.exit(main())
