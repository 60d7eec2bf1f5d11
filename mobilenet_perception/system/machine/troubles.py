# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the computer, in sentences that say what to do."""

from mobilenet_perception.system.machine.sensors import MachineState

# Whose `powersave` is their normal governor: it follows the load, as schedutil does (the kernel's
# guides to intel_pstate and amd-pstate). Elsewhere it holds the lowest clock.
_FOLLOW_THE_LOAD = ('intel_pstate', 'amd_pstate_epp')
_COOL = 'cool the computer, or choose a lower power mode so that it need not slow down'


def troubles(state: MachineState, before: MachineState) -> list[str]:
    """Say what makes this computer slower than it could be, or soon will.

    Args:
        state: now.
        before: at the last look, to see what throttle counters have counted since.
    """
    found = []
    hot = [t for t in state.temperatures if t.limit_c is not None and t.celsius >= t.limit_c]
    if hot:
        worst = max(hot, key=lambda temperature: temperature.celsius)
        found.append(
            f'{worst.name} is at {worst.celsius:.1f} °C, and the system slows down or ends from '
            f'{worst.limit_c:.1f} °C: {_COOL}'
        )
    if state.slowed_by:
        found.append(f'slowed down because of heat ({", ".join(state.slowed_by)}): {_COOL}')
    since = (state.throttle_count or 0) - (before.throttle_count or 0)
    if since > 0:
        times = 'once' if since == 1 else f'{since} times'
        found.append(
            f'the processor slowed down {times} because of heat since the last look: {_COOL}'
        )
    drivers = [clock.driver for clock in state.clocks if clock.governor == 'powersave']
    if any(driver.replace('-', '_') not in _FOLLOW_THE_LOAD for driver in drivers):
        found.append(
            'the governor powersave holds the lowest clock: choose another with '
            '`cpupower frequency-set -g schedutil`'
        )
    return found
