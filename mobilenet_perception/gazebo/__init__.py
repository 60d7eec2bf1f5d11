# SPDX-License-Identifier: Apache-2.0
"""A world of `mobilenet_perception.simulation` as files of Gazebo: SDF, textures, bridge."""
