# SPDX-License-Identifier: Apache-2.0
"""Transfer against training from scratch, on a tenth of the tracks of the 43 traffic signs.

    python -m training fit DATA --config transfer --runs runs/transfer
    python -m training evaluate runs/transfer/*
    python -m training compare runs/transfer/v2_imagenet --against runs/transfer/v2_scratch

DATA holds gtsrb/ and weights/ (see `_V1` and `_V2` for the files). Both trainings
see the same images equally often. Seen: V2 46.0 % of held-out frames from weights, 18.3 % from
scratch, a difference of 27.7 points (95 % interval 22.8 to 32.3, by track).
"""

from training.configuration import Configuration, Data, Network, Optimizer, Stage
from training.configuration.file import default_data

_V1 = 'mobilenet_1_0_224_tf_no_top.h5'
_V2 = 'mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5'
_DATA = Data(reader='signs', fraction=0.1)


def configurations() -> tuple[Configuration, ...]:
    """Return, for V1 and V2, a network from weights and one from scratch."""
    return (
        *_pair('v2', Network('mobilenet_v2', 0.35), _V2, 64),
        *_pair('v1', Network('mobilenet_v1', 1.0), _V1, 48),
    )


def _pair(name: str, network: Network, file: str, size: int) -> tuple[Configuration, ...]:
    scratch = Configuration(
        name=f'{name}_scratch',
        task='signs',
        data=_DATA,
        network=network,
        stages=(Stage(30, size, size),),
        batch_size=32,
        keep='last',
    )
    weights = str(default_data() / 'weights' / file)
    imagenet = scratch._replace(
        name=f'{name}_imagenet',
        network=network._replace(weights=weights),
        stages=(
            Stage(6, size, size, train='head'),
            Stage(24, size, size, learning_rate=5e-4),
        ),
        optimizer=Optimizer(learning_rate=2e-3),
    )
    return imagenet, scratch
