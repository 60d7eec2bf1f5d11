# SPDX-License-Identifier: Apache-2.0
"""The fixture of the tiny bundle."""

from tests.support.colours import tiny

__all__ = ['tiny']
