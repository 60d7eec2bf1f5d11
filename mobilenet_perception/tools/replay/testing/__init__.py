# SPDX-License-Identifier: Apache-2.0
"""Replays as tests: what a replay must give, what differed, and why."""
