# SPDX-License-Identifier: Apache-2.0
"""Short quantisation-aware fine-tuning: the network learns to answer as it did in float.

Jacob et al., CVPR 2018, section 3; Krishnamoorthi: Quantizing deep convolutional networks for
efficient inference. 2018, section 3.2 (frozen batch norms); Nagel et al.: A white paper on neural
network quantization. 2021, section 4. The teacher is the network itself before (as in Mishra and
Marr: Apprentice. ICLR 2018), so that labels are not needed.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
from onnx import ModelProto

from training.data.sample import Pixels
from training.errors import TrainingError
from training.export.quantize.fake_quantized import FakeQuantized
from training.export.quantize.scheme import Range, Scheme

Batch = tuple[Pixels, npt.NDArray[np.float32]]


class FineTuning(NamedTuple):
    """How to fine-tune.

    Attributes:
        steps: batches to learn from.
        learning_rate: of Adam at the start; it falls to 0 as a cosine.
        label_share: 0 to 1, what labels count for; the rest is the network's own answers.
    """

    steps: int = 300
    learning_rate: float = 1e-4
    label_share: float = 0.0


DEFAULT = FineTuning()


def fine_tune(
    model: ModelProto,
    batches: Iterable[Batch],
    scheme: Scheme,
    ranges: dict[str, Range],
    settings: FineTuning = DEFAULT,
    keep_float: tuple[str, ...] = (),
    verbose: bool = True,
) -> ModelProto:
    """Return the model with weights that bear quantisation with these ranges.

    Args:
        model: of `export_onnx`, batch norms folded.
        batches: (batch, height, width, 3) uint8 RGB and (batch, outputs) float32 one-hot targets,
            as in training; the outputs are those before a merge.
        scheme: of the runtime.
        ranges: of the activations, which stay.
        settings: how long and how fast.
        keep_float: names of nodes that stay in float.
        verbose: whether a progress bar is shown.

    Raises:
        TrainingError: the batches end too soon, labels count and do not fit the outputs, or the
            loss is no number.
    """
    teacher = FakeQuantized(model)
    student = FakeQuantized(model, scheme, ranges, keep_float)
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.steps)
    student.compile(keras.optimizers.Adam(rate), keras.losses.KLDivergence(), jit_compile=False)
    bar = keras.utils.Progbar(settings.steps, verbose=1 if verbose else 0)
    done = 0
    for images, labels in batches:
        pixels = np.asarray(images, np.float32)
        answers = teacher.predict_on_batch(pixels)
        targets = _blend(answers, labels, settings.label_share)
        loss = _number(student.train_on_batch(pixels, targets))
        done += 1
        bar.update(done, [('loss', loss)])
        if not np.isfinite(loss):
            raise TrainingError(
                f'fine-tuning for INT8 diverged at step {done}: lower its learning rate, now '
                f'{settings.learning_rate:g}'
            )
        if done == settings.steps:
            return student.learned(model)
    raise TrainingError(
        f'fine-tuning for INT8 needs {settings.steps} batches and got {done}: give more, or fewer '
        'steps'
    )


def _blend(answers: Any, labels: Any, share: float) -> Any:
    if not share:
        return answers
    if np.shape(labels) != np.shape(answers):
        raise TrainingError(
            f'labels of shape {np.shape(labels)} do not fit answers of {np.shape(answers)}: give '
            'one-hot targets of the outputs before the merge'
        )
    return share * labels + (1 - share) * answers


def _number(loss: Any) -> float:
    return float(loss[0] if isinstance(loss, list) else loss)
