# SPDX-License-Identifier: Apache-2.0
"""What a sweep is about, kept in its folder: what it varies, and the states of its trials.

An attribute is a setting, and its values or range.
"""

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from mobilenet_perception.system.files import write_atomically
from training.configuration.file import with_settings
from training.configuration.records import Record, from_json, json_text
from training.configuration.settings import Configuration, Number
from training.errors import TrainingError
from training.fit.run_folder import Run

# Workers, which other machines may start, import this package from here.
CHECKOUT = str(Path(__file__).resolve().parents[2])
_SWEEP = 'sweep.json'
_TRIAL = 'trial.json'
_SEPARATOR = '..'
_LOGARITHMIC = 'log:'
_LONGEST_NAME = 60
# Short for two settings, or one, of the last stage, as the flags of `fit` are.
_OF_LAST_STAGE = {'size': ('height', 'width'), 'epochs': ('epochs',)}


class Attribute(Record):
    """A setting, and what it may be: one of some values, or a number of a range.

    Attributes:
        setting: such as `optimizer.learning_rate`; `size`: both sides of the network's input, in
            pixels; `epochs`: of the last stage.
        values: to choose from; empty: a range.
        low: lower end of the range.
        high: upper end.
        logarithmic: whether the logarithm is drawn evenly.
        whole: whether only whole numbers are drawn.
    """

    setting: str
    values: tuple[Number, ...] = ()
    low: float = 0.0
    high: float = 0.0
    logarithmic: bool = False
    whole: bool = False


class Sweep(Record):
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


class Trial(Record):
    """A trial that has begun.

    Attributes:
        name: of its run folder.
        values: by setting.
        failed: why it cannot be trained, in one sentence; empty: it can.
    """

    name: str
    values: dict[str, Number]
    failed: str = ''


def parse_attribute(text: str) -> Attribute:
    """Read `KEY=0.1,0.01` (values), `KEY=0..0.5` (a range) or `KEY=log:1e-4..1e-1`.

    Raises:
        TrainingError: it is none of these.
    """
    setting, _, given = text.partition('=')
    logarithmic = given.startswith(_LOGARITHMIC)
    body = given.removeprefix(_LOGARITHMIC)
    if not setting or not body or (logarithmic and _SEPARATOR not in body):
        raise TrainingError(
            f'{text!r} says nothing to vary: write KEY=0.1,0.01 or KEY=0..0.5 or '
            'KEY=log:1e-4..1e-1'
        )
    if _SEPARATOR not in body:
        values = tuple(_value(one.strip()) for one in body.split(','))
        if len(set(values)) < max(2, len(values)):
            raise TrainingError(f'{text!r} needs two or more different values')
        return Attribute(setting, values)
    low, high = (_end(one, text) for one in body.split(_SEPARATOR, 1))
    if not low < high or (logarithmic and low <= 0):
        raise TrainingError(
            f'{text!r}: the range must rise' + (' and begin above 0' if logarithmic else '')
        )
    whole = isinstance(low, int) and isinstance(high, int)
    return Attribute(setting, (), float(low), float(high), logarithmic, whole)


def check_attributes(configuration: Configuration, attributes: Sequence[Attribute]) -> None:
    """Check that every value and both ends of every range can be set.

    Raises:
        TrainingError: one cannot, or an attribute is named twice or decides the data or the name.
    """
    names = [attribute.setting for attribute in attributes]
    for attribute in attributes:
        if names.count(attribute.setting) > 1:
            raise TrainingError(f'{attribute.setting} is varied twice: give all values at once')
        if attribute.setting in ('name', 'task', 'data.reader'):
            raise TrainingError(f'{attribute.setting} cannot be varied in one sweep')
        for value in attribute.values or ends(attribute):
            with_values(configuration, {attribute.setting: value})


def with_values(configuration: Configuration, values: dict[str, Number]) -> Configuration:
    """Return a configuration with some settings changed.

    Raises:
        TrainingError: there is no such setting, or a value is out of range.
    """
    for setting, value in values.items():
        if fields := _OF_LAST_STAGE.get(setting):
            if type(value) is not int:
                raise TrainingError(f'{setting} is {value!r}, but must be a whole number')
            *before, last = configuration.stages
            for field in fields:
                last = last._replace(**{field: value})
            configuration = with_settings(configuration._replace(stages=(*before, last)), ())
        else:
            configuration = with_settings(configuration, [f'{setting}={json.dumps(value)}'])
    return configuration


def ends(attribute: Attribute) -> tuple[Number, Number]:
    """Return both ends of a range."""
    if attribute.whole:
        return int(attribute.low), int(attribute.high)
    return attribute.low, attribute.high


def sweep_name(sweep: Sweep) -> str:
    """Return the name of a sweep's folder: its configuration, and as much of what it varies."""
    settings = (attribute.setting.rpartition('.')[2] for attribute in sweep.attributes)
    return _file_name(sweep.configuration.name, settings)


def trial_name(index: int, values: dict[str, Number]) -> str:
    """Return the name of a trial's run: its number, and as many of its values as fit a name."""
    parts = (
        f'{setting.rpartition(".")[2]}_{value:.4g}'
        if isinstance(value, float)
        else f'{setting.rpartition(".")[2]}_{value}'
        for setting, value in values.items()
    )
    return _file_name(f'{index:03d}', parts)


def _file_name(name: str, parts: Iterable[str]) -> str:
    """Return a name with as many of the parts as fit, in characters that all files take."""
    for text in parts:
        part = ''.join(c if c.isascii() and (c.isalnum() or c in '_.+-') else '-' for c in text)
        if len(name) + 1 + len(part) <= _LONGEST_NAME:
            name += f'_{part}'
    return name


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
                name for name in sweep._asdict() if getattr(found, name) != getattr(sweep, name)
            )
            raise TrainingError(
                f'{folder} holds another sweep (its {field} differs): give another --out, or '
                'remove this one'
            )
    write_atomically(path, json_text(sweep))


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
    Run(folder / trial.name).write_json(_TRIAL, trial)


def read_trials(folder: Path) -> tuple[Trial, ...]:
    """Return the trials that have begun, by number."""
    files = sorted(folder.glob(f'*/{_TRIAL}'))
    return tuple(from_json(Trial, json.loads(f.read_text()), str(f)) for f in files)


def is_done(folder: Path, trial: Trial) -> bool:
    """Say whether a trial is trained and evaluated."""
    run = Run(folder / trial.name)
    return run.model_file.is_file() and bool(run.read_json('evaluation.json'))


def _value(text: str) -> Number:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (bool, int, float)) else text


def _end(text: str, where: str) -> int | float:
    value = _value(text.strip())
    if isinstance(value, (bool, str)) or not math.isfinite(value):
        raise TrainingError(f'{where!r}: {text.strip()!r} is no number')
    return value
