# SPDX-License-Identifier: Apache-2.0
"""What each command of `python -m training` does; TensorFlow is imported only where needed."""

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mobilenet_perception.files import write_atomically
from training.configuration import Configuration, load_configuration
from training.data.sample import Sample
from training.data.splits import Split
from training.data.street_signals import data_hash, read_street_signals, split_street_signals
from training.errors import TrainingError
from training.run_folder import Run

if TYPE_CHECKING:
    from training.evaluate import Evaluation


def inspect(options: argparse.Namespace) -> None:
    """Print frames and groups by label and part."""
    configuration = load_configuration(options.config)
    samples, split = _read(options.data, configuration)
    print(f'{"label":24}' + ''.join(f'{part:>20}' for part in Split._fields))
    counts = {part: _counts(split.select(samples, part)) for part in Split._fields}
    for label in configuration.labels:
        cells = (
            f'{found[label][0]} in {found[label][1]}' if label in found else '-'
            for found in counts.values()
        )
        print(f'{label:24}' + ''.join(f'{cell:>20}' for cell in cells))
    print(f'frames in groups; {len(samples)} frames, SHA-256 {data_hash(samples)[:12]}')


def fit(options: argparse.Namespace) -> None:
    """Train, or resume."""
    configuration = load_configuration(options.config)
    samples, split = _read(options.data, configuration)
    run = Run(options.run or Path('runs') / configuration.name)
    run.start(configuration, split, data_hash(samples))
    from training.fit import fit as fit_run  # noqa: PLC0415

    fit_run(run, configuration, samples, run.split())
    print(f'trained: {run.model_file}')


def evaluate(options: argparse.Namespace) -> None:
    """Print and store the metrics of a run."""
    _evaluated(Run(options.run), options.data)


def export(options: argparse.Namespace) -> None:
    """Write the graph of a run."""
    write_atomically(options.output, _evaluated(Run(options.run), options.data)[2].model)
    print(f'exported: {options.output}')


def bundle(options: argparse.Namespace) -> None:
    """Evaluate runs and make a bundle of them."""
    from training.bundling import Candidate, make_bundle  # noqa: PLC0415

    runs = [Run(folder) for folder in options.runs]
    if len({run.split() for run in runs}) > 1:
        raise TrainingError('the runs were trained on different splits: use one seed and data')
    candidates = []
    for run in runs:
        samples, split, evaluation = _evaluated(run, options.data)
        candidates.append(Candidate(run, run.configuration(), evaluation))
    written = make_bundle(options.output, candidates, samples, split)
    print(f'bundle: {written.folder}')


def _evaluated(run: Run, data: Path) -> 'tuple[list[Sample], Split, Evaluation]':
    configuration = run.configuration()
    samples, _ = _read(data, configuration)
    if data_hash(samples) != run.environment()['data_sha256']:
        raise TrainingError(f'{run.folder} was trained on other data than {data}')
    from training.evaluate import evaluate as evaluate_run  # noqa: PLC0415

    split = run.split()
    evaluation = evaluate_run(run, configuration, samples, split)
    for name, found in evaluation.metrics.items():
        print(
            f'{name:20} {found.correct:5} of {found.frames:5} right, '
            f'{found.accuracy:.2%}, ECE {found.ece:.3f}'
        )
    return samples, split, evaluation


def _read(data: Path, configuration: Configuration) -> tuple[list[Sample], Split]:
    print(f'reading {data}', flush=True)
    samples = read_street_signals(data)
    split = split_street_signals(
        samples,
        data,
        configuration.validation_share,
        configuration.test_share,
        configuration.seed,
    )
    return samples, split


def _counts(samples: Iterable[Sample]) -> dict[str, tuple[int, int]]:
    frames: Counter[str] = Counter()
    groups: dict[str, set[str]] = {}
    for sample in samples:
        frames[sample.label] += 1
        groups.setdefault(sample.label, set()).add(sample.group)
    return {label: (count, len(groups[label])) for label, count in frames.items()}
