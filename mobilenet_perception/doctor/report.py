# SPDX-License-Identifier: Apache-2.0
"""What was found, as text for a person and as JSON for programs."""

import textwrap
from collections.abc import Sequence
from typing import Any

from mobilenet_perception.doctor.finding import Finding, Level

SCHEMA = 'mobilenet_perception.doctor'
SCHEMA_VERSION = 1
_WIDTH = 99
_INDENT = 8 * ' '


def findings_text(headline: str, findings: Sequence[Finding]) -> str:
    """Return findings, already in order, as lines."""
    lines = [headline, '']
    for finding in findings:
        lines += _wrapped(f'{finding.level:<8}', f'{finding.where}: {finding.what}')
        if finding.cure:
            lines += _wrapped(_INDENT, f'-> {finding.cure}')
    count = _count(findings, Level.WRONG)
    things = 'one thing is' if count == 1 else f'{count or "no"} things are'
    lines += ['', f'{things} wrong' if count else 'nothing is wrong']
    return '\n'.join(lines)


def findings_json(headline: str, findings: Sequence[Finding], interrupted: bool) -> dict[str, Any]:
    """Return findings as JSON values."""
    return {
        'schema': SCHEMA,
        'schema_version': SCHEMA_VERSION,
        'looked_at': headline,
        'interrupted': interrupted,
        'wrong': _count(findings, Level.WRONG),
        'findings': [{**finding._asdict(), 'level': str(finding.level)} for finding in findings],
    }


def _count(findings: Sequence[Finding], level: Level) -> int:
    return sum(finding.level is level for finding in findings)


def _wrapped(head: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=head, subsequent_indent=_INDENT,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
