# SPDX-License-Identifier: Apache-2.0
"""Gathers the facts of a running graph; what imports ROS is here."""
