# SPDX-License-Identifier: Apache-2.0
"""What the planner may rely on holds under every fault, and the node recovers from it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.frames.boxes import Box
from mobilenet_perception.frames.messages import Header, image_message, to_time
from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.regions import EXACT, RegionRules
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.recordings import Source, SourceCamera, SourceRegions
from mobilenet_perception.recordings.source import EPOCH_NS, SourceFrame
from mobilenet_perception.tools.replay.faults import FAULTS, Faults, parse_fault
from mobilenet_perception.tools.replay.in_process import play_fast, play_paced
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.report.run import FrameResult

MS = 1_000_000
BUDGET_MS, TIMEOUT_MS, PERIOD_MS = 60.0, 500.0, 16
FRAMES = 120
# Seconds of the recording; longer than a decision may outlive its evidence.
BEGIN, END = 0.2, 1.0
HARD = {'slow': 'slow=60', 'stall': 'stall=150', 'raise': 'raise=0.7', 'drop': 'drop=1'}
PAIRS = [
    ('slow', 'drop'), ('stall', 'late'), ('raise', 'nan'), ('shape', 'encoding'),
    ('clock', 'reorder'), ('duplicate', 'size'), ('stall', 'raise'), ('late', 'clock'),
]  # fmt: skip


def sign() -> npt.NDArray[np.uint8]:
    """Return a picture whose label is sure, (height, width, 3) uint8 RGB."""
    bundle = load_bundle(default_bundle_path())
    golden = next(one for one in bundle.manifest.golden if 'stop' in one.file)
    return bundle.golden_images[golden.file]


def frames() -> Iterator[SourceFrame]:
    picture = sign()
    for index in range(FRAMES):
        stamp_ns = EPOCH_NS + index * PERIOD_MS * MS
        message = image_message(picture, stamp_ns, 'camera')
        yield SourceFrame('camera', stamp_ns, stamp_ns, message)


def played(*kinds: str) -> list[FrameResult]:
    """Play frames with faults between BEGIN and END; return their results in order."""
    texts = [f'{HARD.get(kind, kind)}@{BEGIN}-{END}' for kind in kinds]
    faults = Faults([parse_fault(text) for text in texts])
    runtime = faults.runtime(create_runtime())
    classifier = Classifier(load_bundle(default_bundle_path()), runtime, warmup_runs=2)
    source = Source('frames', (SourceCamera('camera', '/camera/image_raw', False),), frames())
    run = play_paced(classifier, source, ReplaySettings(latency_budget_ms=BUDGET_MS), faults)
    return run.frames['camera']


def assert_contract(results: list[FrameResult]) -> None:
    # Each frame handed in has one outcome.
    assert [item.record.sequence for item in results] == list(range(1, len(results) + 1))
    for index, item in enumerate(results):
        record = item.record
        if record.outcome is Outcome.ON_TIME:
            assert record.age_ms is not None and record.age_ms <= BUDGET_MS
            assert item.top and record.variant
            assert all(np.isfinite(scored.score) for scored in item.top)
        else:
            assert not item.top
            assert record.reason
        if item.decision not in ('unknown', 'stale'):
            # A label rests on a frame that showed it, not longer ago than the time-out.
            recent = [
                other
                for other in results[: index + 1]
                if other.top and other.top[0].label == item.decision
            ]
            assert recent
            assert item.time_s - recent[-1].time_s <= (TIMEOUT_MS + 2 * BUDGET_MS) / 1e3
    assert sum(item.decision == 'stop' for item in results) > 5
    # At most half a second after its end it is as if it had not been.
    after = [item.record for item in results if item.time_s > END + 0.5]
    ended = [record for record in after if record.outcome is not Outcome.SUPERSEDED]
    on_time = [record for record in ended if record.outcome is Outcome.ON_TIME]
    assert len(on_time) >= 0.5 * len(ended) > 5


@pytest.mark.parametrize('kind', FAULTS)
def test_one_fault(kind: str) -> None:
    assert_contract(played(kind))


@pytest.mark.parametrize('pair', PAIRS, ids='-'.join)
def test_two_faults(pair: tuple[str, str]) -> None:
    assert_contract(played(*pair))


def during(results: list[FrameResult]) -> list[Outcome]:
    return [item.record.outcome for item in results if BEGIN + 0.1 < item.time_s < END - 0.05]


def test_each_fault_does_what_it_says() -> None:
    assert set(during(played('nan'))) <= {Outcome.FAILED, Outcome.SUPERSEDED}
    assert set(during(played('encoding'))) <= {Outcome.REJECTED, Outcome.SUPERSEDED}
    assert during(played('drop')) == []
    stalled = played('stall')
    assert Outcome.ON_TIME not in during(stalled)
    assert 'stale' in {item.decision for item in stalled if item.time_s < END}
    assert len(played('duplicate')) > FRAMES
    stamps = [item.record.stamp_ns for item in played('reorder')]
    assert stamps != sorted(stamps)
    retried = [item.record for item in played('raise') if item.record.looks > 1]
    assert any(record.outcome is Outcome.ON_TIME for record in retried)


class Boxes(NamedTuple):
    """Regions of a frame, as a source has them."""

    camera: str
    header: Header
    stamp_ns: int
    log_ns: int


def boxes(fault: str) -> dict[int, Boxes]:
    """Put a fault into the regions of 100 frames, from the second 0.2 on; return them by place."""
    faults = Faults([parse_fault(f'{fault}@0.2-')])
    sent = [
        Boxes('camera', Header(to_time(stamp_ns), ''), stamp_ns, stamp_ns + 5 * MS)
        for stamp_ns in range(0, 100 * 10 * MS, 10 * MS)
    ]
    return dict(enumerate(faults.regions(sent)))


def test_regions_come_late_get_lost_and_take_the_stamp_of_the_frame_before() -> None:
    late = boxes('regions_late=40')
    assert [late[n].log_ns - late[n].stamp_ns for n in (0, 19, 20, 99)] == [
        ms * MS for ms in (5, 5, 45, 45)
    ]
    assert len(boxes('regions_lost')) == 20
    assert 50 < len(boxes('regions_lost=0.3')) < 90
    other = boxes('regions_other')
    assert [other[n].stamp_ns for n in (19, 20, 99)] == [ms * MS for ms in (190, 190, 980)]
    assert other[99].header.stamp == to_time(980 * MS)
    assert other[99].log_ns == 995 * MS


@pytest.mark.parametrize('kind', ['regions_lost', 'regions_late=300'])
def test_a_replay_of_regions_that_fail(kind: str) -> None:
    side = float(sign().shape[0])
    box = Box('7', side / 2, side / 2, side, side)
    found = [
        SourceRegions('camera', Header(frame.message.header.stamp, 'camera'), frame.stamp_ns,
                      frame.log_ns, (box,))
        for frame in frames()
    ]  # fmt: skip
    camera = SourceCamera('camera', '/camera/image_raw', False, '/detector/boxes')
    source = Source('frames', (camera,), frames(), iter(found))
    faults = Faults([parse_fault(f'{kind}@{BEGIN}-{END}')])
    classifier = Classifier(load_bundle(default_bundle_path()), create_runtime(), warmup_runs=2)
    rules = RegionRules(match=EXACT)
    settings = ReplaySettings(latency_budget_ms=BUDGET_MS, region_rules=rules)
    results = play_fast(classifier, source, settings, faults).frames['camera']
    assert len(results) == FRAMES
    assert Outcome.ON_TIME not in during(results)
    assert results[0].record.outcome is results[-1].record.outcome is Outcome.ON_TIME


def test_the_same_seed_gives_the_same_frames() -> None:
    def stamps(seed: int) -> list[int]:
        faults = Faults([parse_fault('drop=0.5'), parse_fault('reorder')], seed)
        return [frame.stamp_ns for frame in faults.frames(frames())]

    assert stamps(1) == stamps(1) != stamps(2)
    assert 30 < len(stamps(1)) < 70
