# SPDX-License-Identifier: Apache-2.0
"""The fixtures of `tests.support.colours`."""

from tests.support.colours import colours, labelled_bag, tiny

__all__ = ['colours', 'labelled_bag', 'tiny']
