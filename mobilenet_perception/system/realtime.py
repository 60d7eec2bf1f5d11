# SPDX-License-Identifier: Apache-2.0
"""Real-time priority: the kernel then runs this process before all ordinary ones (Linux)."""

import os
from pathlib import Path


def set_realtime_priority(priority: int) -> str:
    """Give all threads of this process, and those that they start, a real-time priority.

    Args:
        priority: 1 to 99, of the policy SCHED_RR; 0: leave all as it is.

    Returns:
        Why it could not be done, in words; empty when it was.
    """
    if not priority:
        return ''
    if not hasattr(os, 'sched_setscheduler'):
        return 'this system has no real-time priorities'
    try:
        for thread in Path('/proc/self/task').iterdir():
            os.sched_setscheduler(int(thread.name), os.SCHED_RR, os.sched_param(priority))
    except ProcessLookupError:
        return set_realtime_priority(priority)  # a thread ended meanwhile: look again
    except PermissionError:
        return (
            f'real-time priority {priority} is not permitted: allow it with `rtprio` in '
            '/etc/security/limits.conf, `LimitRTPRIO=` of systemd or `--cap-add=SYS_NICE` of '
            'Docker, or set realtime_priority to 0'
        )
    return ''
