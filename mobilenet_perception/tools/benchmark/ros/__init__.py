# SPDX-License-Identifier: Apache-2.0
"""The cameras and the listener of `benchmark`, over DDS."""
