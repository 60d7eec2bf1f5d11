# SPDX-License-Identifier: Apache-2.0
"""Configurations from files, from recipes by name, and from flags; what is out of range."""

import os
import runpy
from collections.abc import Iterable
from pathlib import Path

from training.configuration.records import from_json, to_json, with_field
from training.configuration.settings import Augmentation, Configuration
from training.errors import TrainingError

DATA_FROM = 'MOBILENET_PERCEPTION_DATA'
"""The environment variable that says where data are."""
# Recipes that come with this package; their name is enough.
_RECIPES = Path(__file__).parent / 'recipes'
# Beyond these, what an image shows would be gone.
_RANGES = {
    'rotation': (0, 180),
    'zoom': (0, 1),
    'translation': (0, 0.5),
    'brightness': (0, 0.9),
    'contrast': (0, 0.9),
    'blur': (0, 1),
    'noise': (0, 1),
    'randaugment': (0, 10),
    'randaugment_magnitude': (0, 10),
    'mixup': (0, 10),
    'cutmix': (0, 10),
    'erasing': (0, 1),
}


def default_data() -> Path:
    """Return the path in the environment variable, or the folder beside the checkout."""
    beside = Path(__file__).resolve().parents[3] / 'shared' / 'data'
    return Path(os.environ.get(DATA_FROM, beside))


def load_configurations(path: Path) -> tuple[Configuration, ...]:
    """Run a configuration file and return what its `configurations()` gives.

    Args:
        path: of a file, or the name of a recipe, such as `signs`.

    Raises:
        TrainingError: there is no such file, or it does not define configurations.
    """
    recipe = (_RECIPES / path).with_suffix('.py')
    if not path.is_file() and recipe.is_file():
        path = recipe
    if not path.is_file():
        recipes = ', '.join(sorted(file.stem for file in _RECIPES.glob('[a-z]*.py')))
        raise TrainingError(f'no configuration file {path}, nor a recipe of that name: {recipes}')
    try:
        found = tuple(runpy.run_path(str(path))['configurations']())
    except Exception as error:
        raise TrainingError(f'{path} gives no configurations(): {error!r}') from error
    if not found or not all(isinstance(one, Configuration) for one in found):
        raise TrainingError(f'{path}: configurations() must give training Configurations')
    names = [one.name for one in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise TrainingError(f'{path}: two configurations are named {twice.pop()!r}')
    for one in found:
        # Types and fields are checked by the way in which a run folder is read.
        check(from_json(Configuration, to_json(one), f'{path}: {one.name}'))
    return found


def with_settings(configuration: Configuration, settings: Iterable[str]) -> Configuration:
    """Return a configuration changed by settings such as `optimizer.learning_rate=0.01`.

    Raises:
        TrainingError: a setting is malformed, unknown, or out of range.
    """
    for setting in settings:
        path, equals, text = setting.partition('=')
        if not equals:
            raise TrainingError(f'{setting!r} is no setting: write, say, loss.name=focal')
        configuration = with_field(configuration, path.strip(), text.strip())
    check(configuration)
    return configuration


def check(configuration: Configuration) -> None:
    """Check ranges.

    Raises:
        TrainingError: a value is out of range, with what is allowed.
    """
    c = configuration
    between = (
        ('network.dropout', c.network.dropout, 0.0, 0.95),
        ('network.alpha', c.network.alpha, 0.01, 8.0),
        ('data.validation_share', c.data.validation_share, 0.0, 0.9),
        ('data.test_share', c.data.test_share, 0.0, 0.9),
        ('data.fraction', c.data.fraction, 1e-4, 1.0),
        ('optimizer.learning_rate', c.optimizer.learning_rate, 1e-8, 100.0),
        ('optimizer.momentum', c.optimizer.momentum, 0.0, 0.9999),
        ('optimizer.ema', c.optimizer.ema, 0.0, 0.99999),
        ('optimizer.batch_norm_batches', c.optimizer.batch_norm_batches, 0, 10**6),
        ('loss.label_smoothing', c.loss.label_smoothing, 0.0, 0.9),
        ('loss.teacher_weight', c.loss.teacher_weight, 0.0, 1.0),
        ('batch_size', c.batch_size, 1, 65536),
        ('steps', c.steps, 0, 10**7),
        ('patience', c.patience, 0, 10**6),
        ('minutes', c.minutes, 0.0, 10**6),
        ('head.views', c.head.views, 0, 1000),
    )
    for name, value, least, most in between:
        if not least <= value <= most:
            raise TrainingError(f'{name} is {value:g}: give a number from {least:g} to {most:g}')
    one_of = (
        ('optimizer.name', c.optimizer.name, ('adamw', 'adam', 'sgd', 'rmsprop')),
        ('optimizer.schedule', c.optimizer.schedule, ('cosine', 'step', 'constant')),
        ('loss.name', c.loss.name, ('cross_entropy', 'focal')),
        ('keep', c.keep, ('best', 'last')),
        ('sampling', c.sampling, ('natural', 'balanced', 'square_root')),
        ('hardware.distribute', c.hardware.distribute, ('', 'gpus', 'machines')),
    )
    for name, found, allowed in one_of:
        if found not in allowed:
            raise TrainingError(f'{name} is {found!r}: choose one of {", ".join(allowed)}')
    if c.data.significant_bits not in (0, *range(8, 17)):
        raise TrainingError(
            f'data.significant_bits is {c.data.significant_bits}: give 8 to 16, or 0 for all'
        )
    check_augmentation(c.augmentation)
    _check_stages(c)
    _check_head(c)


def _check_stages(c: Configuration) -> None:
    if not c.stages:
        raise TrainingError('stages is empty: give at least one')
    for stage in c.stages:
        if stage.epochs < 0 or stage.height < 8 or stage.width < 8:
            raise TrainingError(
                'a stage needs 0 or more epochs and 8 x 8 pixels, not '
                f'{stage.epochs} and {stage.width} x {stage.height}'
            )
    if not c.epochs and not c.head.views:
        raise TrainingError(
            'all stages have 0 epochs, and no head is fitted: give --epochs, --head-epochs, or '
            '--weights with head.views=1'
        )


def _check_head(c: Configuration) -> None:
    if c.head.views and not c.network.weights:
        raise TrainingError(
            'head.views fits the last layer to what given weights see: give --weights, or leave '
            'head.views at 0'
        )
    if c.head.views and not c.head.penalties:
        raise TrainingError('head.penalties is empty: give at least one, such as [0.01]')
    for penalty in c.head.penalties:
        if not 0 < penalty <= 1e6:
            raise TrainingError(f'head.penalties has {penalty:g}: give numbers from 0 to 1e6')


def check_augmentation(augmentation: Augmentation) -> None:
    """Check ranges.

    Raises:
        TrainingError: a value is out of range, with what is allowed.
    """
    if augmentation.flip and augmentation.mirrored:
        raise TrainingError(
            'augmentation.flip mirrors all images and augmentation.mirrored those of some labels: '
            'give one of the two'
        )
    for name, (least, most) in _RANGES.items():
        value = getattr(augmentation, name)
        if not least <= value <= most:
            raise TrainingError(
                f'augmentation.{name} is {value:g}: give a number from {least:g} to {most:g}'
            )
