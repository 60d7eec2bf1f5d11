# SPDX-License-Identifier: Apache-2.0
"""What a recording holds, and what the node would make of it."""
