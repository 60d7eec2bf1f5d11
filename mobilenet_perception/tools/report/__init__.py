# SPDX-License-Identifier: Apache-2.0
"""The report of a replay or demo: JSON for machines, a table and an HTML page for people."""
