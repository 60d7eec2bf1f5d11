# SPDX-License-Identifier: Apache-2.0
"""What decides a training: typed settings, their file, and recipes."""
