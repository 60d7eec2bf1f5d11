# SPDX-License-Identifier: Apache-2.0
"""How good a network is, on which data, and how sure that is."""
