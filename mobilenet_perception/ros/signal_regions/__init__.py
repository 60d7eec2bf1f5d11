# SPDX-License-Identifier: Apache-2.0
"""The node `signal_regions`: a map of signals and the robot's pose in; regions to look at out."""
