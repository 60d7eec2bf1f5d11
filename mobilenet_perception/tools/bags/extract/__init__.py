# SPDX-License-Identifier: Apache-2.0
"""Frames of recordings as images to train on: sampled, without near duplicates, in groups."""
