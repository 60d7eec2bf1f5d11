# SPDX-License-Identifier: Apache-2.0
"""ImageNet's 1,000 classes: their names, and Google's MobileNets that tell them apart.

The names are those of WordNet's synsets in the order of ILSVRC 2012, each by its first word, or by
another where two would be alike; as Google lists them with its models (google-coral/test_data).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mobilenet_perception.tools.bundle.importer.command import reader_of
from mobilenet_perception.tools.bundle.importer.labels import read_labels
from mobilenet_perception.tools.bundle.importer.make import ImportSettings
from mobilenet_perception.tools.bundle.importer.model import (
    ForeignModel,
    Reader,
    ReadSettings,
    read_onnx,
    read_tensorflow_lite,
)
from mobilenet_perception.tools.bundle.importer.scaling import SCALINGS
from training.bundle.foreign import KERAS_READERS, read_keras
from training.errors import TrainingError
from training.networks import NetworkSettings, build_network
from training.networks.weights import load_weights
from training.networks.weights.keras2 import holds_model
from training.networks.weights.load import imagenet_network
from training.networks.weights.origin import origin
from training.networks.weights.stored import HDF5

# The least and the largest differ twentyfold in multiply-adds.
DOWNLOADED = (
    ('mobilenet_v3_large', 1.0, 224),
    ('mobilenet_v3_small', 1.0, 224),
    ('mobilenet_v2', 0.35, 160),
    ('mobilenet_v2', 0.35, 96),
)
_CLASSES = 1000
_LABELS = Path(__file__).parent / 'imagenet_labels.txt'
_NOTES = """\
## Intended use and limits

Photographs of one thing in the middle, of the 1,000 that ImageNet names: animals, plants, things
of the house and the street. To try a camera and a robot with; nothing to act on: what shows none
of them, as most of a street does, is taken for one. Weights: Google, Apache-2.0, trained on
ImageNet (Russakovsky et al., 2015), whose pictures may be used for research alone.
"""


def imagenet_settings() -> ImportSettings:
    """Return what is known of these models: their labels, scaling, and that some have one more."""
    return ImportSettings(
        read_labels(_LABELS), SCALINGS['-1..1'], drop_first=True, notes=_NOTES
    )  # fmt: skip


def read_imagenet(paths: Sequence[Path], scratch: Path) -> list[ForeignModel]:
    """Read models from files, or have Keras download a ladder of them.

    Args:
        paths: of TensorFlow Lite, ONNX or Keras, also weights alone; none: they are downloaded.
        scratch: folder for what is built of weights; to be kept until the bundle is written.

    Raises:
        PerceptionError: a file is none, or there is no connection.
    """
    left_open = ReadSettings()

    def read_hdf5(path: Path, settings: ReadSettings) -> ForeignModel:
        whole = path if holds_model(path) else _built(path, scratch)
        return read_keras(whole, settings)._replace(path=path)

    readers: Mapping[str, Reader] = {
        '.tflite': read_tensorflow_lite,
        '.onnx': read_onnx,
        **KERAS_READERS,
        **dict.fromkeys(HDF5, read_hdf5),
    }
    if paths:
        return [reader_of(path, readers)(path, left_open) for path in paths]
    found = []
    for architecture, alpha, size in DOWNLOADED:
        settings = NetworkSettings(size, size, alpha, _CLASSES, 0.0)
        path = scratch / f'{architecture}_{alpha:g}_{size}.keras'
        imagenet_network(architecture, settings).save(path)
        found.append(read_keras(path, left_open))
    return found


def _built(path: Path, scratch: Path) -> Path:
    """Return a file of the whole model that weights alone are of, as Google published Keras'."""
    told = origin(str(path))
    if told.architecture is None or told.alpha is None:
        raise TrainingError(f'{path} holds weights of no MobileNet that is known here')
    settings = NetworkSettings(told.size, told.size, told.alpha, _CLASSES, 0.0)
    network = build_network(told.architecture, settings)
    if load_weights(network, path, settings).random:
        raise TrainingError(
            f'{path} lacks the last layer, which tells the classes apart: give the file without '
            '"no_top" in its name'
        )
    whole = scratch / f'{path.stem}.keras'
    network.save(whole)
    return whole
