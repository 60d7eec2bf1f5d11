# SPDX-License-Identifier: Apache-2.0
"""The node in a simulated street, drawn here or in Gazebo: who drives, who watches, the score."""
