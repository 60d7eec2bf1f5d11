# SPDX-License-Identifier: Apache-2.0
"""Data sets on disk become samples, a module for each layout."""
