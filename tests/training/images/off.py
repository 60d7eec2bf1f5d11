# SPDX-License-Identifier: Apache-2.0
"""An augmentation that changes nothing, to turn single fields on."""

from training.configuration.settings import Augmentation

OFF = Augmentation(rotation=0.0, zoom=0.0, translation=0.0, brightness=0.0, contrast=0.0)


def only(name: str, value: float) -> Augmentation:
    """Return an augmentation of which one field is on."""
    return Augmentation(**{**OFF._asdict(), name: value})
