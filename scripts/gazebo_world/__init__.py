# SPDX-License-Identifier: Apache-2.0
"""A world of `mobilenet_perception.street` as files of Gazebo: SDF, textures, bridge."""
