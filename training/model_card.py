# SPDX-License-Identifier: Apache-2.0
"""The model card of a bundle: what it is for, how it was made, how good it is, its limits."""

from collections.abc import Mapping, Sequence

from mobilenet_perception.bundle import Manifest, Variant
from training.data.splits import Split
from training.data.street_signals import CREDITS
from training.metrics import Metrics

_SETS = {
    'test': 'Held-out photographs, all',
    'test_gtsrb': 'of these, signs (tracks never seen)',
    'test_lights': 'of these, traffic lights (near-duplicate groups never seen)',
    'test_with_margin': 'the same photographs, placed with a margin on other backgrounds',
    'demo_drive': 'Drawn drive of the demo, clear frames',
}

_TEXT = """\
# Street signals

Classifies close views of traffic lights and German traffic signs, as a robot's region of interest
shows them, into {count} labels: {labels}.

## Intended use

Demonstration and development of perception on delivery robots: an input among others to a
planner. Not a safety component: it has not been validated on any robot, street or country.

## Figures

{tables}

Scores are calibrated by temperature scaling (T = {temperature:g}) on the validation part: expected
calibration error {before:.3f} before and {after:.3f} after.

## Data

- Photographs of signs: GTSRB, 43 classes; those without a label of their own are `other_sign`.
- Photographs of traffic lights: red, yellow (35 in all), green.
- Drawings by the project's own code: every label, random streets, and `background`, which has
  no photographs but corners of sign photographs.

Split by track (signs) and by groups of near duplicates (lights; difference hashes and thumbnails):
{train} groups to train on, {validation} to validate and calibrate, {test} held out. The tracks
of `gtsrb/sequences` are all held out. `bundle.json` lists what was held out. Trained from scratch.
How often rare labels are drawn, how large signals appear in training images and the last two
epochs were chosen after seeing an earlier network's figures on the same held-out frames.

## Limits

- Signs by the German catalogue; lights mostly of one North American city, vertical, three lamps.
- Close views: a signal must take about a third of the region of interest or more.
- Few tracks of `pedestrians`, `children_crossing` and `bicycles_crossing` exist (7, 15, 8), and
  few yellow lights: their figures rest on two or three held-out tracks and on eight photographs.
- `background` was learnt mainly from drawings: expect wrong labels for real things that are no
  signals, and use a region of interest.
- Regions of interest with a wide margin around small, blurred signs are harder: see the figures.
- No night, rain or snow beyond what the sources hold and augmentation imitates.

## Credits

{credits}
"""


def model_card(manifest: Manifest, metrics: Sequence[Mapping[str, Metrics]], split: Split) -> str:
    """Return Markdown for a bundle whose variants, in order, have these metrics."""
    pairs = zip(manifest.variants, metrics, strict=True)
    return _TEXT.format(
        count=len(manifest.labels),
        labels=', '.join(f'`{label}`' for label in manifest.labels),
        tables='\n\n'.join(_table(variant, found) for variant, found in pairs),
        temperature=manifest.temperature,
        before=manifest.calibration['ece_before'],
        after=manifest.calibration['ece_after'],
        train=len(split.train),
        validation=len(split.validation),
        test=len(split.test),
        credits='\n'.join(f'- {line}' for line in CREDITS),
    )


def _table(variant: Variant, metrics: Mapping[str, Metrics]) -> str:
    lines = [
        f'### {variant.name}',
        '',
        f'{variant.parameters:,} parameters, {variant.macs:,} multiply-adds, {variant.precision}.',
        '',
        '| Frames | right | of | accuracy | ECE |',
        '|---|---|---|---|---|',
    ]
    for name, found in metrics.items():
        lines.append(
            f'| {_SETS.get(name, name)} | {found.correct} | {found.frames} '
            f'| {found.accuracy:.2%} | {found.ece:.3f} |'
        )
    lines += ['', '| Label | precision | recall | F1 | frames |', '|---|---|---|---|---|']
    lines += [
        f'| {label} | {c.precision:.3f} | {c.recall:.3f} | {c.f1:.3f} | {c.support} |'
        for label, c in metrics['test'].per_class.items()
        if c.support
    ]
    return '\n'.join(lines)
