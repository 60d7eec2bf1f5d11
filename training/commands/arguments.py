# SPDX-License-Identifier: Apache-2.0
"""What commands share: their arguments, and what these stand for.

A configuration is a file, settings, and short flags for some of them; a run names its data.
"""

import argparse
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mobilenet_perception.tools.arguments import add_windows, take_negative_values
from training.configuration import file
from training.configuration.settings import (
    Augmentation,
    Configuration,
    Data,
    Head,
    Network,
    Stage,
)
from training.data.data_set import DataSet, Split, data_hash, make_split
from training.data.readers.by_name import read_data
from training.errors import TrainingError
from training.fit.run_folder import Run

if TYPE_CHECKING:
    from training.evaluation.open_world import UnknownFolders
    from training.evaluation.record import Evaluation

_DEFAULT = Configuration(name='', stages=(Stage(20, 96, 96),), patience=10)
# Until the data tell more: `fitted_to_data`.
_FROM_WEIGHTS = _DEFAULT._replace(head=Head(views=1))
# Two layers cannot learn to see through what a MobileNet can.
_LIGHT = Augmentation(rotation=0.0, zoom=0.05, translation=0.04, brightness=0.1, contrast=0.1)
_SHALLOW = ('separable_cnn',)
# Short flags of the settings that are changed most.
_SHORT = {
    '--architecture': 'network.architecture',
    '--alpha': 'network.alpha',
    '--weights': 'network.weights',
    '--scaling': 'network.scaling',
    '--optimizer': 'optimizer.name',
    '--learning-rate': 'optimizer.learning_rate',
    '--batch-size': 'batch_size',
    '--seed': 'seed',
    '--minutes': 'minutes',
    '--reader': 'data.reader',
    '--significant-bits': 'data.significant_bits',
}


class RunInput(NamedTuple):
    """The data of a run, as it was trained on."""

    data_set: DataSet
    split: Split


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """Add the data, the configuration file and what changes it."""
    take_negative_values(parser)
    parser.add_argument(
        'data', nargs='?', type=Path, default=file.default_data(), metavar='DATA',
        help='folder per class, CSV file, IDX folder, or bag '
        f'(default: ${file.DATA_FROM}, or a folder beside the checkout)',
    )  # fmt: skip
    parser.add_argument(
        '--config', type=Path, help='file with configurations(), or a recipe by its name'
    )
    parser.add_argument('--only', nargs='+', metavar='NAME', help='some of those in the file')
    parser.add_argument('--name', help='of the run (default: architecture_alpha_size)')
    for flag, setting in _SHORT.items():
        parser.add_argument(flag, metavar='VALUE', help=f'short for --set {setting}=VALUE')
    parser.add_argument(
        '--negatives', type=Path, nargs='+', default=[], metavar='FOLDER',
        help='pictures that show none of the labels, or what `mine` wrote: the label background',
    )  # fmt: skip
    parser.add_argument('--size', type=int, metavar='PIXELS', help='sides of the network input')
    parser.add_argument(
        '--epochs', type=int, help='of the last stage; 0 with --weights: the head alone is trained'
    )
    parser.add_argument(
        '--head-epochs', type=int, metavar='EPOCHS',
        help='first train the head alone so long, on the frozen base of --weights',
    )  # fmt: skip
    parser.add_argument(
        '--modify', nargs='+', default=[], metavar='KEY=VALUE', help='change the architecture'
    )
    parser.add_argument(
        '--set', nargs='+', default=[], action='extend', metavar='KEY=VALUE', dest='settings',
        help='change any setting, such as loss.name=focal (see training.configuration.settings)',
    )  # fmt: skip


def configured(
    options: argparse.Namespace, default: Configuration | None = None
) -> tuple[Configuration, ...]:
    """Return the configurations that a command line asks for.

    Args:
        options: of `add_configuration`.
        default: what they change where no file is given; None: what is so for all data.

    Raises:
        TrainingError: a file, a name or a setting is wrong.
    """
    if default is None:
        weights = options.weights or any(
            s.startswith('network.weights=') for s in options.settings
        )
        default = _FROM_WEIGHTS if weights else _DEFAULT
    found = file.load_configurations(options.config) if options.config else (default,)
    if options.only:
        known = {one.name: one for one in found}
        if unknown := sorted(set(options.only) - set(known)):
            raise TrainingError(f'there is no {unknown[0]!r}: --only takes {", ".join(known)}')
        found = tuple(known[name] for name in options.only)
    changed = tuple(_changed(one, options) for one in found)
    if options.name and len(changed) > 1:
        raise TrainingError('--name is for one configuration: choose it with --only')
    return changed


