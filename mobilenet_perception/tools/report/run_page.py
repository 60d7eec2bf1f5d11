# SPDX-License-Identifier: Apache-2.0
"""The page of a run: a replay, a demo or a simulation, from its JSON report.

First what came of it, in sentences and figures; then signs, the timeline, the worst frames, right
and wrong, where the time went, frames along the way, and what was run on what.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mobilenet_perception.pipeline.timing import Outcome, percentiles
from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.report.cards import film, frame_cards, worst_cards
from mobilenet_perception.tools.report.colours import OUTCOME_COLOURS, label_colours
from mobilenet_perception.tools.report.confusion import confusion_section
from mobilenet_perception.tools.report.drawing import histogram, nice_ceiling
from mobilenet_perception.tools.report.run import Thumbnail
from mobilenet_perception.tools.report.scoring import (
    all_frames,
    is_answered,
    sightings,
    unit,
    verdicts,
)
from mobilenet_perception.tools.report.tables import (
    signs_rows,
    signs_words,
    things_rows,
    things_words,
)
from mobilenet_perception.tools.report.things import tracks
from mobilenet_perception.tools.report.timeline import NARROW, WIDE, ThingTrack, Track, timeline

_MODES = {
    'ros': 'played over DDS by one process to the real ROS 2 node in another',
    'simulation': 'simulated, and classified by the real ROS 2 node on simulation time',
    'paced': 'played at recorded pace through the pipeline, without ROS',
    'fast': 'played as fast as it goes through the pipeline, without ROS',
}
_OUTCOMES = {
    Outcome.ON_TIME: 'labelled within the budget',
    Outcome.LATE: 'finished after the budget, so its label was not published',
    Outcome.EXPIRED: 'not run, as no network could finish within what was left of the budget',
    Outcome.SUPERSEDED: 'not run, as a newer frame of the same camera came first',
    Outcome.REJECTED: 'malformed, or of a kind that the node does not take',
    Outcome.FAILED: 'an error of the runtime that runs the network',
}
_STAGES = {
    'age': 'from the capture of a frame to its end: with a label, that is its publication',
    'total': 'from receipt of the frame to publication',
    'transport': 'from capture to receipt',
    'wait': 'from receipt until the frame is taken up',
    'decode': 'message to pixels',
    'preprocess': 'crop, resize, order of channels',
    'inference': 'the network itself',
    'postprocess': 'scores to labels',
}
_WORDS = {
    'frame': 'one image of a camera',
    'label': 'what the network takes one frame for, with a score from 0 to 1',
    'decision': 'what a planner may act on: the label that the recent frames agree on; unknown, '
    'when they do not or are weak; stale, when no frame was labelled lately',
    'age': 'time from the capture of a frame to the publication of its label',
    'latency budget': 'the age that a label may have at most; one that is older is not published',
    'outcome': 'what became of a frame: each frame received has exactly one',
    'region': 'a part of a frame to look at, as a detector or a map says; a thing is what regions '
    'name by one id',
    'clear': 'of a frame: near enough, whole and uncovered, so that right and wrong count',
}
_PERCENTILES = {'p50': 'median', 'p95': 'p95', 'p99': 'p99', 'max': 'most'}
_VERDICT_KINDS = {'right': 'good', 'wrong': 'bad', 'unknown': 'warn'}
_BUDGET = pages.Swatch('latency budget', kind='line budget')
_PANEL_PX = 250
_MOST_THINGS = 60
# Shares from which a figure is good.
_GOOD_ON_TIME, _GOOD_RIGHT = 0.99, 0.95


def run_page(
    report: Mapping[str, Any],
    thumbnails: Sequence[Thumbnail],
    worst: Sequence[Thumbnail] = (),
) -> str:
    """Return the page of a report that `json_report.report` made.

    Args:
        report: the report.
        thumbnails: pictures of frames along the way.
        worst: pictures of the frames that `worst_frames` chooses; those without are words only.

    Raises:
        PerceptionError: Jinja2 is not installed.
    """
    name = 'the drawn drive' if report['source'] == 'drive' else str(report['source'])
    bundle = report['bundle']
    sections = (
        _signs(report),
        _things(report),
        _timelines(report, [*thumbnails, *worst]),
        worst_cards(report, [*worst, *thumbnails]),
        confusion_section(report),
        _latency(report),
        frame_cards(report, thumbnails),
        _details(report),
    )
    return pages.render(
        pages.Report(
            title=f'What the classifier made of {name}',
            words=f'A camera stream of {_duration_s(report):.1f} s, {_MODES[report["mode"]]}. '
            f'Model bundle {bundle["name"]}, {len(bundle["labels"])} labels.',
            verdict=tuple(_verdict(report)),
            headlines=tuple(_headlines(report)),
            sections=tuple(section for section in sections if section),
        )
    )


def _verdict(report: Mapping[str, Any]) -> Iterator[pages.Remark]:
    received, outcomes = report['received'], report['outcomes']
    budget_ms = report['latency_budget_ms']
    within = '' if budget_ms is None else f' within {budget_ms:g} ms of capture'
    missed = {Outcome(name): n for name, n in outcomes.items() if n and name != Outcome.ON_TIME}
    if not missed:
        yield pages.Remark(f'Every frame received got its label{within}.', 'good')
    else:
        yield pages.Remark(
            f'{sum(missed.values())} of {received} frames got no label{within}. A planner is '
            'never told a late label: it keeps the decision before it, which goes stale with '
            'time.',
            'good' if outcomes[Outcome.ON_TIME] >= _GOOD_ON_TIME * received else 'warn',
        )
    yield _right_and_wrong(report)
    for outcome, count in sorted(missed.items(), key=lambda item: -item[1]):
        yield pages.Remark(f'{count} {_plain(outcome)}: {_OUTCOMES[outcome]}.')
    if report['lost']:
        yield pages.Remark(
            f'{report["lost"]} frames were sent and never reported by the node: they got lost '
            'between the processes.',
            'warn',
        )
    if report['interrupted']:
        yield pages.Remark('It was interrupted before its end.', 'warn')


def _right_and_wrong(report: Mapping[str, Any]) -> pages.Remark:
    labels = report['bundle']['labels']
    frames = [frame for _, frame in sightings(report)]
    of_label = verdicts(frames, 'label', labels)
    if not of_label:
        return pages.Remark(
            f'None of the {unit(report)} is known to show one of the labels clearly, so nothing '
            'is said here of right and wrong.'
        )
    of_decision = verdicts(frames, 'decision', labels)
    total = of_label.total()
    wrong = of_label['wrong'] + of_decision['wrong']
    return pages.Remark(
        f'On the {total} {unit(report)} that show a signal clearly, the label was right on '
        f'{of_label["right"]}, wrong on {of_label["wrong"]} and missing on {of_label["silent"]}; '
        f'the decision after them was right on {of_decision["right"]}, wrong on '
        f'{of_decision["wrong"]}, and unknown or stale on {of_decision["silent"]}.',
        'good' if not wrong else 'warn' if wrong <= (1 - _GOOD_RIGHT) * total else 'bad',
    )


def _headlines(report: Mapping[str, Any]) -> Iterator[pages.Headline]:
    received, lost = report['received'], report['lost']
    on_time = report['outcomes']['on_time']
    words = f'frames received, {lost} lost on the way'
    yield pages.Headline(str(received), words, 'warn' if lost else '')
    kind = 'good' if on_time >= _GOOD_ON_TIME * received else 'warn'
    yield pages.Headline(_percent(on_time, received), 'of them labelled on time', kind)
    clear = report['scoring']['clear']
    if clear['frames']:
        words = f'right label, on {clear["frames"]} {unit(report)} that show a signal clearly'
        kind = 'good' if clear['accuracy'] >= _GOOD_RIGHT else 'bad'
        yield pages.Headline(_percent(clear['right'], clear['frames']), words, kind)
    ages = (frame['times_ms']['age'] for frame in all_frames(report) if is_answered(frame))
    if age := percentiles(ages):
        budget_ms = report['latency_budget_ms']
        held = 'no budget set' if budget_ms is None else f'budget {budget_ms:g} ms'
        words = f'age of an answer, 99th percentile; median {age.p50:.1f} ms, {held}'
        within = budget_ms is None or age.p99 <= budget_ms
        yield pages.Headline(f'{age.p99:.1f} ms', words, 'good' if within else 'bad')


def _signs(report: Mapping[str, Any]) -> pages.Section | None:
    """Return the section about the signs of a simulation; None where there are none."""
    rows = signs_rows(report)
    if not rows:
        return None
    heads, *signs = rows
    verdict = heads.index('verdict')
    words = (
        f'{signs_words(report)}. Metres before: how far the robot still was when the decision '
        'became right and stayed so; after: how long that took since the sign was first looked '
        'at, or changed; other label: clear frames after which the decision was wrong.'
    )
    cells = [
        [
            pages.Cell(text, _VERDICT_KINDS.get(text, '')) if number == verdict else _plain(text)
            for number, text in enumerate(row)
        ]
        for row in signs
    ]
    return pages.Section('Signs', words, (pages.Table('', heads, cells),))


def _things(report: Mapping[str, Any]) -> pages.Section | None:
    """Return the section about what regions name; None where there is nothing."""
    rows = things_rows(report)
    if not rows:
        return None
    heads, *things = rows
    found = [
        thing for camera in report['cameras'].values() for thing in camera.get('things') or ()
    ]
    cells = [
        [_thing_cell(heads[number], text, thing) for number, text in enumerate(row)]
        for row, thing in zip(things[:_MOST_THINGS], found, strict=False)
    ]
    more = len(things) - len(cells)
    note = f'And {more} more, which the JSON report has.' if more > 0 else ''
    words = (
        f'{" ".join(things_words(report))} Right is counted where the truth is known and shown '
        'clearly; after: from first sight to the first decision that is right, or, of unknown '
        'truth, that is a label; decided: what was decided when it was last looked at.'
    )
    return pages.Section('Things', words, (pages.Table('', heads, cells, note),))


def _thing_cell(head: str, text: str, thing: Mapping[str, Any]) -> str | pages.Cell:
    if head == 'thing':
        return text
    fields = {'label right': ('labels',), 'decision right': ('decisions', 'no_signal')}
    shares = [thing[name]['accuracy'] for name in fields.get(head, ())]
    share = next((share for share in shares if share is not None), None)
    if share is None:
        return _plain(text)
    return pages.Cell(text, 'good' if share >= _GOOD_RIGHT else 'bad')


def _timelines(report: Mapping[str, Any], thumbnails: Sequence[Thumbnail]) -> pages.Section:
    colours = label_colours(report['bundle']['labels'], report['scoring']['not_in_bundle'])
    several = len(report['cameras']) > 1
    drawings = []
    for name, camera in report['cameras'].items():
        frames = camera['frames']
        if not frames:
            continue
        times = {frame['stamp_ns']: frame['time_s'] for frame in frames}
        images, stills = film(thumbnails, name, times)
        things = None
        if camera.get('things') is not None:
            things = [ThingTrack(*item) for item in tracks(frames).items()]
        track = Track(
            frames,
            _period_s(frames),
            report['latency_budget_ms'],
            report['bundle']['labels'],
            colours,
            stills,
            things,
        )
        shown = frames if things is None else [seen for one in things for seen in one.frames]
        drawings.append(
            pages.Drawing(
                name if several else '',
                images + timeline(track, WIDE) + timeline(track, NARROW),
                key=_label_key(shown, colours),
                wide=True,
            )
        )
    words = (
        'What the camera truly showed, where that is known; the label of each frame by itself; '
        'the decision that a planner would have acted on, which waits for frames to agree; how '
        'frames ended; and how old answers were. Grey is background or unknown, a gap is no '
        'label in time, and a red mark under a row is a clear frame on which it was wrong.'
    )
    if report.get('things') is not None:
        words += (
            ' Where regions name things, each has a row: its decision, what it truly showed in '
            'the strip above, and the labels of single frames in the one below.'
        )
    return pages.Section('What happened when', words, drawings, key=_outcome_key(report))


def _label_key(
    frames: Sequence[Mapping[str, Any]], colours: Mapping[str, str]
) -> tuple[pages.Swatch, ...]:
    """Return what the colours stand for: a narrow band has no room for words."""
    shown = {frame[field] for frame in frames for field in ('truth', 'label', 'decision')}
    return tuple(
        pages.Swatch(_plain(label), colour) for label, colour in colours.items() if label in shown
    )


def _outcome_key(report: Mapping[str, Any]) -> tuple[pages.Swatch, ...]:
    outcomes = (
        pages.Swatch(_plain(outcome), colour, tip=_OUTCOMES[outcome])
        for outcome, colour in OUTCOME_COLOURS.items()
        if report['outcomes'][outcome]
    )
    ages = [pages.Swatch('oldest answer', kind='age')]
    if report['latency_budget_ms'] is not None:
        ages += [pages.Swatch('over the budget', kind='over'), _BUDGET]
    return (pages.Swatch('Outcomes:'), *outcomes, pages.Swatch('Ages:'), *ages)


def _latency(report: Mapping[str, Any]) -> pages.Section | None:
    budget_ms = report['latency_budget_ms']
    frames = all_frames(report)
    panels = []
    for stage, words in _STAGES.items():
        values = [frame['times_ms'][stage] for frame in frames if stage in frame['times_ms']]
        found = report['percentiles'].get(f'{stage}_ms')
        if not values or not found:
            continue
        marks = {'p50': found['p50'], 'p99': found['p99']}
        top = nice_ceiling(max(found['p99'] * 1.1, 0.1))
        if stage == 'age' and budget_ms is not None:
            marks['budget'] = budget_ms
            top = max(top, budget_ms * 1.1)
        figures = {name: f'{found[field]:.2f}' for field, name in _PERCENTILES.items()}
        panels.append(pages.Drawing(stage, histogram(values, top, marks), words, figures))
    if not panels:
        return None
    words = (
        'Frames by time spent, in milliseconds; heights are square roots of counts, so that rare '
        'slow frames show, and the last bar holds all beyond.'
    )
    key = [
        pages.Swatch('median', kind='line p50'),
        pages.Swatch('99th percentile', kind='line p99'),
    ]
    if budget_ms is not None:
        key.append(_BUDGET)
    return pages.Section('Where the time goes', words, panels, key, _PANEL_PX)


def _details(report: Mapping[str, Any]) -> pages.Section:
    bundle, machine = report['bundle'], report['machine']
    troubles = [*report['troubles']]
    for outcome, reasons in report['reasons'].items():
        troubles += [f'{outcome}, {count} frames: {why}' for why, count in reasons.items()]
    if absent := report['scoring']['not_in_bundle']:
        troubles.append(f'not scored, as the bundle has no such label: {", ".join(absent)}')
    facts = {
        'Bundle': f'{bundle["name"]}, sha256 {bundle["digest"]}',
        'Variants': ', '.join(bundle['variants']),
        'Labels': ', '.join(bundle['labels']),
        'Decided above': f'{bundle["decide_above"]:g}',
        'Runtime': machine['runtime'],
        'Processor': machine['processor'],
        'Took': f'{report["wall_s"]:.1f} s',
        'Release': f'mobilenet_perception {report["version"]}',
    }
    said: list[pages.Part] = [pages.Notes('Troubles', troubles)] if troubles else []
    parts = [
        *said,
        _outcomes(report),
        pages.Facts('The words', _WORDS),
        pages.Facts('What was run', facts),
    ]
    return pages.Section('Details', '', parts)


def _outcomes(report: Mapping[str, Any]) -> pages.Table:
    cameras = report['cameras']
    rows = [['received', *(str(camera['received']) for camera in cameras.values()), '']]
    rows += [
        [
            _plain(name),
            *(str(camera['outcomes'][name]) for camera in cameras.values()),
            _OUTCOMES[Outcome(name)],
        ]
        for name in report['outcomes']
    ]
    heads = ('outcome', *(cameras if len(cameras) > 1 else ('frames',)), 'which means')
    return pages.Table('Outcomes', heads, rows)


def _period_s(frames: Sequence[Mapping[str, Any]]) -> float:
    if len(frames) < 2:
        return 0.1
    # The median: frames get lost, and cameras pause.
    return max(1e-3, float(np.median(np.diff([frame['time_s'] for frame in frames]))))


def _duration_s(report: Mapping[str, Any]) -> float:
    cameras = (camera['frames'] for camera in report['cameras'].values())
    return max(
        (frames[-1]['time_s'] + _period_s(frames) for frames in cameras if frames), default=0.0
    )


def _percent(part: int, whole: int) -> str:
    # Never rounded up to 100 %: one frame missed is one frame missed.
    return f'{int(1000 * part / whole) / 10:g} %' if whole else '-'


def _plain(name: str) -> str:
    return str(name).replace('_', ' ')
