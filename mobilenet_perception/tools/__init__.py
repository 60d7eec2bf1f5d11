# SPDX-License-Identifier: Apache-2.0
"""Tools for people: the commands of `python -m mobilenet_perception`, and what they share."""
