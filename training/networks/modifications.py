# SPDX-License-Identifier: Apache-2.0
"""Changes of an architecture by name: what each means, which values it takes."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from training.errors import TrainingError
from training.networks.layers import SQUEEZE_RATIO, Bottleneck, Builder

_ACTIVATIONS = ('relu', 'relu6', 'hard_swish', 'silu', 'swish', 'gelu')

Value = TypeVar('Value')
AnyBlock = TypeVar('AnyBlock', bound=tuple[Any, ...])


class Modification(NamedTuple):
    """What a modification does, and which values it takes, in words and as a test."""

    meaning: str
    values: str
    accepts: Callable[[Any], bool]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


MODIFICATION_VALUES = {
    'kernel_size': Modification(
        'side of every depthwise convolution, in pixels',
        'an odd number from 1 to 11',
        lambda value: _number(value) and value in range(1, 12, 2),
    ),
    'expansion': Modification(
        'inner channels of every block that expands, as a multiple of its input',
        'a number above 1 and up to 12',
        lambda value: _number(value) and 1 < value <= 12,
    ),
    'blocks': Modification(
        'multiplier of the number of blocks of each stage (depth multiplier)',
        'a number above 0 and up to 4',
        lambda value: _number(value) and 0 < value <= 4,
    ),
    'activation': Modification(
        'activation throughout the network',
        f'one of {", ".join(_ACTIVATIONS)}',
        lambda value: value in _ACTIVATIONS,
    ),
    'squeeze_excitation': Modification(
        f'squeeze-excitation (ratio {SQUEEZE_RATIO}) in every block, or in none',
        'true or false',
        lambda value: isinstance(value, bool),
    ),
    'stem_stride': Modification(
        'stride of the first convolution; 1 keeps the resolution of images of about 32 pixels',
        '1 or 2',
        lambda value: _number(value) and value in {1, 2},
    ),
    'output_stride': Modification(
        'input pixels to a pixel of the last features; blocks that would go on have a stride of 1',
        '2, 4, 8, 16 or 32',
        lambda value: _number(value) and value in {2, 4, 8, 16, 32},
    ),
    'flatten': Modification(
        'the head sees every place of the last features, not their mean; for one input size',
        'true or false',
        lambda value: isinstance(value, bool),
    ),
}
# What every MobileNet takes.
ALL = tuple(name for name in MODIFICATION_VALUES if name != 'flatten')


class Architecture(NamedTuple):
    """How a network is built, and what `NetworkSettings.modify` may change in it."""

    build: Builder
    modifications: tuple[str, ...] = ()


def check_modifications(
    architecture: str, accepted: Sequence[str], modify: Mapping[str, object]
) -> None:
    """Check names and values of `modify`.

    Raises:
        TrainingError: the architecture does not take one, or not with that value.
    """
    for name, value in modify.items():
        if name not in accepted:
            allowed = ', '.join(accepted) or 'nothing'
            raise TrainingError(
                f'{architecture} cannot be modified by {name!r}: allowed is {allowed}'
            )
        modification = MODIFICATION_VALUES[name]
        if not modification.accepts(value):
            raise TrainingError(
                f'{name} ({modification.meaning}) cannot be {value!r}: '
                f'it takes {modification.values}'
            )


def option(modify: Mapping[str, Any], name: str, default: Value) -> Value:
    """Return a modification's value, or the default: the architecture's own."""
    value: Value = modify.get(name, default)
    return value


def stem_stride(modify: Mapping[str, Any]) -> int:
    """Return the stride of the first convolution, which is 2 in every MobileNet."""
    return option(modify, 'stem_stride', 2)


def modified_blocks(blocks: Sequence[AnyBlock], modify: Mapping[str, Any]) -> list[AnyBlock]:
    """Return the blocks of a network with `modify` applied.

    Args:
        blocks: with fields `channels` and `stride`; of bottlenecks more is modified. Before them
            comes the stem.
        modify: checked by `check_modifications`.
    """
    deeper = _with_depth(blocks, modify.get('blocks', 1))
    return [_modified(block, modify) for block in _with_output_stride(deeper, modify)]


def _modified(block: AnyBlock, modify: Mapping[str, Any]) -> AnyBlock:
    if not isinstance(block, Bottleneck):
        return block
    kernel_size = modify.get('kernel_size')
    changes: dict[str, Any] = {}
    if kernel_size is not None:
        changes['start_kernel'] = kernel_size if block.start_kernel else 0
        changes['middle_kernel'] = kernel_size if block.middle_kernel else 0
    if 'expansion' in modify and block.expansion != 1:
        changes['expansion'] = modify['expansion']
    if 'activation' in modify:
        changes['activation'] = modify['activation']
    if 'squeeze_excitation' in modify:
        changes['squeeze'] = SQUEEZE_RATIO if modify['squeeze_excitation'] else 0.0
    return block._replace(**changes)


def _with_output_stride(
    blocks: Sequence[AnyBlock], modify: Mapping[str, Any]
) -> Iterator[AnyBlock]:
    """Leave out the strides beyond `output_stride` (Chen et al., arXiv 1706.05587), undilated."""
    limit = modify.get('output_stride', math.inf)
    reached = stem_stride(modify)
    block: Any
    for block in blocks:
        stride = block.stride if reached * block.stride <= limit else 1
        reached *= stride
        yield block._replace(stride=stride)


def _with_depth(blocks: Sequence[AnyBlock], multiplier: float) -> list[AnyBlock]:
    """Scale each stage's number of blocks: drop its last ones, or repeat its last one."""
    if multiplier == 1:
        return list(blocks)
    stages: list[list[Any]] = []
    block: Any
    for block in blocks:
        if stages and block.stride == 1 and stages[-1][-1].channels == block.channels:
            stages[-1].append(block)
        else:
            stages.append([block])
    scaled: list[AnyBlock] = []
    for stage in stages:
        count = max(1, math.ceil(len(stage) * multiplier - 1e-9))
        scaled += stage[:count] + [stage[-1]._replace(stride=1)] * (count - len(stage))
    return scaled
