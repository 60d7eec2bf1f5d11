# SPDX-License-Identifier: Apache-2.0
"""What a network is shown: images read, augmented, mixed and drawn."""
