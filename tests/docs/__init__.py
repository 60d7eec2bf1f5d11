# SPDX-License-Identifier: Apache-2.0
"""Tests of the README, of docs/ and of the examples' texts."""
