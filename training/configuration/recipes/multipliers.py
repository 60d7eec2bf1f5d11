# SPDX-License-Identifier: Apache-2.0
"""Width and resolution multipliers of V4 Conv-S; learning rates and changes of V2; on 43 signs.

    python -m training fit DATA --config multipliers \
        --runs runs/multipliers
    python -m training compare runs/multipliers/*

Short trainings: figures to compare with one another, not the best there are. Seen, one training
each, on 2110 held-out frames (95 % intervals are about 5 points to each side), with the median
latency of the runtime, measured in turns on one of two shared cores:

    ===============  ========  ===========  =======
    run              accuracy  multiply-    latency
                               adds
    ===============  ========  ===========  =======
    v4_0.75_48         78.6 %       20.5 M  0.96 ms
    v4_0.75_32         70.8 %        9.7 M  0.71 ms
    v4_0.75_24         71.7 %        6.7 M  0.59 ms
    v4_0.35_48         63.1 %        6.6 M  0.39 ms
    v4_0.35_32         49.1 %        3.2 M  0.30 ms
    v4_0.35_24         51.7 %        2.2 M  0.23 ms
    v2                 51.4 %        4.8 M  0.43 ms
    v2_sgd_0.1         60.1 %        4.8 M  0.37 ms
    v2_sgd_0.01        75.2 %        4.8 M  0.38 ms
    v2_kernel_5        61.1 %        6.0 M  0.49 ms
    v2_expansion_3     32.8 %        3.1 M  0.28 ms
    ===============  ========  ===========  =======

Width pays more than resolution below 48 pixels; at the same multiply-adds (6.6 M) the wide
network on small images beats the narrow one on large ones. SGD at 0.01 is far better than at 0.1,
and, in so few epochs, than AdamW at its default.
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
        keep='last',
    )


def _modified(plain: Configuration, name: str, **changes: int) -> Configuration:
    network = plain.network._replace(modify={**_WHOLE, **changes})
    return plain._replace(name=name, network=network)
