# SPDX-License-Identifier: Apache-2.0
"""The default bundle: street signals, MobileNet V2 0.35 at 96 pixels."""

from mobilenet_perception.simulation.labels import LABELS
from training.configuration import Configuration, Stage


def configuration() -> Configuration:
    """Return the configuration."""
    return Configuration(
        name='mobilenet_v2_0.35_96',
        task='street_signals',
        labels=LABELS,
        architecture='mobilenet_v2',
        alpha=0.35,
        mixture={'gtsrb': 0.54, 'lights': 0.13, 'drawn': 0.23, 'background': 0.10},
        stages=(Stage(14, 64, 64), Stage(8, 96, 96)),
        steps=180,
    )
