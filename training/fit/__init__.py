# SPDX-License-Identifier: Apache-2.0
"""Fit a network: stages, checkpoints, curves; a killed run resumes."""
