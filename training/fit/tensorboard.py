# SPDX-License-Identifier: Apache-2.0
"""Curves for TensorBoard, which is needed to look at them but not to write them."""

from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf
from tensorflow.core.framework.summary_pb2 import SummaryMetadata

_PARTS = ('train', 'validation')


class Scalars:
    """Event files of the curves: those of validation beside those of training."""

    def __init__(self, folder: Path) -> None:
        """`folder` is what TensorBoard is told to look at."""
        self._writers = {
            part: tf.summary.create_file_writer(str(folder / part)) for part in _PARTS
        }
        # tf.summary.scalar is a part of TensorBoard; this is what it writes.
        plugin = SummaryMetadata.PluginData(plugin_name='scalars')
        self._metadata = SummaryMetadata(plugin_data=plugin)

    def write(self, line: Mapping[str, float]) -> None:
        """Add a line: `epoch`, and values by name; those of validation begin with `val_`."""
        step = int(line['epoch'])
        for key, value in line.items():
            tag = key.removeprefix('val_')
            with self._writers[_PARTS[tag != key]].as_default():
                if key != 'epoch':
                    tf.summary.write(tag, tf.constant(value), step, self._metadata)
        for writer in self._writers.values():
            writer.flush()
