# SPDX-License-Identifier: Apache-2.0
"""What quantising a variant gave, and whether it may be used."""

from typing import Any, NamedTuple

from training.export.quantize.calibration import Trial
from training.export.quantize.sensitivity import LayerSensitivity


class Quantized(NamedTuple):
    """A graph in INT8 and what that cost.

    Attributes:
        model: the ONNX graph.
        scheme: the runtime that it is for.
        method: how activations were calibrated, and whether weights were fine-tuned.
        trials: the methods tried, best first.
        calibration_images: how many real images found the ranges.
        validation_images: how many others measured the loss.
        accuracy_before: of the float graph on the validation images, 0 to 1.
        accuracy_after: of this graph.
        agreement: share of validation images with the same label on top in both.
        sensitivity: of each layer alone, the worst first.
        keep_float: names of layers that stay in float.
        refused: why it must not be used, in one sentence; None: it may.
    """

    model: bytes
    scheme: str
    method: str
    trials: tuple[Trial, ...]
    calibration_images: int
    validation_images: int
    accuracy_before: float
    accuracy_after: float
    agreement: float
    sensitivity: tuple[LayerSensitivity, ...]
    keep_float: tuple[str, ...]
    refused: str | None

    def to_json(self) -> dict[str, Any]:
        """Return JSON values of everything but the graph."""
        value = self._asdict()
        del value['model']
        return {
            **value,
            'trials': [trial._asdict() for trial in self.trials],
            'sensitivity': [row._asdict() for row in self.sensitivity],
            'keep_float': list(self.keep_float),
        }
