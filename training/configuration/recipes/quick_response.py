# SPDX-License-Identifier: Apache-2.0
"""Networks for a quick response: V2 changed by the layer, and at rates of 0.1 and 0.01.

    python -m training fit DATA --config quick_response --runs runs/quick_response
    python -m training compare runs/quick_response/*

DATA holds gtsrb/: 43 traffic signs at 32 pixels; ten epochs, to compare with one another, not the
best there are. Beside other models: `multipliers` trains V4 in the same way. Seen, one training
each, on 2110 held-out frames (95 % intervals are about 5 points to each side), with the median
latency of the runtime, measured in turns on one of two shared cores:

    ==============  ========  ===========  =======
    run             accuracy  multiply-    latency
                              adds
    ==============  ========  ===========  =======
    v2                51.4 %        4.8 M  0.43 ms
    v2_sgd_0.1        60.1 %        4.8 M  0.37 ms
    v2_sgd_0.01       75.2 %        4.8 M  0.38 ms
    v2_kernel_5       61.1 %        6.0 M  0.49 ms
    v2_expansion_3    32.8 %        3.1 M  0.28 ms
    ==============  ========  ===========  =======

SGD at 0.01 is far better than at 0.1, and, in so few epochs, than AdamW at its default. Larger
kernels pay for a quarter more work; blocks of half the width do not.
"""

from training.configuration import Configuration, Data, Network, Optimizer, Stage

_EPOCHS, _SIZE = 10, 32
# Crops are small: no resolution is given away.
_WHOLE = {'stem_stride': 1}


def configurations() -> tuple[Configuration, ...]:
    """Return V2 as it is and in four ways changed."""
    plain = Configuration(
        name='v2',
        task='signs',
        data=Data(reader='signs'),
        network=Network('mobilenet_v2', 0.35, modify=_WHOLE),
        stages=(Stage(_EPOCHS, _SIZE, _SIZE),),
        keep='last',
    )
    sgd = Optimizer(name='sgd', weight_decay=1e-4)
    return (
        plain,
        plain._replace(name='v2_sgd_0.1', optimizer=sgd._replace(learning_rate=0.1)),
        plain._replace(name='v2_sgd_0.01', optimizer=sgd._replace(learning_rate=0.01)),
        _modified(plain, 'v2_kernel_5', kernel_size=5),
        _modified(plain, 'v2_expansion_3', expansion=3),
    )


def _modified(plain: Configuration, name: str, **changes: int) -> Configuration:
    network = plain.network._replace(modify={**_WHOLE, **changes})
    return plain._replace(name=name, network=network)
