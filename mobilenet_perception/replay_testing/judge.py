# SPDX-License-Identifier: Apache-2.0
"""One replay judged: by what is expected of it, and by its golden file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.replay.play import PlaySettings
from mobilenet_perception.replay_testing.check import check
from mobilenet_perception.replay_testing.compare import compare, not_compared
from mobilenet_perception.replay_testing.difference import Difference
from mobilenet_perception.replay_testing.expectations import Expectations
from mobilenet_perception.replay_testing.golden import read_golden, update_golden
from mobilenet_perception.replay_testing.replayed import Replayed, replayed
from mobilenet_perception.sources.digest import source_digest


class Judgement(NamedTuple):
    """What came of it.

    Attributes:
        differences: what is not as expected.
        notes: what was not compared, and why.
    """

    differences: list[Difference]
    notes: list[str]


def judge(
    report: Mapping[str, Any],
    settings: PlaySettings,
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
    expected, came = read_golden(golden), _replayed(report, settings)
    note = not_compared(expected, came)
    return Judgement([*differences, *compare(expected, came)], [note] if note else [])


def keep_as_golden(report: Mapping[str, Any], settings: PlaySettings, golden: Path) -> None:
    """Write what a replay gave as its golden file.

    Raises:
        OSError: it cannot be written.
        PerceptionError: the source cannot be read.
    """
    update_golden(golden, _replayed(report, settings))


def _replayed(report: Mapping[str, Any], settings: PlaySettings) -> Replayed:
    digest = source_digest(settings.source, settings.labels)
    return replayed(report, settings.to_json(), digest)
