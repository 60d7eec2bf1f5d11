# SPDX-License-Identifier: Apache-2.0
"""What the computer is and how it is doing: clocks, temperatures, power mode, as the kernel tells.

Readers of /proc, /sys and /etc, with the standard library alone. What a machine does not tell is
absent from what they return, and never an error: a virtual machine tells next to nothing.
"""

from mobilenet_perception.system.machine.identity import Identity, processor_name, read_identity
from mobilenet_perception.system.machine.sensors import Clock, MachineState, Sensors
from mobilenet_perception.system.machine.watch import Readings, Watch, troubles

__all__ = [
    'Clock',
    'Identity',
    'MachineState',
    'Readings',
    'Sensors',
    'Watch',
    'processor_name',
    'read_identity',
    'troubles',
]
