# SPDX-License-Identifier: Apache-2.0
"""The player of `replay --ros`, and what wakes a classifier before it plays."""
