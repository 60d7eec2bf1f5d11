# SPDX-License-Identifier: Apache-2.0
"""A running node in a terminal: a line for each of its cameras, live."""
