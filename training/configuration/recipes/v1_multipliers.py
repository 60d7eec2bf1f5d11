# SPDX-License-Identifier: Apache-2.0
"""MobileNet V1 from scratch with both multipliers, width and resolution; RMSprop at 0.002.

    python -m training fit DATA --config v1_multipliers --runs runs/v1_multipliers
    python -m training compare runs/v1_multipliers/*

DATA holds gtsrb/: half of the tracks of 43 traffic signs. Eight epochs, to compare with one
another, not the best there are. Seen on 2110 held-out frames, 95 % intervals by track:

    ==========  ========  =============
    run         accuracy  interval
    ==========  ========  =============
    v1_0.25_24    33.1 %  28.0 to 38.6
    v1_0.25_32    40.7 %  35.3 to 46.3
    v1_0.5_24     42.5 %  36.5 to 48.0
    v1_0.5_32     43.5 %  37.5 to 49.1
    ==========  ========  =============

Both multipliers pay, if not beyond the intervals. In so few steps RMSprop's network is far from
its end: `multipliers` has what V4 comes to with AdamW and all tracks. 19 minutes on two cores
that many others used.
"""

from training.configuration import Configuration, Data, Network, Optimizer, Stage

_WIDTHS = (0.25, 0.5)
_SIZES = (24, 32)


def configurations() -> tuple[Configuration, ...]:
    """Return the grid of widths and resolutions."""
    return tuple(
        Configuration(
            name=f'v1_{alpha:g}_{size}',
            task='signs',
            data=Data(reader='signs', fraction=0.5),
            # Crops are small: no resolution is given away.
            network=Network('mobilenet_v1', alpha, modify={'stem_stride': 1}),
            stages=(Stage(8, size, size),),
            optimizer=Optimizer(name='rmsprop', learning_rate=0.002),
        )
        for alpha in _WIDTHS
        for size in _SIZES
    )
