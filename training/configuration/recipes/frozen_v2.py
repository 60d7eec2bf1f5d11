# SPDX-License-Identifier: Apache-2.0
"""MobileNet V2, frozen, with a new head on its averaged features: Adam, stopped early.

    python -m training fit DATA/pavements --config frozen_v2 --runs runs
    python -m training evaluate runs/frozen_v2

DATA holds pavements/ (ten surfaces) and weights/ (`_WEIGHTS`). Seen: 74.8 % of 143 held-out
pictures (95 % interval 67.6 to 81.3); precision 0.77, recall 0.74 and F1 0.74 on average over
the surfaces, which `evaluate` writes to metrics.json and report.html for each; best after 23
epochs, stopped after 28, in four minutes on two cores that others used. Expect 68 to 81 %. A
head that is fitted, and fine-tuning, reach more in less time: `several_classes`.
"""

from training.configuration import Configuration, Network, Optimizer, Stage
from training.configuration.file import default_data

_WEIGHTS = 'mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5'


def configurations() -> tuple[Configuration, ...]:
    """Return the one training: of the head alone, by gradient."""
    return (
        Configuration(
            name='frozen_v2',
            task='surfaces',
            network=Network(
                'mobilenet_v2', 0.35, weights=str(default_data() / 'weights' / _WEIGHTS)
            ),
            stages=(Stage(40, 128, 128, train='head'),),
            optimizer=Optimizer(
                name='adam', learning_rate=1e-3, weight_decay=0, schedule='constant'
            ),
            batch_size=32,
            patience=5,
        ),
    )
