# SPDX-License-Identifier: Apache-2.0
"""What there is to compare in run folders and bundles."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.bundle.bundle import MANIFEST_FILE
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.tools.bundle.check_pictures import (
    scored,
    stored_open_world,
)
from mobilenet_perception.tools.bundle.open_world import OpenWorld, measure_open_world
from training.errors import TrainingError
from training.evaluation.comparison.comparison import Entry
from training.evaluation.metrics.bootstrap import ACCURACY, interval
from training.evaluation.open_world import UnknownFolders, look_with
from training.evaluation.predictions import load_predictions
from training.fit.run_folder import PRECISIONS, Run

_CONFIGURATION = 'configuration.json'


class FoundEntries(NamedTuple):
    """What can be compared, and why the rest cannot, by path."""

    entries: tuple[Entry, ...]
    left_out: dict[str, str]


def read_entries(paths: Sequence[Path], evaluate: Callable[[Run], None]) -> FoundEntries:
    """Read runs, with all their precisions, and bundles, with all their variants.

    Args:
        paths: of run folders and bundles; of a folder of runs, all of them are taken. Runs whose
            training has not ended are left out, and so are plain files.
        evaluate: told each trained run, to evaluate it if it is not.

    Raises:
        TrainingError: a path is nothing of this, or nothing can be compared.
    """
    entries: list[Entry] = []
    left_out = {}
    for folder in _folders(paths):
        if folder.is_file():
            left_out[str(folder)] = 'is a file, neither a run folder nor a bundle'
        elif (folder / MANIFEST_FILE).is_file():
            entries += _of_bundle(folder)
        elif not Run(folder).model_file.is_file():
            epochs = len(Run(folder).read_json('curves.json').get('epochs', []))
            left_out[str(folder)] = f'its training has not ended; {epochs} epoch(s) are done'
        else:
            entries += _of_run(Run(folder), evaluate)
    if not entries:
        reasons = '; '.join(f'{path}: {reason}' for path, reason in left_out.items())
        raise TrainingError(f'there is nothing to compare ({reasons}): let `training fit` end')
    return FoundEntries(_with_own_names(entries), left_out)


def shown_unknown(entries: Sequence[Entry], unknown: UnknownFolders) -> tuple[Entry, ...]:
    """Return entries with what each decides of folders of pictures that show none of the labels.

    Raises:
        PerceptionError: a folder holds no picture.
        TrainingError: a sub-folder is named after a label.
    """
    runtime = create_runtime()
    names = [entry.variant.name for entry in entries]
    sessions = {
        name: runtime.load(entry.model, name) for name, entry in zip(names, entries, strict=True)
    }
    labels = list(dict.fromkeys(label for entry in entries for label in entry.labels))
    seen = look_with(sessions, labels, unknown)
    found = []
    for name, entry in zip(names, entries, strict=True):
        before = entry.open_world or OpenWorld((), {}, {})
        frames = scored(seen, name)._replace(truth=np.full(len(seen.sights), -1))
        measured = measure_open_world(
            frames, entry.labels, entry.decide_above, before.known_scores
        )
        measured = replace(measured, known=before.known)
        found.append(entry._replace(open_world=measured))
    return tuple(found)


def _folders(paths: Iterable[Path]) -> list[Path]:
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise TrainingError(f'there is no {path}: give run folders and bundles')
        inside = [path]
        if path.is_dir() and not _is_one(path):
            inside = sorted(child for child in path.iterdir() if child.is_dir() and _is_one(child))
            if not inside:
                raise TrainingError(f'{path} is neither a run folder nor a bundle, and holds none')
        found |= {one.resolve(): one for one in inside}
    return list(found.values())


def _is_one(folder: Path) -> bool:
    return any((folder / file).is_file() for file in (_CONFIGURATION, MANIFEST_FILE))


def _of_run(run: Run, evaluate: Callable[[Run], None]) -> list[Entry]:
    # Takes TensorFlow, which a comparison of bundles does without.
    from training.evaluation.record import candidates_of  # noqa: PLC0415

    evaluate(run)
    labels = run.data().published
    there = [p for p in PRECISIONS if p == 'fp32' or (run.folder / f'{p}.json').is_file()]
    found = []
    for candidate in candidates_of(run, there):
        test = candidate.sets['test']
        predictions = load_predictions(run.predictions_file('test', candidate.variant.precision))
        found.append(
            Entry(
                folder=run.folder,
                variant=candidate.variant,
                model=candidate.model,
                accuracy=test.accuracy,
                interval=interval(predictions, ACCURACY),
                ece=test.ece,
                frames=frozenset(predictions.names),
                labels=labels,
                predictions=predictions,
                open_world=candidate.open_world,
                decide_above=candidate.variant.thresholds(
                    labels, candidate.evaluation.decision.decide_above
                ),
            )
        )
    return found


def _of_bundle(folder: Path) -> list[Entry]:
    bundle = load_bundle(folder)
    manifest = bundle.manifest
    held_out = manifest.provenance.get('held_out', {})
    frames = frozenset(f'{source}/{name}' for source, names in held_out.items() for name in names)
    errors = manifest.calibration.get('ece', {})
    # Its form is free.
    known = {name: one for name, one in errors.items() if isinstance(one, dict)}
    return [
        Entry(
            folder=folder,
            variant=variant,
            model=bundle.models[variant.name],
            accuracy=variant.accuracy,
            interval=None,
            ece=known.get(variant.name, {}).get('test'),
            frames=frames,
            labels=manifest.labels,
            predictions=None,
            open_world=stored_open_world(bundle, variant.name),
            decide_above=variant.thresholds(manifest.labels, manifest.decision.decide_above),
        )
        for variant in manifest.variants
    ]


def _with_own_names(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Give entries of one name that of their folder, too: its last part, or all of it."""
    for parent in (lambda folder: folder.name, str):
        names = [entry.variant.name for entry in entries]
        entries = [
            entry
            if names.count(entry.variant.name) == 1
            else entry._replace(
                variant=entry.variant._replace(
                    name=f'{parent(entry.folder)}/{entry.variant.name.rpartition("/")[2]}'
                )
            )
            for entry in entries
        ]
    return tuple(entries)
