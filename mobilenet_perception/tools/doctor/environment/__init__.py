# SPDX-License-Identifier: Apache-2.0
"""What is installed and where it runs: what to send when something fails.

With the standard library alone, so that it tells of libraries that are broken.
"""
