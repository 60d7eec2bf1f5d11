# SPDX-License-Identifier: Apache-2.0
"""All 43 traffic signs of GTSRB, split by track: from scratch, and from ImageNet's weights.

    python -m training fit DATA --config training/configurations/signs.py --runs runs/signs
    python -m training evaluate runs/signs/*
    python -m training quantize runs/signs/* --precisions int8

The last two begin with weights in DATA/weights and show what INT8 costs V1 and V2. Seen of the
first: 91.0 % of 2110 held-out frames, ECE 0.015: too short a training for all 43 signs.
"""

from training.configuration import Augmentation, Configuration, Data, Network, Stage
from training.default_data import default_data

_V1 = 'mobilenet_1_0_224_tf_no_top.h5'
_V2 = 'mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5'


def configurations() -> tuple[Configuration, ...]:
    """Return MobileNet V4 from scratch; V2 and V1 from weights."""
    scratch = Configuration(
        name='v4_scratch',
        task='signs',
        data=Data(reader='signs'),
        # Crops are small, and so is what tells the limits apart: no resolution is given away.
        network=Network('mobilenet_v4_conv_small', 0.5, modify={'stem_stride': 1}),
        stages=(Stage(24, 48, 48),),
        augmentation=Augmentation(brightness=0.3, contrast=0.3, blur=0.3, noise=0.2),
    )
    return (
        scratch,
        _from_weights(scratch, 'v2_imagenet', Network('mobilenet_v2', 0.35), _V2, 10),
        _from_weights(scratch, 'v1_imagenet', Network('mobilenet_v1', 1.0), _V1, 6),
    )


def _from_weights(
    scratch: Configuration, name: str, network: Network, file: str, epochs: int
) -> Configuration:
    weights = str(default_data() / 'weights' / file)
    return scratch._replace(
        name=name,
        network=network._replace(weights=weights, frozen_batch_norms=False),
        stages=(Stage(epochs, 64, 64),),
    )
