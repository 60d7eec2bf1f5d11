# SPDX-License-Identifier: Apache-2.0
"""Verdicts as JUnit XML: what CI systems count, and what they show."""

from xml.etree import ElementTree

from mobilenet_perception.tools.replay.testing.verdict import Verdict, junit_xml


def test_passed_failed_and_broken_replays_are_told_apart() -> None:
    text = junit_xml(
        [
            Verdict('a', 1.25),
            Verdict('b <&>', 2.0, ('stop is now yield\n  more', 'and \x1b[1m this')),
            Verdict('c', 0.0, error='c does not exist'),
        ]
    )
    assert text.startswith('<?xml')
    root = ElementTree.fromstring(text)
    suite = root[0]
    assert suite.attrib == {
        'name': 'replay', 'tests': '3', 'failures': '1', 'errors': '1', 'time': '3.250',
    }  # fmt: skip
    passed, failed, broken = suite
    assert list(passed) == [] and passed.get('time') == '1.250'
    assert failed.get('name') == 'b <&>'
    assert failed[0].tag == 'failure' and failed[0].get('message') == 'stop is now yield'
    assert failed[0].text == 'stop is now yield\n  more\n\nand ?[1m this'
    assert broken[0].tag == 'error' and broken[0].get('message') == 'c does not exist'
