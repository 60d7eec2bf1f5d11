# SPDX-License-Identifier: Apache-2.0
"""Offline, with TensorFlow: from folders of labelled images to a model bundle."""
