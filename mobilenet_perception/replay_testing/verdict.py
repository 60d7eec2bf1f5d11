# SPDX-License-Identifier: Apache-2.0
"""Whether a replay gave what the arguments of `replay` ask for."""

import argparse
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, NamedTuple

from mobilenet_perception.replay.arguments import GOLDEN_SUFFIX
from mobilenet_perception.replay.play import PlaySettings
from mobilenet_perception.replay_testing.judge import judge, keep_as_golden
from mobilenet_perception.replay_testing.text import differences_text


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


def failures(
    arguments: argparse.Namespace, settings: PlaySettings, values: dict[str, Any], several: bool
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
        golden /= f'{PurePath(settings.source).name}{GOLDEN_SUFFIX}'
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
