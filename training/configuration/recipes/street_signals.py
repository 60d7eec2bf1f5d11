# SPDX-License-Identifier: Apache-2.0
"""The default bundle: street signals, a ladder of five networks, 1.7 to 29.5 M multiply-adds.

    make bundle DATA=<folder>

Expected on the 2382 held-out photographs, in the order of the networks, from one training each
(differences of half a point are no news): 98.9, 98.1, 96.7, 95.6 and 89.8 %; traffic lights
98.2 to 99.6 %; ECE at most 0.02. About three hours on two cores.
"""

from training.configuration import Configuration, Data, Network, Optimizer, Stage

# By source: photographs of signs and lights of two countries, drawings, drawn drives, no signal at
# all on photographs of streets (`scenes`) and drawn (`background`).
_PHOTOGRAPHS = {'gtsrb': 48.0, 'lights': 9.0, 'road_signs': 8.0}
_FIRST = {**_PHOTOGRAPHS, 'drawn': 15.0, 'scenes': 16.0, 'background': 4.0}
_LAST = {**_PHOTOGRAPHS, 'drawn': 8.0, 'drive': 8.0, 'scenes': 22.0, 'background': 3.0}


# A last look at everything, with more of the lights, at a small rate.
_POLISH = {
    **_PHOTOGRAPHS, 'lights': 13.0, 'drawn': 6.0, 'drive': 8.0, 'scenes': 26.0, 'background': 3.0,
}  # fmt: skip
_RUNS = 'runs/street_signals'


def configurations() -> tuple[Configuration, ...]:
    """Return the networks of the ladder; the last three begin as the second, at smaller inputs."""
    half = _network('mobilenet_v4_conv_small', 0.5, (64, 96), 8)
    return (
        _network('mobilenet_v4_conv_small', 0.75, (64, 112), 5),
        half,
        _smaller(half, 64),
        _smaller(half, 48),
        _smaller(half, 32),
    )


def _network(
    architecture: str, alpha: float, sizes: tuple[int, int], polish: int
) -> Configuration:
    small, size = sizes
    return Configuration(
        name=f'{architecture}_{alpha:g}_{size}',
        task='street_signals',
        keep='last',
        # Windows of sky and of asphalt look alike, wherever they are from.
        data=Data(reader='streets', allow_leaks=True),
        network=Network(architecture, alpha),
        stages=(
            Stage(12, small, small, mixture=_FIRST),
            Stage(14, size, size, mixture=_LAST),
            Stage(polish, size, size, learning_rate=6e-4, mixture=_POLISH),
        ),
        steps=240,
        drive_worlds=40,
    )


def _smaller(parent: Configuration, size: int) -> Configuration:
    network = parent.network._replace(weights=f'{_RUNS}/{parent.name}', frozen_batch_norms=False)
    return parent._replace(
        name=f'{network.architecture}_{network.alpha:g}_{size}',
        network=network,
        stages=(Stage(8, size, size, mixture=_POLISH),),
        optimizer=Optimizer(learning_rate=1e-3),
    )
