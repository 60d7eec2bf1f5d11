# SPDX-License-Identifier: Apache-2.0
"""How the machine is used: several devices, half precision, memory that is kept."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from training.configuration.settings import Hardware
from training.errors import TrainingError

_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
_LARGEST = 2**31 - 1


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
