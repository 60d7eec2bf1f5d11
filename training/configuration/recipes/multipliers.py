# SPDX-License-Identifier: Apache-2.0
"""Width and resolution multipliers of V4 Conv-S, on 43 signs.

    python -m training fit DATA --config multipliers --runs runs/multipliers
    python -m training compare runs/multipliers/*

Short trainings: figures to compare with one another, not the best there are; `quick_response`
trains V2 in the same way. Seen, one training each, on 2110 held-out frames (95 % intervals are
about 5 points to each side), with the median latency of the runtime, measured in turns on one of
two shared cores:

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
    ===============  ========  ===========  =======

Width pays more than resolution below 48 pixels; at the same multiply-adds (6.6 M) the wide
network on small images beats the narrow one on large ones.
"""

from training.configuration import Configuration, Data, Network, Stage

_WIDTHS = (0.35, 0.75)
_SIZES = (24, 32, 48)
_EPOCHS = 10
# Crops are small: no resolution is given away.
_WHOLE = {'stem_stride': 1}


def configurations() -> tuple[Configuration, ...]:
    """Return the grid."""
    return tuple(
        Configuration(
            name=f'v4_{alpha:g}_{size}',
            task='signs',
            data=Data(reader='signs'),
            network=Network('mobilenet_v4_conv_small', alpha, modify=_WHOLE),
            stages=(Stage(_EPOCHS, size, size),),
            keep='last',
        )
        for alpha in _WIDTHS
        for size in _SIZES
    )
