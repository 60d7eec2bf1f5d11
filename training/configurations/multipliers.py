# SPDX-License-Identifier: Apache-2.0
"""Width and resolution multipliers, learning rates and changes of MobileNet V2, on 43 signs.

    python -m training fit DATA --config training/configurations/multipliers.py \
        --runs runs/multipliers
    python -m training compare runs/multipliers

Short trainings: figures to compare with one another, not the best there are.
"""

from training.configuration import Configuration, Data, Network, Optimizer, Stage

_WIDTHS = (0.35, 0.75)
_SIZES = (32, 48, 64)
_EPOCHS = 8


def configurations() -> tuple[Configuration, ...]:
    """Return the grid, and what is compared with its network of 0.35 at 48 pixels."""
    grid = tuple(_network(alpha, size) for alpha in _WIDTHS for size in _SIZES)
    middle = _network(0.35, 48)
    sgd = Optimizer(name='sgd', weight_decay=1e-4)
    kernel = middle.network._replace(modify={'kernel_size': 5})
    expansion = middle.network._replace(modify={'expansion': 3})
    return (
        *grid,
        middle._replace(name='sgd_0.1', optimizer=sgd._replace(learning_rate=0.1)),
        middle._replace(name='sgd_0.01', optimizer=sgd._replace(learning_rate=0.01)),
        middle._replace(name='kernel_5', network=kernel),
        middle._replace(name='expansion_3', network=expansion),
    )


def _network(alpha: float, size: int) -> Configuration:
    return Configuration(
        name=f'v2_{alpha:g}_{size}',
        task='signs',
        data=Data(reader='signs'),
        network=Network('mobilenet_v2', alpha),
        stages=(Stage(_EPOCHS, size, size),),
    )
