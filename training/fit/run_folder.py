# SPDX-License-Identifier: Apache-2.0
"""The run folder: configuration, split, versions, curves, checkpoint, metrics, model."""

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.system.files import write_atomically
from training.configuration.records import Record, from_json, json_text
from training.configuration.settings import Configuration
from training.data.data_set import DataSet, Merge, Split, merge_matrix, published_labels
from training.errors import TrainingError

# INT8 twice: TensorRT takes symmetric activations alone, and a CPU runs those slowest of all.
PRECISIONS = ('fp32', 'fp16', 'int8', 'int8_onnxruntime')
_PACKAGES = ('tensorflow-cpu', 'tensorflow', 'keras', 'numpy', 'opencv-python-headless', 'scipy')


class RunData(Record):
    """What a run was trained on.

    Attributes:
        sha256: fingerprint of the data.
        path: where they were, as given.
        labels: in the order of the network's outputs.
        merge: label that is published, by label of the network.
        credits: whose the data are.
    """

    sha256: str
    path: str
    labels: tuple[str, ...]
    merge: dict[str, str]
    credits: tuple[str, ...]

    @property
    def published(self) -> tuple[str, ...]:
        """The labels of the scores."""
        return published_labels(self.labels, self.merge)

    @property
    def merge_matrix(self) -> Merge | None:
        """What adds up the outputs that share a label; None: each is a label of its own."""
        return merge_matrix(self.labels, self.merge)


class Run(NamedTuple):
    """Where everything about one training lies."""

    folder: Path

    @property
    def model_file(self) -> Path:
        """The trained Keras model."""
        return self.folder / 'model.keras'

    @property
    def exported_file(self) -> Path:
        """The ONNX graph, written by `evaluate`."""
        return self.folder / 'model.onnx'

    @property
    def checkpoint_folder(self) -> Path:
        """Weights and optimiser after the last whole epoch."""
        return self.folder / 'checkpoints'

    @property
    def drives_folder(self) -> Path:
        """Drawn drives, which all runs beside this one share."""
        return self.folder.parent / 'drives'

    def predictions_file(self, part: str, precision: str = 'fp32') -> Path:
        """Predictions of a graph for a set of frames, such as `test`."""
        suffix = '' if precision == 'fp32' else f'.{precision}'
        return self.folder / 'predictions' / f'{part}{suffix}.npz'

    def configuration(self) -> Configuration:
        """Return the resolved configuration.

        Raises:
            TrainingError: there is none, or of another version.
        """
        text = self._read('configuration.json')
        try:
            return from_json(Configuration, json.loads(text), 'it')
        except (TrainingError, ValueError) as error:
            raise TrainingError(
                f'the configuration of the run is of another version ({error}): train anew'
            ) from error

    def split(self) -> Split:
        """Return the stored split."""
        value = json.loads(self._read('split.json'))
        return Split(*(tuple(value[part]) for part in Split._fields))

    def data(self) -> RunData:
        """Return what it was trained on.

        Raises:
            TrainingError: it is not there, or of another version.
        """
        return from_json(RunData, json.loads(self._read('data.json')), f'{self.folder}/data.json')

    def environment(self) -> dict[str, str]:
        """Return the versions stored at the start."""
        value: dict[str, str] = json.loads(self._read('environment.json'))
        return value

    def read_json(self, name: str) -> dict[str, Any]:
        """Return a JSON file of the run, empty if it is not there yet."""
        path = self.folder / name
        return json.loads(path.read_text()) if path.is_file() else {}

    def write_json(self, name: str, value: object) -> None:
        """Write a JSON file of the run, atomically: records or JSON values."""
        write_atomically(self.folder / name, json_text(value))

    def start(self, configuration: Configuration, data: RunData, split: Split) -> None:
        """Store what the run is about, or check that a run to resume is about the same.

        Raises:
            TrainingError: the folder holds a run of another configuration or of other data.
        """
        if (self.folder / 'configuration.json').is_file() and self._has_progress():
            if self.configuration() != configuration:
                raise TrainingError(
                    f'{self.folder} holds a run of another configuration: '
                    'give another --runs folder, or remove this one'
                )
            if self.data().sha256 != data.sha256:
                raise TrainingError(
                    f'{self.folder} was begun on other data: give another --runs folder'
                )
            return
        self.write_json('environment.json', versions())
        self.write_json('data.json', data)
        self.write_json('split.json', split._asdict())
        # Last, because its presence says that the folder is begun.
        self.write_json('configuration.json', configuration)

    def _has_progress(self) -> bool:
        # One that failed before its first step, as by a mistyped setting, is no obstacle.
        trained = self.checkpoint_folder.is_dir() and any(self.checkpoint_folder.iterdir())
        return trained or self.model_file.is_file()

    def _read(self, name: str) -> str:
        path = self.folder / name
        if not path.is_file():
            raise TrainingError(f'{self.folder} is not a run folder ({name} is missing)')
        return path.read_text()


def versions() -> dict[str, str]:
    """Return the versions that a result may depend on."""
    found = {'python': platform.python_version(), 'machine': platform.machine()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def run_data(data_set: DataSet, path: Path, sha256: str) -> RunData:
    """Return what a run on this data set stores of it."""
    return RunData(sha256, str(path), data_set.labels, dict(data_set.merge), data_set.credits)
