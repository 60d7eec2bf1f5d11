# SPDX-License-Identifier: Apache-2.0
"""What people call the parts of a data set."""

_PARTS = {
    'train': 'train',
    'training': 'train',
    'val': 'validation',
    'valid': 'validation',
    'validation': 'validation',
    'dev': 'validation',
    'test': 'test',
    'testing': 'test',
}
KNOWN = 'train, validation (or val) or test'


def part_named(name: str) -> str | None:
    """Return `train`, `validation` or `test` for a name of it; None: it names no part."""
    return _PARTS.get(name.strip().casefold())
