# SPDX-License-Identifier: Apache-2.0
"""What the measurements share: cameras, nodes, loads, checks."""
