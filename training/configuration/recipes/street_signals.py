# SPDX-License-Identifier: Apache-2.0
"""The default bundle: street signals, a ladder of five networks, 1.7 to 29.5 M multiply-adds.

    make bundle DATA=<folder>

Expected on the 2382 held-out photographs of signs and lights, in the order of the networks, from
one training each (differences of half a point are no news): 99.2, 98.5, 97.8, 96.4 and 93.4 %; of
the 9648 windows of streets that show nothing, 0.2 to 0.4 % decided to show a label; ECE at most
0.05. About four hours on two cores. These networks were trained in sittings: the last stages of
each were added after a look at the validation part.
"""

from training.configuration import Configuration, Data, Network, Optimizer, Stage

# By source: photographs of signs and lights of two countries, drawings, drawn drives, no signal at
# all on photographs of streets (`scenes`) and drawn (`background`).
_PHOTOGRAPHS = {'gtsrb': 48.0, 'lights': 9.0, 'road_signs': 8.0}
_FIRST = {**_PHOTOGRAPHS, 'drawn': 15.0, 'scenes': 16.0, 'background': 4.0}
_SECOND = {**_PHOTOGRAPHS, 'drawn': 8.0, 'drive': 8.0, 'scenes': 22.0, 'background': 3.0}
# Then what is not known yet: streets, the rarer signs, and green lights, which look like a sign.
_STREETS = {
    **_PHOTOGRAPHS, 'lights': 13.0, 'drawn': 6.0, 'drive': 8.0, 'scenes': 26.0, 'background': 3.0,
}  # fmt: skip
_SIGNS = {
    'gtsrb': 52.0, 'lights': 11.0, 'road_signs': 8.0,
    'drawn': 6.0, 'drive': 9.0, 'scenes': 15.0, 'background': 2.0,
}  # fmt: skip
_LIGHTS = {
    'gtsrb': 44.0, 'lights': 18.0, 'road_signs': 8.0,
    'drawn': 6.0, 'drive': 8.0, 'scenes': 20.0, 'background': 2.0,
}  # fmt: skip
# The smallest sees least of a lamp.
_LAMPS = {
    'gtsrb': 46.0, 'lights': 22.0, 'road_signs': 6.0,
    'drawn': 5.0, 'drive': 7.0, 'scenes': 14.0,
}  # fmt: skip
_RUNS = 'runs/street_signals'


def configurations() -> tuple[Configuration, ...]:
    """Return the networks of the ladder; the last three begin as the second, at smaller inputs."""
    whole = _network('mobilenet_v4_conv_small', 0.75, (64, 112), streets=5, signs=12)
    lights = Stage(6, 112, 112, learning_rate=4e-4, mixture=_LIGHTS)
    lamps = Stage(14, 32, 32, learning_rate=1e-3, mixture=_LAMPS)
    half = _network('mobilenet_v4_conv_small', 0.5, (64, 96), streets=8, signs=16)
    smallest = _smaller(half, 32, 12)
    return (
        whole._replace(stages=(*whole.stages, lights)),
        half,
        _smaller(half, 64, 6),
        _smaller(half, 48, 12),
        smallest._replace(stages=(*smallest.stages, lamps)),
    )


def _network(
    architecture: str, alpha: float, sizes: tuple[int, int], streets: int, signs: int
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
            Stage(14, size, size, mixture=_SECOND),
            Stage(streets, size, size, learning_rate=6e-4, mixture=_STREETS),
            Stage(signs, size, size, learning_rate=8e-4, mixture=_SIGNS),
        ),
        steps=240,
        drive_worlds=40,
    )


def _smaller(parent: Configuration, size: int, more: int) -> Configuration:
    network = parent.network._replace(weights=f'{_RUNS}/{parent.name}', frozen_batch_norms=False)
    return parent._replace(
        name=f'{network.architecture}_{network.alpha:g}_{size}',
        network=network,
        stages=(
            Stage(10, size, size, mixture=_SIGNS),
            Stage(more, size, size, learning_rate=1e-3, mixture=_SIGNS),
        ),
        optimizer=Optimizer(learning_rate=1e-3),
    )
