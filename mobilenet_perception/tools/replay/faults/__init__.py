# SPDX-License-Identifier: Apache-2.0
"""Faults on purpose: of the runtime and of frames, to see what the node makes of them."""

from mobilenet_perception.tools.replay.faults.fault import FAULTS, Fault, parse_fault
from mobilenet_perception.tools.replay.faults.faulty import Faults, FaultyRuntime

__all__ = ['FAULTS', 'Fault', 'Faults', 'FaultyRuntime', 'parse_fault']
