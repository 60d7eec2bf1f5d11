# SPDX-License-Identifier: Apache-2.0
"""A report as rows for the table of devices, docs/devices.md."""

from collections.abc import Mapping
from typing import Any

COLUMNS = ('Device', 'System', 'Power mode', 'Runtime', 'Variant', 'Precision', 'p50 ms', 'p99 ms')


def submission(report: Mapping[str, Any]) -> str:
    """Return a Markdown row of each variant measured alone, ready to be pasted.

    Args:
        report: what `Report.to_json` made.
    """
    machine = report['machine']
    device = machine['board'] or f'{machine["cores"]} cores of {machine["processor"]}'
    system = f'JetPack {machine["jetpack"]}' if machine['jetpack'] else machine['system']
    rows = []
    for runtime, measured in report['runtimes'].items():
        for variant, found in measured['variants'].items():
            latency = found['latency_ms']
            rows.append([
                device, system, machine['power_mode'] or machine['governor'],
                f'{runtime} {measured["version"]}', variant, report['precisions'][variant],
                f'{latency["p50"]:.2f}', f'{latency["p99"]:.2f}',
            ])  # fmt: skip
    return '\n'.join(f'| {" | ".join(_cell(text) for text in row)} |' for row in rows)


def _cell(text: str) -> str:
    return text.replace('|', '\\|') or '-'
