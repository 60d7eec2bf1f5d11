# SPDX-License-Identifier: Apache-2.0
"""What became of the trials of a sweep."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from training.configuration.records import Record
from training.configuration.settings import Number
from training.evaluation.comparison.comparison import Comparison, Row, compare
from training.evaluation.comparison.read import read_entries
from training.fit.run_folder import Run
from training.sweep.effects import Effects, measure_effects
from training.sweep.record import Attribute, Sweep, Trial, is_done, read_sweep, read_trials

# Some figures are multiplied by what is varied; of accuracy the differences count.
_COSTS = ('latency', 'macs')


class FinishedTrial(Record):
    """A trial that is trained and evaluated.

    Attributes:
        trial: which.
        validation: accuracy on the validation part after the last epoch, by which trials are
            ranked: choosing by the test part would make it look better than it is.
        row: what the comparison has of it.
    """

    trial: Trial
    validation: float
    row: Row


class Results(Record):
    """A sweep that has ended.

    Attributes:
        sweep: what it was about.
        ended: trials that are trained to the end, the best on the validation part first.
        stopped: epochs that trials had when they were stopped early, by name.
        trials: all of them.
        comparison: of those that ended.
        effects: of the attributes, on each figure.
        notes: what a reader must know, a sentence each.
    """

    sweep: Sweep
    ended: tuple[FinishedTrial, ...]
    stopped: dict[str, int]
    trials: tuple[Trial, ...]
    comparison: Comparison | None
    effects: tuple[Effects, ...]
    notes: tuple[str, ...]


def read_results(
    folder: Path, threads: int = 1, progress: Callable[[int], None] = lambda done: None
) -> Results:
    """Read the trials of a sweep, measure their latency here, and fit what attributes did.

    Args:
        folder: of the sweep.
        threads: CPU threads of one inference.
        progress: told the rounds of timing that are done.
    """
    sweep, trials = read_sweep(folder), read_trials(folder)
    done = [trial for trial in trials if is_done(folder, trial)]
    stopped = {
        trial.name: len(_epochs(folder, trial))
        for trial in trials
        if trial not in done and not trial.failed
    }
    comparison, ended = None, []
    if done:
        entries = read_entries([folder / trial.name for trial in done], lambda run: None).entries
        exact = [entry for entry in entries if entry.variant.precision == 'fp32']
        comparison = compare(exact, threads=threads, progress=progress)
        rows = {row.name: row for row in comparison.rows}
        for trial in done:
            validation = _epochs(folder, trial)[-1]['val_accuracy']
            ended.append(FinishedTrial(trial, validation, rows[trial.name]))
        ended.sort(key=lambda one: (-one.validation, one.row.macs, one.trial.name))
    return Results(
        sweep,
        tuple(ended),
        stopped,
        trials,
        comparison,
        _effects(sweep.attributes, ended) if len(ended) > 1 else (),
        (*_notes(sweep, trials, stopped), *(comparison.notes if comparison else ())),
    )


def _effects(
    attributes: Sequence[Attribute], ended: Sequence[FinishedTrial]
) -> tuple[Effects, ...]:
    figures = {
        'accuracy': [one.row.accuracy or 0.0 for one in ended],
        'macs': [float(one.row.macs) for one in ended],
    }
    for runtime in ended[0].row.latency:
        if all(runtime in one.row.latency for one in ended):
            figures[f'latency on {runtime}'] = [one.row.latency[runtime].p50_ms for one in ended]
    values = [one.trial.values for one in ended]
    return tuple(
        measure_effects(name, attributes, values, found, ratios=name.startswith(_COSTS))
        for name, found in figures.items()
    )


def _notes(sweep: Sweep, trials: Sequence[Trial], stopped: dict[str, int]) -> list[str]:
    notes = []
    if stopped:
        notes.append(
            f'{len(stopped)} trials were stopped early, as worse than others of as many epochs: '
            'the effects are of those that were trained to the end'
        )
    failed = [trial for trial in trials if trial.failed]
    for attribute in sweep.attributes:
        with_it: Counter[Number] = Counter(trial.values[attribute.setting] for trial in failed)
        all_with: Counter[Number] = Counter(trial.values[attribute.setting] for trial in trials)
        for value in attribute.values:
            if with_it[value]:
                notes.append(
                    f'{with_it[value]} of {all_with[value]} trials with '
                    f'{attribute.setting}={value} could not be trained'
                )
    notes += [f'{trial.name} could not be trained: {trial.failed}' for trial in failed]
    return notes


def _epochs(folder: Path, trial: Trial) -> list[dict[str, float]]:
    found: list[dict[str, float]] = (
        Run(folder / trial.name).read_json('curves.json').get('epochs', [])
    )
    return found
