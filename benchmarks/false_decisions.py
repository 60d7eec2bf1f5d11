# SPDX-License-Identifier: Apache-2.0
"""False decisions a minute, of a camera that sees nothing to decide.

    python -m benchmarks.false_decisions --images FOLDER [--bundle BUNDLE] [--minutes 60]

A region of interest is panned, zoomed and shaken over photographs that show none of the labels, as
a robot's camera would move, a few seconds over each. The classifier and the decider get the frames
with the stamps that they would have, as fast as they can be run: the same frames each time.
FOLDER holds photographs, a sub-folder a source; or `street-photos/`, `kerb-views/`, `pavements/`
and `crosswalks/` as `training.data.readers.streets` takes them, of which those with a light or a
stop sign are left out. Each source has the same share of the time.

An hour at 20 Hz is 72,000 frames: 100 seconds of an x86-64 core for two variants, of 29.5 and of
9.9 M multiply-adds.
"""

import argparse
import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.harness.intervals import estimate, estimate_rate
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import Frame, RegionOfInterest
from mobilenet_perception.inference.classifier import Classifier, open_classifier
from mobilenet_perception.pipeline.decision import Decider, DecisionRules
from mobilenet_perception.street.signals import BACKGROUND
from mobilenet_perception.tools.arguments import (
    add_bundle,
    bundle_path,
    not_negative,
    positive,
)
from mobilenet_perception.tools.bundle.unknown_pictures import find_source_pictures
from mobilenet_perception.tools.terminal import Progress, notify, table
from training.data.data_set import read_rgb
from training.data.readers.streets import read_scenes
from training.data.scenes import Scene

# How long the camera looks at a photograph, in seconds.
_SHORTEST_S, _LONGEST_S = 2.0, 6.0
# Over a clip: by how much the region grows or shrinks at most, and how far it moves in a second,
# of its own side.
_ZOOM, _PAN = 2.0, 0.4
# The robot shakes: of the region's side, at two frequencies in hertz.
_SHAKE, _SHAKE_HZ = 0.015, (1.7, 4.3)
_SMALLEST = 24
# Frames a run.
_BATCH = 8
# Labels that a source's row names.
_MOSTLY = 2
# When a decision is asked for: as it is published, a little after the capture.
_ASKED_NS = 5_000_000


class Shot(NamedTuple):
    """Some seconds over one photograph: its pixels, and the region of each frame."""

    scene: Scene
    frame: Frame
    regions: list[RegionOfInterest]


class Clip(NamedTuple):
    """What was decided of a shot.

    Attributes:
        source: of the photograph.
        group: of the photograph.
        frames: how many.
        seconds: how long.
        decided: false decisions by label: how often one was taken.
        held: frames at which a false decision stood.
        clear: frames that by themselves show a label clearly enough.
    """

    source: str
    group: str
    frames: int
    seconds: float
    decided: Counter[str]
    held: int
    clear: int


