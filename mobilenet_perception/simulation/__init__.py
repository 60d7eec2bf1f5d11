# SPDX-License-Identifier: Apache-2.0
"""The project's own drawings: signals, a street to drive through, and the camera that sees it."""
