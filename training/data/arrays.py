# SPDX-License-Identifier: Apache-2.0
"""The arrays that metrics and plots take."""

import numpy as np
import numpy.typing as npt

Probabilities = npt.NDArray[np.float32]
"""(n, classes), each row sums to 1."""

Logits = npt.NDArray[np.float32]
"""(n, classes), before the softmax."""

Indices = npt.NDArray[np.int64]
"""(n,) positions of the true labels."""

Scores = npt.NDArray[np.float64]
"""(n,) one number for each frame."""
