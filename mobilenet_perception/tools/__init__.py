# SPDX-License-Identifier: Apache-2.0
"""The commands of `python -m mobilenet_perception`, one a file."""
