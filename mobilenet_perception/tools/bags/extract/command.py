# SPDX-License-Identifier: Apache-2.0
"""`bag extract`: frames of recordings, or regions of them, as images to train on, by label."""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from shlex import quote
from typing import NamedTuple

import cv2

from mobilenet_perception.errors import FrameError, PerceptionError
from mobilenet_perception.frames import Frame, RegionOfInterest, crop
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.pipeline.regions import Region, RegionRules
from mobilenet_perception.recordings import (
    Source,
    SourceFrame,
    find_files,
    open_source,
    source_of,
)
from mobilenet_perception.recordings.labels import ThingLabels
from mobilenet_perception.recordings.regions import NONE
from mobilenet_perception.ros.bridge_decoder import use_cv_bridge
from mobilenet_perception.system.files import whole_folder, write_atomically
from mobilenet_perception.tools import arguments as common
from mobilenet_perception.tools.bags.extract import manifest
from mobilenet_perception.tools.bags.extract.duplicates import DuplicateFilter
from mobilenet_perception.tools.bags.extract.manifest import FILE, UNLABELLED
from mobilenet_perception.tools.bags.frame_regions import frames_with_regions, inside
from mobilenet_perception.tools.bags.reason_counter import ReasonCounter
from mobilenet_perception.tools.regions import add_regions, rules_of
from mobilenet_perception.tools.terminal import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this action's arguments."""
    normal = ExtractSettings()
    parser.add_argument(
        'bags', nargs='+', metavar='BAG', type=Path, help='bag folder, .mcap or .db3 file'
    )
    parser.add_argument(
        '-o', '--output', type=Path, required=True, metavar='FOLDER', help='folder to write'
    )
    parser.add_argument(
        '--every', type=common.positive, metavar='SECONDS', default=normal.every_s,
        help='look at one frame of each camera in so many seconds (%(default)g)',
    )  # fmt: skip
    parser.add_argument(
        '--count', type=common.whole, metavar='N',
        help='take at most so many: those that the bundle is least sure of, else by lot',
    )  # fmt: skip
    parser.add_argument(
        '--bundle',
        type=Path,
        help=f'what to ask of each frame: its folder, or {common.BUILT_IN}, for the built-in one',
    )
    parser.add_argument(
        '--label-by', choices=('labels', 'bundle'), default='labels',
        help='bundle: what has no label gets the answer of the bundle for one',
    )  # fmt: skip
    common.add_runtime(parser)
    parser.add_argument('--variant', default='', help='variant to ask (default: most accurate)')
    parser.add_argument(
        '--topic', action='append', default=[], help='camera topic, repeatable (default: all)'
    )
    parser.add_argument(
        '--roi',
        type=common.region,
        metavar='X,Y,W,H',
        help='where to crop (default: as the labels say)',
    )
    add_regions(parser)
    common.add_significant_bits(parser)
    parser.add_argument(
        '--group-seconds', type=common.positive, metavar='SECONDS', default=normal.group_s,
        help='frames of so long stay together in a split (%(default)g)',
    )  # fmt: skip
    parser.add_argument('--force', action='store_true', help='replace a folder extracted before')


def run(arguments: argparse.Namespace) -> int:
    """Extract, and say what was taken.

    Raises:
        PerceptionError: the folder is there already, or a bag cannot be used.
    """
    use_cv_bridge()
    by_bundle = arguments.label_by == 'bundle'
    if by_bundle and arguments.bundle is None:
        raise PerceptionError(f'--label-by bundle needs --bundle: a folder, or {common.BUILT_IN}')
    settings = ExtractSettings(
        every_s=arguments.every,
        most=arguments.count,
        group_s=arguments.group_seconds,
        topics=tuple(arguments.topic),
        roi=arguments.roi,
        regions=tuple(arguments.regions),
        region_rules=rules_of(arguments),
        significant_bits=arguments.significant_bits,
        label_by_bundle=by_bundle,
        variant=arguments.variant,
        force=arguments.force,
    )
    classifier = common.load_classifier(arguments) if arguments.bundle else None
    if classifier:
        classifier.variant(arguments.variant)
    with Progress('frames looked at') as progress:
        summary = extract(arguments.bags, arguments.output, settings, classifier, progress)
    print(_told(arguments.output, summary))
    return 0


