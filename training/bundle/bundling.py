# SPDX-License-Identifier: Apache-2.0
"""A bundle made of evaluated runs: the ladder, golden frames, model card.

The ladder are the variants that are worth having, the most accurate first. Golden frames are
images that the best variant knows well.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.inference.bundle import Bundle, Decision, Manifest, write_bundle
from mobilenet_perception.inference.bundle.manifest import as_name
from mobilenet_perception.inference.bundle.write import GoldenImage
from mobilenet_perception.inference.runtimes import Session, create_runtime
from mobilenet_perception.street.signals import BACKGROUND, LABELS, draw_signal, variant_count
from mobilenet_perception.tools.bundle.check_pictures import OPEN_WORLD
from mobilenet_perception.tools.bundle.ladder import make_ladder
from mobilenet_perception.tools.bundle.onnx_graph import free_batch
from mobilenet_perception.tools.bundle.open_world import open_world_to_json
from training.bundle.model_card import Figures, model_card
from training.configuration.records import to_json
from training.data.data_set import DataSet, Pixels, Sample, Split
from training.errors import TrainingError
from training.evaluation.record import Candidate
from training.fit.run_folder import PRECISIONS, RunData
from training.images.composition import Placement, compose, random_background, street, trim

_GOLDEN_TOLERANCE = 0.01
# (rows, columns): square, wide, tall, smaller and much larger than a network's input.
_SIZES = ((120, 120), (87, 131), (151, 109), (61, 53), (333, 277))
_PER_LABEL = 2
_ATTEMPTS = 40
_PLACEMENT = Placement(smallest=0.6, largest=0.85, rotation_degrees=5.0, perspective=0.03)
# A golden frame is one that the network knows well, so that a fault shows as a change.
_SURE = 0.8
ImagesOf = Callable[[str], Iterator[Pixels]]
"""Images of a label to choose from."""


class WrittenBundle(NamedTuple):
    """A bundle that was written, and why variants were left out, by name."""

    bundle: Bundle
    dropped: dict[str, str]


def make_bundle(
    folder: Path, candidates: Sequence[Candidate], data_set: DataSet, split: Split, notes: str
) -> WrittenBundle:
    """Write a bundle of graphs that share labels and split; self-tested when written.

    Args:
        folder: where to; its name becomes that of the bundle.
        candidates: the graphs; those that others beat are left out.
        data_set: what they were trained on.
        split: of the runs.
        notes: Markdown for the model card: intended use, data, limits.

    Raises:
        TrainingError: labels, tasks or splits differ, or no image of a label is recognised.
    """
    data = _same(candidates)
    ladder = make_ladder([candidate.variant for candidate in candidates])
    by_name = {candidate.variant.name: candidate for candidate in candidates}
    kept = [by_name[variant.name] for variant in ladder.kept]
    models = {candidate.variant.name: free_batch(candidate.model) for candidate in kept}
    manifest = Manifest(
        name=folder.resolve().name,
        task=kept[0].run.configuration().task,
        labels=data.published,
        variants=ladder.kept,
        calibration=_calibration(kept),
        # The strictest: a planner must be able to rely on whichever variant has run.
        decision=max(Decision(**one.evaluation.decision._asdict()) for one in kept),
        golden_tolerance=_GOLDEN_TOLERANCE,
        golden=(),
        provenance=_provenance(kept, data, data_set, split),
    )
    runtime = create_runtime()
    sessions = [runtime.load(model, name) for name, model in models.items()]
    published = [
        sample._replace(label=data.merge.get(sample.label, sample.label))
        for sample in split.select(data_set.samples, 'test')
    ]
    golden = golden_frames(sessions, data.published, images_for(data.published, published))
    figures = [
        Figures(
            one.variant,
            one.sets,
            one.decided,
            json.loads((one.run.folder / 'metrics.json').read_text()),
            one.open_world,
        )
        for one in kept
    ]
    card = model_card(manifest, figures, data_set, split, data.credits, ladder.dropped, notes)
    bundle = write_bundle(folder, manifest, models, golden, card, runtime)
    return WrittenBundle(bundle, ladder.dropped)


def golden_frames(
    sessions: Sequence[Session], labels: Sequence[str], images_of: ImagesOf
) -> list[GoldenImage]:
    """Choose frames that the best variant classifies surely and all others right, two of a label.

    Args:
        sessions: the variants, the best first.
        labels: of the bundle.
        images_of: images to choose from.

    Raises:
        TrainingError: no image of some label is recognised: a network is no good.
    """
    frames: list[GoldenImage] = []
    for position, label in enumerate(labels):
        found = 0
        for image in images_of(label):
            sure = (_SURE, *[0.0] * (len(sessions) - 1))
            if all(
                _knows(session, image, position, least)
                for session, least in zip(sessions, sure, strict=True)
            ):
                found += 1
                frames.append((f'{as_name(label)}_{found}', label, image))
            if found == _PER_LABEL:
                break
        if not found:
            raise TrainingError(
                f'no image of {label} is recognised by all variants: train them longer'
            )
    return frames


def images_for(labels: Sequence[str], held_out: Sequence[Sample]) -> ImagesOf:
    """Return drawings for street signals, which carry nobody's copyright; else held-out images.

    Args:
        labels: those of the bundle.
        held_out: the test part, with the labels that are published.
    """
    if set(labels) <= set(LABELS):
        return drawings

    def photographs(label: str) -> Iterator[Pixels]:
        return (sample.pixels for sample in held_out if sample.label == label)

    return photographs


def drawings(label: str) -> Iterator[Pixels]:
    """Yield drawings of a street signal, of odd sizes and on uneven backgrounds."""
    position = LABELS.index(label)
    for attempt in range(_ATTEMPTS):
        rows, columns = _SIZES[(position + attempt) % len(_SIZES)]
        yield _draw(label, rows, columns, np.random.default_rng((position, attempt)))


def held_out(data_set: DataSet, split: Split) -> dict[str, list[str]]:
    """Return the names of the files that were held out, by source."""
    found: dict[str, list[str]] = {}
    for sample in split.select(data_set.samples, 'test'):
        found.setdefault(sample.source, []).append(sample.name)
    return {source: sorted(names) for source, names in sorted(found.items())}


def _same(candidates: Sequence[Candidate]) -> RunData:
    first = candidates[0].run
    for candidate in candidates:
        run = candidate.run
        if candidate.variant.precision not in PRECISIONS:
            raise TrainingError(f'there is no precision {candidate.variant.precision!r}')
        if run.data().published != first.data().published:
            raise TrainingError(
                f'{run.folder} and {first.folder} have different labels: bundle runs of one '
                'label set'
            )
        if run.data().sha256 != first.data().sha256 or run.split().test != first.split().test:
            raise TrainingError(
                f'{run.folder} and {first.folder} were measured on different images: use the '
                'same data, shares and split_seed'
            )
    return first.data()


def _calibration(kept: Sequence[Candidate]) -> dict[str, Any]:
    return {
        'method': 'temperature scaling on validation groups (Guo et al., ICML 2017)',
        'ece': {
            candidate.variant.name: {
                'validation_before': round(candidate.evaluation.ece_before, 5),
                'validation_after': round(candidate.evaluation.ece_after, 5),
                'test': round(candidate.sets['test'].ece, 5),
            }
            for candidate in kept
        },
        # What `check --images` compares unknown pictures with.
        OPEN_WORLD: {
            candidate.variant.name: open_world_to_json(candidate.open_world)
            for candidate in kept
            if candidate.open_world
        },
    }


def _provenance(
    kept: Sequence[Candidate], data: RunData, data_set: DataSet, split: Split
) -> dict[str, Any]:
    runs = {candidate.run.folder: candidate for candidate in kept}
    return {
        'credits': list(data.credits),
        'data_sha256': data.sha256,
        'runs': {
            candidate.run.configuration().name: {
                'configuration': to_json(candidate.run.configuration()),
                'environment': candidate.run.environment(),
                'training_seconds': round(candidate.run.read_json('curves.json')['seconds']),
                'figures': to_json(candidate.evaluation.sets),
            }
            for candidate in runs.values()
        },
        'held_out': held_out(data_set, split),
    }


def _knows(session: Session, image: Pixels, index: int, least: float) -> bool:
    scores = session.run(crop_and_resize(Frame(image, 'rgb'), session.height, session.width))
    return int(scores.argmax()) == index and float(scores[index]) >= least


def _draw(label: str, rows: int, columns: int, random: np.random.Generator) -> Pixels:
    if label == BACKGROUND:
        return street(rows, columns, random)
    variant = int(random.integers(variant_count(label)))
    signal = trim(draw_signal(label, min(rows, columns), variant))
    return compose(signal, random_background(rows, columns, (), random), _PLACEMENT, random)
