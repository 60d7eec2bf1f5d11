# SPDX-License-Identifier: Apache-2.0
"""What is asked of the operating system: files, locks, processes, checksums, sensors."""
