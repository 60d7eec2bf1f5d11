# SPDX-License-Identifier: Apache-2.0
"""What the fixture `replay` gives to a test: a way to play bags, and runs to expect things of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.inference.bundle import default_bundle_path
from mobilenet_perception.inference.runtimes.choose import AUTO
from mobilenet_perception.pipeline.regions import RegionRules
from mobilenet_perception.tools.replay.play import play
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.replay.testing.difference import differences_text
from mobilenet_perception.tools.replay.testing.expectations import Expectations, intervals
from mobilenet_perception.tools.replay.testing.verdict import judge, keep_as_golden
from mobilenet_perception.tools.report.json_report import report

Intervals = Iterable[Sequence[Any]]


class ReplayOptions(NamedTuple):
    """What holds for all replays of a test.

    Attributes:
        folder: of the test file, from which relative paths are taken.
        bundle: of replays that name none; None: the default bundle.
        faults: what goes wrong in every replay in this process.
        update: write golden files instead of comparing with them.
        notify: adds words to pytest's report of the test.
    """

    folder: Path
    bundle: Path | None
    faults: tuple[str, ...]
    update: bool
    notify: Callable[[str], None]


class Replayer:
    """Plays bags; called as `replay(bag, ...)`."""

    def __init__(self, options: ReplayOptions) -> None:
        self._options = options

    def __call__(
        self,
        source: str | Path,
        *,
        bundle: str | Path | None = None,
        mode: str = 'fast',
        latency_budget_ms: float | None = None,
        rate_hz: float | None = None,
        seconds: float | None = None,
        topics: Iterable[str] = (),
        labels: str | Path | None = None,
        roi: Sequence[int] | None = None,
        significant_bits: int = 0,
        variant: str = '',
        runtime: str = AUTO,
        threads: int = 1,
        faults: Iterable[str] = (),
        reliable: bool = True,
        regions: Iterable[str] = (),
        region_rules: Mapping[str, Any] = MappingProxyType({}),
    ) -> 'ReplayRun':
        """Play a source.

        Paths are absolute, or relative to the folder of the test file. The other arguments are
        those of `replay.settings.ReplaySettings`; over DDS, frames are sent reliably unless said
        otherwise, so that none is missing for another reason than the node.

        The test fails, in one sentence, if the source cannot be played.
        """
        options = self._options
        found = self._find(bundle) or options.bundle or default_bundle_path()
        of_options = () if mode == 'ros' else options.faults
        settings = ReplaySettings(
            source=str(self._source(source)),
            bundle=found,
            mode=mode,
            latency_budget_ms=latency_budget_ms,
            rate_hz=rate_hz,
            seconds=seconds,
            topics=tuple(topics),
            labels=self._find(labels),
            roi=RegionOfInterest(*roi) if roi else None,
            significant_bits=significant_bits,
            variant=variant,
            runtime=runtime,
            threads=threads,
            faults=(*faults, *of_options),
            reliable=reliable,
            regions=tuple(regions),
            region_rules=_rules(region_rules),
        )
        try:
            return ReplayRun(settings, report(play(settings)), options)
        except PerceptionError as error:
            pytest.fail(f'replay of {source} ({mode}) failed: {error}', pytrace=False)

    def _find(self, path: str | Path | None) -> Path | None:
        return None if path is None else self._options.folder / path

    def _source(self, source: str | Path) -> str | Path:
        """Return what lies beside the test, else the source as it is, such as `drive`."""
        beside = self._options.folder / source
        return beside if beside.exists() else source


def _rules(given: Mapping[str, Any]) -> RegionRules:
    try:
        return RegionRules(**given)
    except TypeError:
        known = ', '.join(RegionRules._fields)
        pytest.fail(f'region_rules has {", ".join(given)}: they are {known}', pytrace=False)


class ReplayRun:
    """A replay that has ended.

    Attributes:
        report: all of it, as `replay --json` writes it.
    """

    def __init__(
        self, settings: ReplaySettings, values: dict[str, Any], options: ReplayOptions
    ) -> None:
        self.report = values
        self._settings = settings
        self._options = options

    def expect(
        self,
        *,
        labels: Intervals = (),
        decisions: Intervals = (),
        accuracy_at_least: float | None = None,
        miss_rate_at_most: float | None = None,
        p99_ms_at_most: float | None = None,
        lost_at_most: int | None = None,
        decision_timeout_ms: float | None = None,
        golden: str | Path | None = None,
    ) -> None:
        """Fail the test, and show what differs, unless the replay gave this.

        Args:
            labels: (start_s, end_s, label) or (start_s, end_s, label, camera): what every frame
                of a stretch of time shows; in place of the camera the id of a thing.
            decisions: likewise, what is decided in it.
            accuracy_at_least: see `Expectations`, as the following.
            miss_rate_at_most: likewise.
            p99_ms_at_most: likewise.
            lost_at_most: likewise.
            decision_timeout_ms: likewise.
            golden: file of what the replay gave when it was right; `pytest --replay-update`
                writes it.
        """
        path = None if golden is None else self._options.folder / golden
        try:
            expectations = Expectations(
                intervals(labels),
                intervals(decisions),
                accuracy_at_least,
                miss_rate_at_most,
                p99_ms_at_most,
                lost_at_most,
                decision_timeout_ms,
            )
            if path is not None and self._options.update:
                keep_as_golden(self.report, self._settings, path)
                self._options.notify(f'wrote {path}')
                path = None
            found = judge(self.report, self._settings, expectations, path)
        except PerceptionError as error:
            pytest.fail(str(error), pytrace=False)
        for note in found.notes:
            self._options.notify(note)
        if found.differences:
            pytest.fail(differences_text(self.title, found.differences), pytrace=False)

    @property
    def title(self) -> str:
        """What was played, in a line."""
        bundle = self.report['bundle']
        return (
            f'replay of {self.report["source"]} ({self.report["mode"]}), bundle '
            f'{bundle["name"]} {bundle["digest"][:12]}: not as expected'
        )
