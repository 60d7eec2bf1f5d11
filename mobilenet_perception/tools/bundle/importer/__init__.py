# SPDX-License-Identifier: Apache-2.0
"""`bundle import`: models that a user has already become a bundle."""
