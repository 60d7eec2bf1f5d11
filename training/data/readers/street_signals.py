# SPDX-License-Identifier: Apache-2.0
"""The street signals of the default bundle: signs, traffic lights and background."""

from pathlib import Path

from mobilenet_perception.street import LABELS
from training.data.data_set import DataSet
from training.data.readers.gtsrb import read_gtsrb
from training.data.readers.sign_labels import SIGN_NAMES, street_label
from training.data.readers.traffic_lights import read_traffic_lights


def _outputs() -> tuple[str, ...]:
    """Return each label's signs before the label itself, which drawings of it have."""
    found: list[str] = []
    for label in LABELS:
        found += [name for name in SIGN_NAMES if street_label(name) == label and name != label]
        found.append(label)
    return tuple(found)


OUTPUTS = _outputs()


def read_street_signals(folder: Path) -> DataSet:
    """Read signs from `folder/gtsrb` and lights from `folder/traffic-lights`.

    The network tells 49 classes apart: every sign, the three lights, `background`, and the two
    labels that several signs share, as the project's own drawings have them. Published are 15.

    Raises:
        TrainingError: a folder or file is missing or unreadable.
    """
    signs, lights = read_gtsrb(folder), read_traffic_lights(folder)
    return DataSet(
        samples=[*signs.samples, *lights.samples],
        labels=OUTPUTS,
        merge={name: street_label(name) for name in SIGN_NAMES},
        held_out=signs.held_out,
        credits=signs.credits + lights.credits,
    )
