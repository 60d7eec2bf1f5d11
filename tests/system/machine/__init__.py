# SPDX-License-Identifier: Apache-2.0
"""Tests of `mobilenet_perception.system.machine`."""