class ExtractSettings(NamedTuple):
    """What to take.

    Attributes:
        every_s: at most one frame of each camera in so many seconds.
        most: at most so many frames of all; None: all that are sampled and new.
        group_s: length of the segments of time that stay together in a split, in seconds.
        topics: which camera topics; none: all.
        roi: where to crop; None: where the recording says, else nowhere.
        regions: topics that say where to crop, as `open_source` takes them; not with `roi`.
        region_rules: which of their boxes to take, and how much around each.
        significant_bits: of 16-bit samples, 8 to 16; 0: all.
        label_by_bundle: what has no label gets the bundle's answer for one.
        variant: name of the variant to ask; empty: the most accurate.
        force: replace a folder that was extracted before.
    """

    every_s: float = 0.2
    most: int | None = None
    group_s: float = 10.0
    topics: tuple[str, ...] = ()
    roi: RegionOfInterest | None = None
    regions: tuple[str, ...] = ()
    region_rules: RegionRules = RegionRules()
    significant_bits: int = 0
    label_by_bundle: bool = False
    variant: str = ''
    force: bool = False


class Summary:
    """What became of the frames.

    Attributes:
        sampled: frames looked at.
        crops: regions of them.
        duplicates: those that look like one before.
        rejected: why others could not be decoded.
        labels: images written, by label; those without one under the empty label.
    """

    def __init__(self) -> None:
        self.sampled = 0
        self.crops = 0
        self.duplicates = 0
        self.rejected = ReasonCounter()
        self.labels: Counter[str] = Counter()


def extract(
    bags: Sequence[Path],
    folder: Path,
    settings: ExtractSettings,
    classifier: Classifier | None = None,
    progress: Callable[[int], None] = lambda frames: None,
) -> Summary:
    """Write `folder/<label>/<group>/<camera>_<stamp>.png` and a manifest, or nothing.

    Frames that are not labelled, or not clearly, go to `folder/__unlabelled`, which has a
    manifest of its own; training reads the others alone. A group is a segment of one recording.
    Of cameras with regions each region becomes an image: under the label of its thing, else in
    `folder/__unlabelled/<id>`, the images of one thing together.
    Of near duplicates the first is taken. Manifests begin with what the bundle is least sure of.

    Args:
        bags: the recordings.
        folder: what to write; it appears when all is done.
        settings: what to take.
        classifier: the bundle that is asked; None: none, and what is limited is drawn by lot.
        progress: called with the number of frames looked at.

    Raises:
        PerceptionError: something is at `folder` already, a recording cannot be read, a label
            cannot name a folder, or there is no frame.
    """
    _check_target(folder, settings.force)
    for bag in bags:
        find_files(bag)
    names = manifest.bag_names(bags)
    with whole_folder(folder) as new:
        new.mkdir()
        extraction = _Extraction(new, settings, classifier, progress)
        for bag, name in names.items():
            extraction.take(bag, name)
        extraction.finish()
        if not extraction.summary.labels:
            raise PerceptionError(
                f'there is no frame to extract in {", ".join(map(str, bags))}: `bag info` says why'
            )
    return extraction.summary


def _check_target(folder: Path, force: bool) -> None:
    if not folder.exists():
        return
    if not force:
        raise PerceptionError(f'{folder} exists already: choose another name, or add --force')
    if not (folder / FILE).is_file():
        raise PerceptionError(f'{folder} was not extracted ({FILE} is missing): it is left alone')


