# SPDX-License-Identifier: Apache-2.0
"""Width and resolution multipliers of V4 Conv-S; learning rates and changes of V2; on 43 signs.

    python -m training fit DATA --config training/configurations/multipliers.py \
        --runs runs/multipliers
    python -m training compare runs/multipliers

Short trainings: figures to compare with one another, not the best there are.
"""

from training.configuration import Configuration, Data, Network, Optimizer, Stage

_WIDTHS = (0.35, 0.75)
_SIZES = (24, 32, 48)
_EPOCHS = 10
# Crops are small: no resolution is given away.
_WHOLE = {'stem_stride': 1}


def configurations() -> tuple[Configuration, ...]:
    """Return the grid, and V2 as it is and in four ways changed."""
    grid = tuple(
        _training(
            f'v4_{alpha:g}_{size}', Network('mobilenet_v4_conv_small', alpha, modify=_WHOLE), size
        )
        for alpha in _WIDTHS
        for size in _SIZES
    )
    network = Network('mobilenet_v2', 0.35, modify=_WHOLE)
    plain = _training('v2', network, 32)
    sgd = Optimizer(name='sgd', weight_decay=1e-4)
    return (
        *grid,
        plain,
        plain._replace(name='v2_sgd_0.1', optimizer=sgd._replace(learning_rate=0.1)),
        plain._replace(name='v2_sgd_0.01', optimizer=sgd._replace(learning_rate=0.01)),
        _modified(plain, 'v2_kernel_5', kernel_size=5),
        _modified(plain, 'v2_expansion_3', expansion=3),
    )


def _training(name: str, network: Network, size: int) -> Configuration:
    return Configuration(
        name=name,
        task='signs',
        data=Data(reader='signs'),
        network=network,
        stages=(Stage(_EPOCHS, size, size),),
    )


def _modified(plain: Configuration, name: str, **changes: int) -> Configuration:
    network = plain.network._replace(modify={**_WHOLE, **changes})
    return plain._replace(name=name, network=network)
