# SPDX-License-Identifier: Apache-2.0
"""MCAP by hand, for files that no writer makes: https://mcap.dev/spec."""

import struct


def text(value: str) -> bytes:
    """Return a text as records hold it: its length, then UTF-8."""
    encoded = value.encode()
    return struct.pack('<I', len(encoded)) + encoded


def record(kind: int, body: bytes) -> bytes:
    """Return a record of a kind, such as 5 for a message."""
    return struct.pack('<BQ', kind, len(body)) + body
