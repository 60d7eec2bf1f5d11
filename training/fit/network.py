# SPDX-License-Identifier: Apache-2.0
"""The network of a run: as it is trained, and as it is kept."""

import keras

from training.architectures import NetworkSettings, build_network
from training.configuration import Configuration
from training.fit.hardware import precision, synchronize


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
