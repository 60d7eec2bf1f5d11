# SPDX-License-Identifier: Apache-2.0
"""The network of a run: as it is trained, as it is kept, and what it is given, as arrays."""

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames import Frame, crop_and_resize
from training.configuration.settings import Configuration
from training.data.data_set import Pixels, Sample
from training.errors import TrainingError
from training.fit.hardware import precision, synchronize
from training.fit.run_folder import Run
from training.networks import NetworkSettings, build_network


def network_settings(configuration: Configuration, classes: int) -> NetworkSettings:
    """Return the settings of the network that a configuration ends with."""
    return NetworkSettings(
        configuration.height,
        configuration.width,
        configuration.network.alpha,
        classes,
        configuration.network.dropout,
        configuration.network.modify,
    )


def trained_network(configuration: Configuration, classes: int) -> keras.Model:
    """Return the network to train: for any input size, because stages differ in theirs."""
    settings = network_settings(configuration, classes)
    sizes = {(stage.height, stage.width) for stage in configuration.stages}
    if len(sizes) > 1:
        settings = settings._replace(height=None, width=None)
    with precision(configuration.hardware):
        network = build_network(configuration.network.architecture, settings)
    if configuration.hardware.mixed_precision:
        # Softmax wants more than half precision.
        network.get_layer('logits').dtype_policy = 'float32'
    if configuration.hardware.distribute:
        synchronize(network)
    return network


def kept_network(configuration: Configuration, trained: keras.Model) -> keras.Model:
    """Return the network with its final input size, float32, with the weights of another."""
    classes = trained.output_shape[-1]
    settings = network_settings(configuration, classes)
    network = build_network(configuration.network.architecture, settings)
    network.set_weights(trained.get_weights())
    return network


def load_network(run: Run) -> keras.Model:
    """Return the trained network of a run.

    Raises:
        TrainingError: it is not there yet, or of another version.
    """
    if not run.model_file.is_file():
        raise TrainingError(f'{run.folder} holds no trained model: let `training fit` end first')
    try:
        return keras.models.load_model(run.model_file, compile=False)
    except (ValueError, OSError, TypeError) as error:
        raise TrainingError(f'{run.model_file} cannot be loaded: {error!r:.200}') from error


def network_inputs(samples: Sequence[Sample], height: int, width: int) -> Pixels:
    """Return (n, height, width, 3) uint8 RGB, resized as the runtime does."""
    resized = [crop_and_resize(Frame(s.pixels, 'rgb'), height, width) for s in samples]
    return np.stack(resized) if resized else np.zeros((0, height, width, 3), np.uint8)


def label_indices(samples: Sequence[Sample], labels: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return (n,) positions of the samples' labels in `labels`."""
    index_of = {label: index for index, label in enumerate(labels)}
    return np.array([index_of[sample.label] for sample in samples], np.int64)
