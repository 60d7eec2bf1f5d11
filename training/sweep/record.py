# SPDX-License-Identifier: Apache-2.0
"""What a sweep is about, kept in its folder, and the states of its trials."""

import json
import math
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.system.files import write_atomically
from training.configuration.records import from_json, to_json
from training.configuration.settings import Configuration, Number
from training.errors import TrainingError
from training.fit.run_folder import Run
from training.sweep.attribute import Attribute

# Workers, which other machines may start, import this package from here.
CHECKOUT = str(Path(__file__).resolve().parents[2])
_SWEEP = 'sweep.json'
_TRIAL = 'trial.json'


class Sweep(NamedTuple):
    """Everything that decides which trials there are.

    Attributes:
        configuration: what is varied; its name is not used.
        attributes: how.
        samples: how many trials are drawn; 0: the whole grid.
        seed: of the draws.
        grace_epochs: epochs after which a trial that is worse than most may be stopped; 0: never.
        data: path of the data, as given.
        data_sha256: fingerprint of the data.
    """

    configuration: Configuration
    attributes: tuple[Attribute, ...]
    samples: int
    seed: int
    grace_epochs: int
    data: str
    data_sha256: str

    @property
    def trials(self) -> int:
        """How many trials there are."""
        return self.samples or math.prod(len(attribute.values) for attribute in self.attributes)


class Trial(NamedTuple):
    """A trial that has begun.

    Attributes:
        name: of its run folder.
        values: by setting.
        failed: why it cannot be trained, in one sentence; empty: it can.
    """

    name: str
    values: dict[str, Number]
    failed: str = ''


def begin_sweep(folder: Path, sweep: Sweep) -> None:
    """Store what a sweep is about, or check that the one to resume is about the same.

    Raises:
        TrainingError: the folder holds another sweep.
    """
    path = folder / _SWEEP
    if path.is_file():
        found = read_sweep(folder)
        # Data may have moved.
        if found._replace(data=sweep.data) != sweep:
            field = next(
                name for name in Sweep._fields if getattr(found, name) != getattr(sweep, name)
            )
            raise TrainingError(
                f'{folder} holds another sweep (its {field} differs): give another --out, or '
                'remove this one'
            )
    write_atomically(path, json.dumps(to_json(sweep), indent=1) + '\n')


def read_sweep(folder: Path) -> Sweep:
    """Return the sweep of a folder.

    Raises:
        TrainingError: there is none, or one of another version.
    """
    path = folder / _SWEEP
    if not path.is_file():
        raise TrainingError(f'{folder} holds no sweep ({_SWEEP} is missing)')
    return from_json(Sweep, json.loads(path.read_text()), str(path))


def write_trial(folder: Path, trial: Trial) -> None:
    """Store a trial beside its run."""
    Run(folder / trial.name).write_json(_TRIAL, to_json(trial))


def read_trials(folder: Path) -> tuple[Trial, ...]:
    """Return the trials that have begun, by number."""
    files = sorted(folder.glob(f'*/{_TRIAL}'))
    return tuple(from_json(Trial, json.loads(f.read_text()), str(f)) for f in files)
