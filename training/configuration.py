# SPDX-License-Identifier: Apache-2.0
"""The configuration of a training: a small typed record, written in a Python file."""

import json
import runpy
from pathlib import Path
from typing import NamedTuple

from training.errors import TrainingError


class Stage(NamedTuple):
    """Epochs at one image size: small images first are several times as fast to learn from.

    Attributes:
        epochs: how often the configuration's `steps` batches are drawn.
        height: rows of the images, in pixels.
        width: columns of the images, in pixels.
        mixture: by source, how often training images are drawn from it.
    """

    epochs: int
    height: int
    width: int
    mixture: dict[str, float]


class Configuration(NamedTuple):
    """Everything that decides a training, apart from the data themselves.

    Attributes:
        name: name of the run, and of the variant in the bundle.
        task: what the labels mean together.
        labels: in the order of the network's outputs.
        architecture: a name in `training.architectures`.
        alpha: width multiplier.
        stages: one after another; the last has the network's input size.
        steps: batches of an epoch.
        batch_size: images of a batch.
        learning_rate: peak; it warms up linearly and decays as a cosine.
        warmup_epochs: length of the warm-up.
        weight_decay: of AdamW.
        label_smoothing: 0 to 1.
        dropout: before the last layer, 0 to 1.
        validation_share: part of each class's groups.
        test_share: part of each class's groups, held out.
        seed: of the split, the weights and the training images.
        drive_worlds: how many random worlds are drawn for the source `drive`.
        drive_every: one frame in this many is taken from each.
    """

    name: str
    task: str
    labels: tuple[str, ...]
    architecture: str
    alpha: float
    stages: tuple[Stage, ...]
    steps: int
    batch_size: int = 64
    learning_rate: float = 2e-3
    warmup_epochs: float = 1.0
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    dropout: float = 0.2
    validation_share: float = 0.1
    test_share: float = 0.2
    seed: int = 1
    drive_worlds: int = 0
    drive_every: int = 12

    @property
    def epochs(self) -> int:
        """Epochs of all stages."""
        return sum(stage.epochs for stage in self.stages)

    @property
    def height(self) -> int:
        """Rows of the network's input, in pixels."""
        return self.stages[-1].height

    @property
    def width(self) -> int:
        """Columns of the network's input, in pixels."""
        return self.stages[-1].width


def load_configuration(path: Path) -> Configuration:
    """Run a configuration file and return what its `configuration()` gives.

    Raises:
        TrainingError: there is no such file, or it does not define a configuration.
    """
    if not path.is_file():
        raise TrainingError(f'no configuration file {path}: see training/configurations')
    try:
        found = runpy.run_path(str(path))['configuration']()
    except Exception as error:
        raise TrainingError(f'{path} gives no configuration(): {error!r}') from error
    if not isinstance(found, Configuration):
        raise TrainingError(f'{path}: configuration() must return a training Configuration')
    return found


def configuration_to_json(configuration: Configuration) -> str:
    """Return it as JSON text."""
    return json.dumps(configuration._asdict(), indent=1) + '\n'


def configuration_from_json(text: str) -> Configuration:
    """Read what `configuration_to_json` wrote.

    Raises:
        TrainingError: fields are missing or unknown: written by another version.
    """
    try:
        value = json.loads(text)
        stages = tuple(Stage(*stage) for stage in value['stages'])
        return Configuration(**{**value, 'labels': tuple(value['labels']), 'stages': stages})
    except (TypeError, KeyError, ValueError) as error:
        raise TrainingError(
            f'the configuration of the run is of another version ({error}): train anew'
        ) from error
