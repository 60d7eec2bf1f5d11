# SPDX-License-Identifier: Apache-2.0
"""MobileNet V2, pretrained, on ten surfaces: its head fitted, then all of it fine-tuned.

    python -m training fit DATA/pavements --config several_classes --runs runs
    python -m training evaluate runs/several_classes

DATA holds pavements/ and weights/ (`_WEIGHTS`). Expect 80 % of 143 held-out pictures (95 %
interval 72 to 86) in one and a half minutes on two cores; a logistic regression on the same
features has 75.5 % (`benchmarks.transfer`). It is what `fit DATA/pavements --weights FILE`
chooses by itself.
"""

from training.configuration import Configuration, Head, Network, Optimizer, Stage
from training.configuration.file import default_data

_WEIGHTS = 'mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5'


def configurations() -> tuple[Configuration, ...]:
    """Return the one training."""
    return (
        Configuration(
            name='several_classes',
            task='surfaces',
            network=Network(
                'mobilenet_v2', 0.35, weights=str(default_data() / 'weights' / _WEIGHTS)
            ),
            stages=(Stage(20, 192, 192),),
            head=Head(views=4),
            optimizer=Optimizer(learning_rate=1e-4, ema=0.938),
            batch_size=32,
            patience=4,
        ),
    )
