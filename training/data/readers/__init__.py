# SPDX-License-Identifier: Apache-2.0
"""Data sets on disk become samples, a module for each layout."""

from training.data.readers.by_name import READERS, read, read_data

__all__ = ['READERS', 'read', 'read_data']
