# SPDX-License-Identifier: Apache-2.0
"""Compare networks: accuracy with its interval, size, work, and latency measured here."""