class _Extraction:
    def __init__(
        self,
        folder: Path,
        settings: ExtractSettings,
        classifier: Classifier | None,
        progress: Callable[[int], None],
    ) -> None:
        self.summary = Summary()
        self._folder = folder
        self._settings = settings
        self._classifier = classifier
        self._progress = progress
        self._duplicates = DuplicateFilter()
        self._shortlist = manifest.Shortlist(folder, settings.most)

    def take(self, bag: Path, name: str) -> None:
        """Go through one recording."""
        settings = self._settings
        rate_hz = 1.0 / settings.every_s
        segments = manifest.Segments(settings.group_s)
        sightings = manifest.Sightings()
        source = open_source(
            source_of(bag),
            rate_hz=rate_hz,
            topics=settings.topics,
            regions=settings.regions or ((NONE,) if settings.roi else ()),
            significant_bits=settings.significant_bits,
        )
        for frame, regions in frames_with_regions(source, settings.region_rules):
            self.summary.sampled += 1
            shown = frame.truth
            if regions is not None:
                ids = {region.id for region in regions if region.id}
                shown = sightings.number(frame.camera, ids)
            number = segments.number(frame.camera, shown, frame.log_ns)
            group = f'{name}_{number:04d}'
            try:
                if regions is None:
                    self._take_frame(frame, name, group)
                elif regions:
                    self._take_regions(frame, regions, source, name, group)
            except FrameError as error:
                self.summary.rejected.add(str(error))
            self._progress(self.summary.sampled)

    def finish(self) -> None:
        """Write the manifests."""
        items = self._shortlist.items()
        labelled = [item for item in items if item.label]
        others = [item for item in items if not item.label]
        write_atomically(self._folder / FILE, manifest.manifest_text(labelled))
        if others:
            within = [
                item._replace(path=item.path.removeprefix(f'{UNLABELLED}/')) for item in others
            ]
            write_atomically(self._folder / UNLABELLED / FILE, manifest.manifest_text(within))
        self.summary.labels.update(item.label for item in items)

    def _take_frame(self, frame: SourceFrame, bag: str, group: str) -> None:
        settings = self._settings
        roi = settings.roi or frame.roi
        label = frame.truth if frame.clear else None
        self._take_picture(frame, frame.decode(), roi, label, bag, group)

    def _take_regions(
        self,
        frame: SourceFrame,
        regions: tuple[Region, ...],
        source: Source,
        bag: str,
        group: str,
    ) -> None:
        decoded = frame.decode()
        things = source.things.get(frame.camera, ThingLabels())
        for name, roi in inside(regions, decoded):
            self.summary.crops += 1
            known = things.at(name, frame.stamp_ns)
            label = known.truth if known.clear else None
            self._take_picture(frame, decoded, roi, label, bag, group, name)

    def _take_picture(
        self,
        frame: SourceFrame,
        decoded: Frame,
        roi: RegionOfInterest | None,
        label: str | None,
        bag: str,
        group: str,
        thing: str | None = None,
    ) -> None:
        """Take a crop; `thing` is the id of what it shows, None: it is of no region."""
        pixels = crop(decoded, roi).rgb()
        prediction = self._ask(decoded, roi, label)
        if label is None and self._settings.label_by_bundle:
            label = prediction.answer
        if not self._duplicates.is_new(pixels, label):
            self.summary.duplicates += 1
            return
        place = UNLABELLED if label is None else manifest.folder_of(label)
        if label is None and thing is not None:
            place = f'{place}/{manifest.file_part(thing)}'
        item = manifest.ExtractedImage(
            f'{place}/{group}/{self._file_name(frame, place, group, thing)}', label or '', group,
            *prediction, frame.camera, frame.stamp_ns, bag, thing or '',
        )  # fmt: skip
        if self._shortlist.wants(item):
            _, png = cv2.imencode('.png', cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
            self._shortlist.add(item, png.tobytes())

    def _ask(
        self, decoded: Frame, roi: RegionOfInterest | None, label: str | None
    ) -> manifest.Prediction:
        if self._classifier is None:
            return manifest.NO_PREDICTION
        scores = self._classifier.classify(decoded, roi, self._settings.variant).scores
        return manifest.prediction_of(scores, self._classifier.labels, label)

    def _file_name(self, frame: SourceFrame, place: str, group: str, thing: str | None) -> str:
        folder = self._folder / place / group
        end = '' if thing is None else f'_{manifest.file_part(thing)}'
        name = f'{frame.camera}_{frame.stamp_ns}{end}'
        # Cameras without a clock, or with one that stands still.
        if frame.stamp_ns <= 0 or (folder / f'{name}.png').exists():
            name = f'{frame.camera}_recorded_{frame.log_ns}{end}'
        # Several regions of a frame have no id, or ids that make one name.
        names = (f'{name}{(number and f"-{number}") or ""}.png' for number in count())
        return next(name for name in names if thing is None or not (folder / name).exists())


def _told(folder: Path, summary: Summary) -> str:
    labels = summary.labels.copy()
    unlabelled = labels.pop('', 0)
    crops = f'{summary.crops} regions of ' if summary.crops else ''
    lines = [
        f'{folder}: {summary.labels.total()} images of {crops}{summary.sampled} frames looked at; '
        f'{summary.duplicates} were near duplicates, {summary.rejected.total} not to be decoded',
        *(f'  {count} {label}' for label, count in labels.most_common()),
    ]
    if unlabelled:
        lines.append(
            f'  {unlabelled} without a label: {folder / UNLABELLED / FILE} lists them; move '
            + (
                f'what a folder {folder / UNLABELLED}/<id>/ holds to {folder}/<label>/'
                if summary.crops
                else f'them to {folder}/<label>/<the same group>/'
            )
        )
    lines += [f'{count} rejected: {why}' for why, count in summary.rejected.counts().items()]
    if labels:
        lines.append(f'train on it:\n  python -m training fit {quote(str(folder))}')
    return '\n'.join(lines)
