# SPDX-License-Identifier: Apache-2.0
"""Guess the architecture and width that weights are of, to help who gives the wrong file."""

from collections.abc import Sequence

from training.networks.weights.loaded import StoredLayer

# By the number of depthwise convolutions: architecture, and channels of the last at alpha 1.
_BY_DEPTHWISE = {
    13: ('mobilenet_v1', 1024),
    17: ('mobilenet_v2', 960),
    15: ('mobilenet_v3_large', 960),
    11: ('mobilenet_v3_small', 576),
}


def looks_like(stored: Sequence[StoredLayer]) -> str | None:
    """Return an architecture and its alpha in words; None: it is like none of those known."""
    channels = [
        array.shape[2]
        for layer in stored
        for array in layer.arrays
        if array.ndim == 4 and array.shape[3] == 1 and array.shape[0] > 1
    ]
    if len(channels) not in _BY_DEPTHWISE:
        return None
    architecture, full = _BY_DEPTHWISE[len(channels)]
    return f'{architecture} with alpha {channels[-1] / full:.2g}'
