# SPDX-License-Identifier: Apache-2.0
"""A running node in a terminal: a line for each camera and each thing, live."""
