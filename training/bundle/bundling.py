# SPDX-License-Identifier: Apache-2.0
"""Make a bundle of evaluated runs: the ladder, golden frames, model card.

The ladder are the variants that are worth having, the most accurate first.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.inference.bundle import Bundle, Decision, Manifest, Variant, write_bundle
from mobilenet_perception.inference.runtimes import create_runtime
from training.bundle.golden import golden_frames, images_for
from training.bundle.model_card import Figures, model_card
from training.configuration.records import to_json
from training.data.data_set import DataSet
from training.data.splits import Split
from training.errors import TrainingError
from training.evaluation.evaluation import PRECISIONS, Candidate
from training.export.free_batch import free_batch
from training.fit.run_folder import RunData

_GOLDEN_TOLERANCE = 0.01


class WrittenBundle(NamedTuple):
    """A bundle that was written, and why variants were left out, by name."""

    bundle: Bundle
    dropped: dict[str, str]


class Ladder(NamedTuple):
    """What a bundle takes and what it leaves.

    Attributes:
        kept: variants by accuracy, the best first.
        dropped: why each of the others is left out, a sentence by name.
    """

    kept: tuple[Variant, ...]
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
        decision=Decision(*max(candidate.evaluation.decision for candidate in kept)),
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
        Figures(one.variant, one.sets, json.loads((one.run.folder / 'metrics.json').read_text()))
        for one in kept
    ]
    card = model_card(manifest, figures, split, data.credits, ladder.dropped, notes)
    bundle = write_bundle(folder, manifest, models, golden, card, runtime)
    return WrittenBundle(bundle, ladder.dropped)


def make_ladder(variants: Sequence[Variant]) -> Ladder:
    """Sort variants, and drop those that another of their precision beats.

    Across precisions nothing is dropped: what a precision costs only the machine that runs it
    can tell.

    Args:
        variants: measured on the same frames.
    """
    dropped: dict[str, str] = {}
    for variant in variants:
        better = next((other for other in variants if _beats(other, variant)), None)
        if better is not None:
            dropped[variant.name] = (
                f'{_figures(variant)}: {better.name} is at least as accurate for at most as many '
                f'multiply-adds ({_figures(better)})'
            )
    kept = [variant for variant in variants if variant.name not in dropped]
    kept.sort(key=lambda variant: (-(variant.accuracy or 0.0), variant.macs, variant.name))
    return Ladder(tuple(kept), dropped)


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


def _beats(one: Variant, other: Variant) -> bool:
    ours = (one.accuracy or 0.0, -one.macs)
    theirs = (other.accuracy or 0.0, -other.macs)
    if one.precision != other.precision:
        return False
    if ours == theirs:
        # Of two alike, the first by name stays.
        return one.name < other.name
    return all(a >= b for a, b in zip(ours, theirs, strict=True))


def _figures(variant: Variant) -> str:
    return f'{variant.accuracy or 0.0:.2%}, {variant.macs / 1e6:.1f} M'
