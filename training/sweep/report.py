# SPDX-License-Identifier: Apache-2.0
"""The results of a sweep as a report."""

from training.evaluation.comparison.report import pareto_section
from training.evaluation.comparison.tables import machine_words
from training.evaluation.report.tables import percent
from training.report import Headline, Picture, Report, Section, Table
from training.report.style import svg
from training.sweep.effects import Effects
from training.sweep.plots import importance_plot, partial_plot
from training.sweep.results import Results
from training.sweep.tables import (
    EFFECT_HEADS,
    effect_rows,
    heading,
    trial_heads,
    trial_rows,
    value_text,
)


def sweep_report(results: Results) -> Report:
    """Return the report; it draws all plots."""
    sections = [_effect_section(effects, results) for effects in results.effects]
    facts = {
        'Data': f'{results.sweep.data}, sha256 {results.sweep.data_sha256}',
        'Varied': '; '.join(
            f'{a.setting}: '
            + (
                ', '.join(map(value_text, a.values))
                or f'{a.low:g} to {a.high:g}' + (', logarithmic' if a.logarithmic else '')
            )
            for a in results.sweep.attributes
        ),
    }
    if results.comparison:
        table = Table(
            'The best on the validation part first',
            trial_heads(results),
            tuple(trial_rows(results)),
        )
        sections.insert(0, Section('The trials', '', (table,)))
        sections += pareto_section(results.comparison.rows)
        facts['Latency measured on'] = machine_words(results.comparison)
    names = ', '.join(attribute.setting for attribute in results.sweep.attributes)
    return Report(
        title=f'Sweep of {names}',
        words=f'{len(results.trials)} of {results.sweep.trials} trials began, '
        f'{len(results.ended)} were trained to the end.',
        headlines=_headlines(results),
        sections=tuple(sections),
        limits=results.notes,
        facts=facts,
    )


def _headlines(results: Results) -> tuple[Headline, ...]:
    found = []
    for one in results.ended[:1]:
        values = ', '.join(f'{k} {value_text(v)}' for k, v in one.trial.values.items())
        words = f'test accuracy of the best on the validation part: {values}'
        found.append(Headline(percent(one.row.accuracy or 0.0), words))
    for effects in results.effects:
        top = next((e for e in effects.effects if e.importance is not None), None)
        if top is not None and effects.figure != 'macs':
            words = f'of the variance of {effects.figure} is due to {top.setting}'
            found.append(Headline(f'{top.importance:.0%}', words))
    return tuple(found)


def _effect_section(effects: Effects, results: Results) -> Section:
    words = (
        'Means of the figure for each value, the other attributes being as they are on average, '
        'by an additive model; vertical lines and bands are 95 % intervals. What an attribute '
        'explains is its share of the variance between trials.'
    )
    return Section(
        heading(effects).capitalize(),
        words,
        (
            Picture(
                f'Means of {effects.figure}', svg(partial_plot(effects, results.sweep.attributes))
            ),
            Picture(f'What explains {effects.figure}', svg(importance_plot(effects))),
            Table(effects.figure.capitalize(), EFFECT_HEADS, tuple(effect_rows(effects))),
        ),
    )
