# SPDX-License-Identifier: Apache-2.0
"""What came of several replays as JUnit XML, which CI systems show."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from mobilenet_perception.tools.replay.testing.verdict import Verdict

# What XML 1.0 cannot hold, not even escaped.
_UNPRINTABLE = re.compile('[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


def junit_xml(verdicts: Sequence[Verdict]) -> str:
    """Return the XML: a test case for each replay."""
    seconds = sum(verdict.seconds for verdict in verdicts)
    counts = {
        'tests': str(len(verdicts)),
        'failures': str(sum(bool(verdict.failures) for verdict in verdicts)),
        'errors': str(sum(bool(verdict.error) for verdict in verdicts)),
        'time': f'{seconds:.3f}',
    }
    root = ElementTree.Element('testsuites', counts)
    suite = ElementTree.SubElement(root, 'testsuite', {'name': 'replay', **counts})
    for verdict in verdicts:
        case = ElementTree.SubElement(
            suite,
            'testcase',
            classname='replay',
            name=_plain(verdict.name),
            time=f'{verdict.seconds:.3f}',
        )
        if verdict.failures:
            message = verdict.failures[0].splitlines()[0]
            failure = ElementTree.SubElement(case, 'failure', message=_plain(message))
            failure.text = _plain('\n\n'.join(verdict.failures))
        if verdict.error:
            ElementTree.SubElement(case, 'error', message=_plain(verdict.error))
    ElementTree.indent(root, ' ')
    return ElementTree.tostring(root, encoding='unicode', xml_declaration=True) + '\n'


def _plain(text: str) -> str:
    return _UNPRINTABLE.sub('?', text)
