# SPDX-License-Identifier: Apache-2.0
"""Exact and near copies within and between the parts of a data set."""
