# SPDX-License-Identifier: Apache-2.0
"""Look at a data set before training on it: counts, damage, odd formats, duplicates, leaks."""
