# SPDX-License-Identifier: Apache-2.0
"""The network of a run: as it is trained and kept, what it is given, and on which devices."""

import ctypes
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from mobilenet_perception.frames import Frame, crop_and_resize
from training.configuration.settings import Configuration, Hardware
from training.data.data_set import Indices, Pixels, Sample
from training.errors import TrainingError
from training.fit.run_folder import Run
from training.networks import NetworkSettings, build_network

_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
_LARGEST = 2**31 - 1


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


def label_indices(samples: Sequence[Sample], labels: Sequence[str]) -> Indices:
    """Return (n,) positions of the samples' labels in `labels`."""
    index_of = {label: index for index, label in enumerate(labels)}
    return np.array([index_of[sample.label] for sample in samples], np.int64)


def make_strategy(hardware: Hardware, batch_size: int) -> Any:
    """Return TensorFlow's strategy for the devices asked for.

    Raises:
        TrainingError: they are not there, or batches cannot be divided among them.
    """
    if hardware.distribute == 'machines':
        # Keras 3 does not work with MultiWorkerMirroredStrategy: keras-team/keras#20585, and so
        # it is with Keras 3.15.1 and TensorFlow 2.21.
        raise TrainingError(
            'Keras 3 cannot train one network on several machines with TensorFlow: use '
            'hardware.distribute=gpus on one machine, or `training sweep` with a Ray cluster, '
            'which trains several networks at a time'
        )
    if hardware.distribute != 'gpus':
        return tf.distribute.get_strategy()
    devices = tf.config.list_logical_devices('GPU') or tf.config.list_logical_devices('CPU')
    if len(devices) < 2 and devices[0].device_type == 'CPU':
        raise TrainingError(
            'hardware.distribute is gpus, but TensorFlow sees no GPU here: leave it empty, or '
            "install 'tensorflow[and-cuda]' and NVIDIA's driver"
        )
    if batch_size % len(devices):
        raise TrainingError(
            f'batch_size {batch_size} cannot be divided among {len(devices)} devices: '
            f'make it a multiple of {len(devices)}'
        )
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def synchronize(network: keras.Model) -> None:
    """Let batch norms see the whole batch, not the part of one device."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True


@contextmanager
def precision(hardware: Hardware) -> Iterator[None]:
    """Build layers that compute in half precision, if asked for."""
    before = keras.config.dtype_policy()
    if hardware.mixed_precision:
        keras.config.set_dtype_policy('mixed_float16')
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


class KeepMemory(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells glibc not to hand memory back to the kernel between steps.

    TensorFlow's generator data sets lower the threshold to 128 KiB, so each step returns its
    activations and faults them in again. Measured on two cores, a batch of 64 at 96 pixels:
    300,000 page faults and 0.8 s of system time; with this 10,000 and 0.05 s.
    Does nothing where the C library is not glibc.
    """

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Set it at the first batch, when the data set has made its own setting."""
        if batch == 0 and sys.platform == 'linux':
            library = ctypes.CDLL(None)
            if hasattr(library, 'mallopt'):
                library.mallopt(_M_TRIM_THRESHOLD, _LARGEST)
                library.mallopt(_M_MMAP_MAX, 0)
