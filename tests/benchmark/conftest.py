# SPDX-License-Identifier: Apache-2.0
"""The fixture of the tiny bundle."""

from tests.colours import tiny

__all__ = ['tiny']
