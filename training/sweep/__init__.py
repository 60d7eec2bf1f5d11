# SPDX-License-Identifier: Apache-2.0
"""Sweep settings: many trainings on Ray Tune, and what each setting did."""
