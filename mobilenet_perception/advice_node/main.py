# SPDX-License-Identifier: Apache-2.0
"""The advisor's process."""

from collections.abc import Sequence

from mobilenet_perception.advice_node.node import AdvisorNode
from mobilenet_perception.run_node import run_node


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the node until it is told to end.

    Returns:
        Exit status: 0; or 1 when it could not start, the reason having been logged.
    """
    return run_node('advisor', AdvisorNode, arguments)
