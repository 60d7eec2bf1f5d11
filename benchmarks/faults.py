# SPDX-License-Identifier: Apache-2.0
"""What a planner may rely on, under every fault, over real DDS: `python -m benchmarks.faults`.

The node and the camera are processes of their own. Each fault is on for a quarter of the frames,
alone and in pairs; then the camera is killed, simulation time jumps, and a disk is full. With
`--regions` each frame comes with regions, which may fail as well: late, lost, of another frame.
Exits with 1 if the node dies, a count is off, a label is late or outlives its evidence, or no
label comes within a second after the fault; with regions, each thing counts.
"""

import argparse
import itertools
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.harness.fault_checks import Verdict, check
from benchmarks.harness.fault_run import Case, Regions, run_case
from benchmarks.harness.full_disk import full_disk
from mobilenet_perception.pipeline.regions import EXACT, LATEST
from mobilenet_perception.tools.replay.faults import FAULTS, REGION_FAULTS

# Worse than the defaults, where those would hardly show.
_HARD = {
    'slow': 'slow=60',
    'stall': 'stall=150',
    'raise': 'raise=0.7',
    'drop': 'drop=1',
    # No multiple of the time between frames, or frames of before and after had the same stamps.
    'clock': 'clock=5003',
    # Beyond the budget, and beyond regions_max_age_ms.
    'regions_late': 'regions_late=300',
}
_OTHERS = (
    Case('camera dies', dies=True),
    Case('clock back', jump='back'),
    Case('clock forward', jump='forward'),
)
_FULL_DISK = 'full disk'
_KINDS = (*FAULTS, *(case.name for case in _OTHERS), _FULL_DISK)


def main() -> int:
    """Run the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--frames', type=int, default=1000, help='frames of each run, from 60')
    parser.add_argument('--rate', type=float, default=30.0, help='frames a second')
    parser.add_argument('--kinds', nargs='+', choices=_KINDS, default=_KINDS, metavar='KIND',
                        help=f'of {", ".join(_KINDS)} (default: all)')  # fmt: skip
    parser.add_argument('--pairs', type=int, default=-1, help='how many pairs (default: all)')
    parser.add_argument('--slack-ms', type=float, default=100.0,
                        help='time that a message may take to the listener')  # fmt: skip
    parser.add_argument('--regions', type=int, default=0, metavar='N',
                        help='regions of each frame (default: none)')  # fmt: skip
    parser.add_argument('--match', choices=(EXACT, LATEST), default=EXACT,
                        help='of frames and regions (%(default)s)')  # fmt: skip
    options = parser.parse_args()
    if options.frames < 60:
        parser.error(f'--frames is {options.frames}: give 60 or more')
    regions = Regions(options.regions, options.match)
    kinds = [kind for kind in options.kinds if regions.number or kind not in REGION_FAULTS]
    broken = 0
    print(f'{"fault":<29}{"sent":>6}{"lost":>6}{"on time":>9}{"label held":>12}{"back after":>12}')
    try:
        for case in cases(kinds, options.pairs):
            seen = run_case(case, options.frames, options.rate, regions)
            verdict = check(seen, options.slack_ms)
            broken += bool(verdict.broken)
            print(row(case.name, verdict), flush=True)
        if _FULL_DISK in options.kinds:
            with TemporaryDirectory() as folder:
                found = full_disk(Path(folder))
            broken += bool(found)
            print(f'{_FULL_DISK:<29}{"; ".join(found) or "holds":>47}')
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        return 130
    print(f'BROKEN under {broken} of them' if broken else 'all of it holds')
    return 1 if broken else 0


def cases(kinds: Sequence[str], pairs: int) -> list[Case]:
    """Return the faults alone, then pairs of them: so many, drawn; all if negative."""
    chosen = [kind for kind in kinds if kind in FAULTS]
    alone = [Case(kind, (_HARD.get(kind, kind),)) for kind in chosen]
    both = [
        Case(f'{one.name} + {other.name}', (*one.faults, *other.faults))
        for one, other in itertools.combinations(alone, 2)
    ]
    if 0 <= pairs < len(both):
        drawn = np.random.default_rng(0).choice(len(both), pairs, replace=False)
        both = [both[index] for index in sorted(drawn)]
    return [*alone, *both, *(case for case in _OTHERS if case.name in kinds)]


def row(name: str, verdict: Verdict) -> str:
    """Return a line of the table."""
    back = 'never' if verdict.recovery_ms is None else f'{verdict.recovery_ms:.0f} ms'
    return (
        f'{name:<29}{verdict.received + verdict.lost:>6}{verdict.lost:>6}'
        f'{verdict.outcomes["on_time"]:>9}{verdict.held_ms:>9.0f} ms{back:>12}'
        f'  {"; ".join(verdict.broken) or "holds"}'
    )


if __name__ == '__main__':
    sys.exit(main())
