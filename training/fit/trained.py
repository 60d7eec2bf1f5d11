# SPDX-License-Identifier: Apache-2.0
"""The network that a run ended with."""

import keras

from training.errors import TrainingError
from training.run_folder import Run


def load_network(run: Run) -> keras.Model:
    """Return the trained network of a run.

    Raises:
        TrainingError: it is not there yet, or of another version.
    """
    if not run.model_file.is_file():
        raise TrainingError(f'{run.folder} holds no trained model: let `training fit` end first')
    try:
        return keras.models.load_model(run.model_file, compile=False)
    except (ValueError, OSError, TypeError) as error:
        raise TrainingError(f'{run.model_file} cannot be loaded: {error!r:.200}') from error
