# SPDX-License-Identifier: Apache-2.0
"""Verdicts on replays: by golden file, by expectations, by the arguments of `replay`; as JUnit."""

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any, NamedTuple
from xml.etree import ElementTree

from mobilenet_perception.recordings.open import source_digest
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.replay.testing import golden as golden_files
from mobilenet_perception.tools.replay.testing.compare import compare, not_compared
from mobilenet_perception.tools.replay.testing.difference import Difference, differences_text
from mobilenet_perception.tools.replay.testing.expectations import Expectations, check

# What XML 1.0 cannot hold, not even escaped.
_UNPRINTABLE = re.compile('[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


class Judgement(NamedTuple):
    """What came of it.

    Attributes:
        differences: what is not as expected.
        notes: what was not compared, and why.
    """

    differences: list[Difference]
    notes: list[str]


class Verdict(NamedTuple):
    """What came of one replay.

    Attributes:
        name: what was played.
        seconds: how long it took.
        failures: what was not as expected, each a text.
        error: why it could not be played or judged; empty: it could.
    """

    name: str
    seconds: float
    failures: tuple[str, ...] = ()
    error: str = ''


def judge(
    report: Mapping[str, Any],
    settings: ReplaySettings,
    expectations: Expectations = Expectations(),  # noqa: B008 (immutable)
    golden: Path | None = None,
) -> Judgement:
    """Compare a replay with what is expected of it.

    Args:
        report: what `report.json_report` made of it.
        settings: how it was played.
        expectations: what it must give.
        golden: file of what it gave when it was right.

    Raises:
        PerceptionError: an expectation makes no sense, or the golden file cannot be used.
    """
    differences = check(report, expectations)
    if golden is None:
        return Judgement(differences, [])
    expected, came = golden_files.read_golden(golden), _replayed(report, settings)
    note = not_compared(expected, came)
    return Judgement([*differences, *compare(expected, came)], [note] if note else [])


def keep_as_golden(report: Mapping[str, Any], settings: ReplaySettings, golden: Path) -> None:
    """Write what a replay gave as its golden file.

    Raises:
        OSError: it cannot be written.
        PerceptionError: the source cannot be read.
    """
    golden_files.update_golden(golden, _replayed(report, settings))


def _replayed(report: Mapping[str, Any], settings: ReplaySettings) -> golden_files.Replayed:
    digest = source_digest(settings.source, settings.labels)
    return golden_files.replayed(report, settings.to_json(), digest)


def failures(
    arguments: argparse.Namespace, settings: ReplaySettings, values: dict[str, Any], several: bool
) -> list[str]:
    """Say what is not as the arguments expect, or write it as golden where they say so.

    Args:
        arguments: `min_accuracy`, `min_on_time`, `expect` and `update` are used.
        settings: how it was played.
        values: its report.
        several: it is one of several bags, and `expect` names a folder.

    Raises:
        PerceptionError: the golden file cannot be used.
    """
    found = _limits(values, arguments.min_accuracy, arguments.min_on_time)
    golden = arguments.expect
    if golden is None:
        return found
    if several or golden.is_dir():
        golden /= f'{PurePath(settings.source).name}{golden_files.GOLDEN_SUFFIX}'
    if arguments.update:
        keep_as_golden(values, settings, golden)
        print(f'wrote {golden}')
        return found
    judgement = judge(values, settings, golden=golden)
    for note in judgement.notes:
        print(f'note: {note}')
    if judgement.differences:
        title = f'{settings.source} does not replay as {golden} has it'
        found.append(differences_text(title, judgement.differences))
    return found


def _limits(
    values: Mapping[str, Any], min_accuracy: float | None, min_on_time: float | None
) -> list[str]:
    found = []
    if min_accuracy is not None:
        accuracy = values['accuracy']
        if accuracy is None:
            found.append('no frame has a known, clear truth: --min-accuracy needs labels')
        elif accuracy < min_accuracy:
            found.append(f'accuracy is {accuracy:.4f}, below the {min_accuracy:g} asked for')
    if min_on_time is not None:
        on_time = values['outcomes']['on_time'] / max(1, values['received'] + values['lost'])
        if on_time < min_on_time:
            found.append(f'{on_time:.4f} of the frames were on time, below {min_on_time:g}')
    return found


def write_junit(path: Path | None, verdicts: Sequence[Verdict]) -> None:
    """Write what came of replays as JUnit XML, which CI systems show, if a file is named."""
    if path:
        write_atomically(path, junit_xml(verdicts))


def junit_xml(verdicts: Sequence[Verdict]) -> str:
    """Return the XML: a test case for each replay."""
    counts = {
        'tests': str(len(verdicts)),
        'failures': str(sum(bool(verdict.failures) for verdict in verdicts)),
        'errors': str(sum(bool(verdict.error) for verdict in verdicts)),
        'time': f'{sum(verdict.seconds for verdict in verdicts):.3f}',
    }
    root = ElementTree.Element('testsuites', counts)
    suite = ElementTree.SubElement(root, 'testsuite', {'name': 'replay', **counts})
    for name, seconds, failed, error in verdicts:
        about = {'classname': 'replay', 'name': _plain(name), 'time': f'{seconds:.3f}'}
        case = ElementTree.SubElement(suite, 'testcase', about)
        if failed:
            message = _plain(failed[0].splitlines()[0])
            failure = ElementTree.SubElement(case, 'failure', message=message)
            failure.text = _plain('\n\n'.join(failed))
        if error:
            ElementTree.SubElement(case, 'error', message=_plain(error))
    ElementTree.indent(root, ' ')
    return ElementTree.tostring(root, encoding='unicode', xml_declaration=True) + '\n'


def _plain(text: str) -> str:
    return _UNPRINTABLE.sub('?', text)
