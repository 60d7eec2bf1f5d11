# SPDX-License-Identifier: Apache-2.0
"""`bundle import`: a bundle of models that you have; with Keras and SavedModel, as here."""

import argparse

from mobilenet_perception.tools.bundle.importer.command import add_arguments, import_with

__all__ = ['add_arguments', 'run']


def run(arguments: argparse.Namespace) -> int:
    """Import models of any kind.

    Raises:
        PerceptionError: a model, its labels or what is said of it do not fit.
    """
    from training.bundle.foreign import KERAS_READERS  # noqa: PLC0415

    return import_with(KERAS_READERS, arguments)