def main() -> int:
    """Run from the command line; 1 where there are more false decisions than are allowed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--images', type=Path, required=True, metavar='FOLDER')
    parser.add_argument('--minutes', type=positive, default=60.0, help='of frames (%(default)g)')
    parser.add_argument('--rate', type=positive, default=20.0, help='in hertz (%(default)g)')
    parser.add_argument(
        '--variants', nargs='+', default=[''], help='to run (default: the most accurate)'
    )
    parser.add_argument(
        '--fail-above', type=not_negative, metavar='RATE',
        help='exit 1 if a variant decides wrongly more often a minute',
    )  # fmt: skip
    add_bundle(parser)
    options = parser.parse_args()
    try:
        return _run(options)
    except PerceptionError as error:
        sys.exit(f'error: {error}')


def find_scenes(folder: Path) -> dict[str, list[Scene]]:
    """Return the photographs of each source.

    Raises:
        PerceptionError: there is none.
    """
    if (folder / 'street-photos').is_dir():
        scenes = [scene for scene in read_scenes(folder) if not scene.shown]
    else:
        pictures = find_source_pictures([folder])
        scenes = [Scene(one.path, one.group, one.source) for one in pictures]
    found: dict[str, list[Scene]] = {}
    for scene in scenes:
        found.setdefault(scene.source, []).append(scene)
    return found


def film(scenes: Sequence[Scene], minutes: float, rate_hz: float, seed: int) -> Iterator[Shot]:
    """Yield shots of so many minutes in all.

    Photographs come in an order that the seed decides, again and again.
    """
    random = np.random.default_rng(seed)
    left = round(minutes * 60 * rate_hz)
    while left > 0:
        for index in random.permutation(len(scenes)).tolist():
            if left <= 0:
                return
            count = max(1, round(random.uniform(_SHORTEST_S, _LONGEST_S) * rate_hz))
            count = min(left, count)
            pixels = read_rgb(scenes[index].path)
            height, width = pixels.shape[:2]
            regions = pan(width, height, count, rate_hz, random)
            yield Shot(scenes[index], Frame(pixels, 'rgb'), regions)
            left -= count


def pan(
    width: int, height: int, count: int, rate_hz: float, random: np.random.Generator
) -> list[RegionOfInterest]:
    """Return the region of each of `count` frames, as a moving camera shows it.

    It is of any size, up to twice as long as wide or wide as long, and lies within the image.
    """
    time_s = np.arange(count) / rate_hz
    along = time_s / max(time_s[-1], 1e-9)
    shortest = min(width, height)
    first = math.exp(random.uniform(math.log(min(_SMALLEST, shortest)), math.log(shortest)))
    sides = np.clip(first * _ZOOM ** (random.uniform(-1, 1) * along), min(8, shortest), shortest)
    shape = math.sqrt(2.0) ** random.uniform(-1, 1)
    across = np.minimum(sides * shape, width)
    down = np.minimum(sides / shape, height)
    places = []
    for size, extent in ((across, width), (down, height)):
        shake = sum(np.sin(2 * np.pi * (hertz * time_s + random.random())) for hertz in _SHAKE_HZ)
        speed = random.uniform(-_PAN, _PAN) * first
        middle = random.uniform(0, extent) + speed * time_s + _SHAKE * sides * shake
        places.append(np.clip(middle - size / 2, 0, extent - size))
    return [
        RegionOfInterest(
            int(x), int(y), max(1, min(round(w), width - int(x))),
            max(1, min(round(h), height - int(y))),
        )
        for x, y, w, h in zip(*places, across, down, strict=True)
    ]  # fmt: skip


def watch(classifier: Classifier, variant: str, shot: Shot, rate_hz: float) -> Clip:
    """Return what a variant and the decider make of a shot."""
    rules = DecisionRules(leave_below=classifier.bundle.manifest.decision.leave_below)
    decider = Decider(classifier.labels, rules)
    decided: Counter[str] = Counter()
    held = clear = 0
    before = ''
    batch = min(_BATCH, len(classifier.batch_ms[variant]))
    for first in range(0, len(shot.regions), batch):
        some = [(shot.frame, roi) for roi in shot.regions[first : first + batch]]
        answers = classifier.classify_batch(some, variant)
        for number, found in enumerate(answers, first):
            stamp_ns = round(number / rate_hz * 1e9)
            decider.update(found.scores, stamp_ns, stamp_ns, found.decide_above)
            label = decider.decide(stamp_ns + _ASKED_NS).label
            false = label in classifier.labels and label != BACKGROUND
            decided[label] += false and label != before
            held += false
            shown = classifier.labels[int(found.scores.argmax())]
            clear += shown != BACKGROUND and rules.is_clear(found.scores, found.decide_above)
            before = label
    count = len(shot.regions)
    seconds = count / rate_hz
    source, group = shot.scene.source, shot.scene.group
    return Clip(source, group, count, seconds, +decided, held, clear)


def _run(options: argparse.Namespace) -> int:
    sources = find_scenes(options.images)
    path = bundle_path(options)
    classifier = open_classifier(
        path, options.runtime, options.threads, notify=notify, largest_batch=_BATCH
    )
    variants = [classifier.variant(name).name for name in options.variants]
    clips: dict[str, list[Clip]] = {name: [] for name in variants}
    frames = round(options.minutes * 60 * options.rate)
    done = 0
    with Progress('frames', frames) as progress:
        for seed, scenes in enumerate(sources[name] for name in sorted(sources)):
            minutes = options.minutes / len(sources)
            for shot in film(scenes, minutes, options.rate, seed):
                for name in variants:
                    clips[name].append(watch(classifier, name, shot, options.rate))
                done += len(shot.regions)
                progress(done)
    print(
        f'{path}: {options.minutes:g} minutes at {options.rate:g} Hz over '
        f'{sum(map(len, sources.values()))} photographs that show none of the labels'
    )
    worst = 0.0
    for name, found in clips.items():
        print(f'\n{name}\n\n{_summary(found)}\n\nBy label: {_labels(found, None)}')
        worst = max(worst, _rate(found))
    return int(options.fail_above is not None and worst > options.fail_above)


def _summary(clips: Sequence[Clip]) -> str:
    rows = [
        ['', 'minutes', 'false decisions', 'a minute', 'of the time', 'of single frames', 'mostly']
    ]
    for name, some in _by_source(clips).items():
        groups = [clip.group for clip in some]
        minutes = [clip.seconds / 60 for clip in some]
        counts = [clip.decided.total() for clip in some]
        held = sum(clip.held for clip in some) / sum(clip.frames for clip in some)
        clear = [number < clip.clear for clip in some for number in range(clip.frames)]
        of_frames = [clip.group for clip in some for _ in range(clip.frames)]
        rows.append([
            name, f'{sum(minutes):.1f}', str(sum(counts)),
            str(estimate_rate(counts, minutes, groups)), f'{held:.2%}',
            str(estimate(clear, of_frames)), _labels(some, _MOSTLY),
        ])  # fmt: skip
    return table(rows)


def _by_source(clips: Sequence[Clip]) -> Mapping[str, list[Clip]]:
    found: dict[str, list[Clip]] = {}
    for clip in clips:
        found.setdefault(clip.source, []).append(clip)
    return {**found, 'all': list(clips)} if len(found) > 1 else found


def _labels(clips: Sequence[Clip], most: int | None) -> str:
    counts: Counter[str] = Counter()
    for clip in clips:
        counts += clip.decided
    return ', '.join(f'{label} {count}' for label, count in counts.most_common(most)) or 'none'


def _rate(clips: Sequence[Clip]) -> float:
    return sum(clip.decided.total() for clip in clips) / sum(clip.seconds / 60 for clip in clips)


if __name__ == '__main__':
    sys.exit(main())