def fitted_to_data(
    options: argparse.Namespace, found: Configuration, data_set: DataSet
) -> Configuration:
    """Return a configuration with the defaults that follow from weights and data, and say them.

    Without weights, or from a file, it is left as it is.

    Args:
        options: of `add_configuration`, which go before the defaults.
        found: what `configured` gave for them.
        data_set: to train on.

    Raises:
        TrainingError: the weights or the data cannot be used.
    """
    if options.config or not found.network.weights:
        return found
    from training.data.negatives import thinned  # noqa: PLC0415
    from training.fit.defaults import chosen_words, transfer_defaults  # noqa: PLC0415  TensorFlow

    split = make_split(data_set, found.data)
    train = thinned(split.select(data_set.samples, 'train'), found.seed)
    default = transfer_defaults(found.network.weights, train, options.size)
    (fitted,) = configured(options, default)
    print(chosen_words(fitted, len(train)), flush=True)
    return fitted


def _changed(configuration: Configuration, options: argparse.Namespace) -> Configuration:
    settings = [f'network.modify.{setting}' for setting in options.modify]
    for flag, setting in _SHORT.items():
        value = getattr(options, flag[2:].replace('-', '_'))
        if value is not None:
            settings.append(f'{setting}={value}')
    if options.negatives:
        places = [str(path.resolve()) for path in options.negatives]
        settings.append(f'data.negatives={json.dumps(places)}')
    settings += options.settings
    *before, last = configuration.stages
    if options.size is not None:
        last = last._replace(height=options.size, width=options.size)
    if options.epochs is not None:
        last = last._replace(epochs=options.epochs)
    if options.head_epochs is not None:
        own = configuration.optimizer if options.config else _DEFAULT.optimizer
        started = configuration._replace(optimizer=own)
        rate = file.with_settings(started, settings).optimizer.learning_rate
        before = [last._replace(epochs=options.head_epochs, train='head', learning_rate=rate)]
        # What the whole network then learns with must not undo what it knew.
        last = last._replace(learning_rate=rate / 10)
    configuration = configuration._replace(stages=(*before, last))
    named = file.with_settings(configuration, settings).network.architecture
    if not options.config and named in _SHALLOW:
        configuration = configuration._replace(augmentation=_LIGHT)
    configuration = file.with_settings(configuration, settings)
    name = options.name or configuration.name or default_name(configuration)
    return configuration._replace(name=name)


def default_name(configuration: Configuration) -> str:
    """Return a name that says which network it is, such as `mobilenet_v2_0.35_96`."""
    network: Network = configuration.network
    return f'{network.architecture}_{network.alpha:g}_{configuration.width}'


def add_run_data(parser: argparse.ArgumentParser) -> None:
    """Add `--data`, for commands that take the data of a run."""
    parser.add_argument(
        '--data', type=Path, help='where the data of the run are now (default: where they were)'
    )


def add_unknown(parser: argparse.ArgumentParser) -> None:
    """Add `--unknown`, and `--windows`."""
    parser.add_argument(
        '--unknown', type=Path, nargs='+', default=[], metavar='FOLDER',
        help='pictures that show none of the labels, a sub-folder a source: what is decided of '
        'them, and how well they are told from what is known',
    )  # fmt: skip
    add_windows(parser)


def unknown_folders(options: argparse.Namespace) -> 'UnknownFolders':
    """Return what `add_unknown` was given."""
    from training.evaluation.open_world import UnknownFolders  # noqa: PLC0415

    # Where a later `quantize` finds them, too, wherever it is started.
    paths = tuple(str(path.resolve()) for path in options.unknown)
    return UnknownFolders(paths, options.windows)


def evaluated(run: Run, path: Path | None) -> 'Evaluation':
    """Return what an evaluation found, and evaluate what is not, or was trained since.

    Args:
        run: trained.
        path: as `--data` gives it.

    Raises:
        TrainingError: the run is not trained, or the data are others.
    """
    from training.evaluation.evaluate import evaluate  # noqa: PLC0415
    from training.evaluation.record import stored_evaluation  # noqa: PLC0415

    try:
        return stored_evaluation(run)
    except TrainingError:
        data = read_run_data(run, path)
        print(f'evaluating {run.folder}', flush=True)
        return evaluate(run, *data)


def read_run_data(run: Run, path: Path | None) -> RunInput:
    """Read the data of a run again.

    Raises:
        TrainingError: they are not what the run was trained on.
    """
    stored = run.data()
    place = path or Path(stored.path)
    if not place.exists():
        raise TrainingError(f'{place}, which {run.folder} was trained on, is gone: give --data')
    data_set, sha256 = _read(run.configuration().data, place)
    if sha256 != stored.sha256:
        raise TrainingError(f'{run.folder} was trained on other data than {place}')
    return RunInput(data_set, run.split())


# Several runs of one command mostly share their data.
@lru_cache(maxsize=1)
def _read(settings: Data, place: Path) -> tuple[DataSet, str]:
    print(f'reading {place}', flush=True)
    data_set = read_data(settings, place)
    return data_set, data_hash(data_set.samples)
