# SPDX-License-Identifier: Apache-2.0
"""numpy 2 and a cv_bridge that was built for numpy 1."""

from collections.abc import Iterator

from mobilenet_perception.doctor.finding import MACHINE, Finding, fine, note
from mobilenet_perception.doctor.machine_facts import MachineFacts
from mobilenet_perception.environment.cuda import NOT_INSTALLED


def check_cv_bridge(facts: MachineFacts) -> Iterator[Finding]:
    """Say whether cv_bridge can be used; this package does not need it, but others here may."""
    if facts.libraries['cv_bridge'].get('version') == NOT_INSTALLED:
        yield fine('cv_bridge', MACHINE, 'no cv_bridge is installed, and this package needs none')
    elif trouble := facts.trouble('cv_bridge'):
        cause = (
            f'it was built for numpy 1, and numpy is {facts.numpy}'
            if not facts.numpy.startswith('1.') and _is_of_numpy(trouble)
            else trouble
        )
        yield note(
            'cv_bridge', MACHINE,
            f'cv_bridge is broken ({cause}): this package does not need it, other nodes may',
            "for them, use apt's numpy: pip uninstall numpy, or pip install 'numpy<2'",
        )  # fmt: skip
    else:
        yield fine('cv_bridge', MACHINE, f'cv_bridge works with numpy {facts.numpy}')


def _is_of_numpy(trouble: str) -> bool:
    return any(word in trouble for word in ('_ARRAY_API', 'multiarray', 'NumPy 1', 'numpy.core'))
