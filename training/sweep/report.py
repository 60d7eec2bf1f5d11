# SPDX-License-Identifier: Apache-2.0
"""The results of a sweep: a page with plots of what each setting did, and tables."""

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.report.colours import BLUE, SKY
from mobilenet_perception.tools.terminal import table
from training.configuration.settings import Number
from training.evaluation.comparison import report
from training.evaluation.tables import percent
from training.report import style
from training.sweep.effects import Effect, Effects
from training.sweep.record import Attribute
from training.sweep.results import Results

EFFECT_HEADS = ('attribute', 'explains', 'value', 'trials', 'mean', '95 % interval')
# Trials that the terminal shows.
_BEST = 10
# An attribute that explains less than this does nothing.
_NOTHING = 0.0005
_CHANCE = 'chance, and attributes together'
# Height of a panel, in inches; so many stand beside each other.
_PANEL, _ACROSS = 2.6, 4
# So few panels take half the width of the page.
_FEW = 2


def sweep_report(results: Results) -> pages.Report:
    """Return the report; it draws all plots."""
    sections = [_effect_section(effects, results) for effects in results.effects]
    facts = {
        'Data': f'{results.sweep.data}, sha256 {results.sweep.data_sha256}',
        'Varied': '; '.join(map(_varied, results.sweep.attributes)),
    }
    if results.comparison:
        trials = pages.Table(
            'The best on the validation part first',
            trial_heads(results),
            trial_rows(results),
            wide=True,
        )
        sections.insert(0, pages.Section('The trials', '', (trials,)))
        sections += report.pareto_section(results.comparison.rows)
        facts['Latency measured on'] = report.machine_words(results.comparison)
    names = ', '.join(attribute.setting for attribute in results.sweep.attributes)
    return pages.Report(
        title=f'Sweep of {names}',
        words=f'{len(results.trials)} of {results.sweep.trials} trials began, '
        f'{len(results.ended)} were trained to the end.',
        verdict=tuple(_verdict(results)),
        headlines=tuple(_headlines(results)),
        sections=(*sections, *pages.tail(results.notes, facts)),
    )


def _varied(attribute: Attribute) -> str:
    values = ', '.join(map(value_text, attribute.values))
    scale = ', logarithmic' if attribute.logarithmic else ''
    return f'{attribute.setting}: {values or f"{attribute.low:g} to {attribute.high:g}{scale}"}'


def _verdict(results: Results) -> Iterator[pages.Remark]:
    for best in results.ended[:1]:
        values = ', '.join(f'{k} {value_text(v)}' for k, v in best.trial.values.items())
        yield pages.Remark(
            f'The best on the validation part: {values}, with {percent(best.validation)} there '
            f'and {percent(best.row.accuracy or 0.0)} on the test part.'
        )
    for effects in results.effects[:1]:
        told = [(e.setting, f'{e.importance:.0%}') for e in effects.effects if e.importance]
        if told:
            (first, share), *others = told
            more = ''.join(f', {setting} {less}' for setting, less in others)
            yield pages.Remark(
                f'{first} explains {share} of the variance of {effects.figure} between trials'
                f'{more}; the rest is {_CHANCE}.'
            )
    if results.notes:
        yield pages.Remark('Mind the limits at the end of this page.', 'warn')


def _headlines(results: Results) -> Iterator[pages.Headline]:
    for best in results.ended[:1]:
        words = f'test accuracy of the best on the validation part: {best.trial.name}'
        yield pages.Headline(percent(best.row.accuracy or 0.0), words)
    for effects in results.effects:
        top = next((e for e in effects.effects if e.importance is not None), None)
        if top is not None and effects.figure != 'macs':
            words = f'of the variance of {effects.figure} is due to {top.setting}'
            yield pages.Headline(f'{top.importance:.0%}', words)


def _effect_section(effects: Effects, results: Results) -> pages.Section:
    words = (
        'Means of the figure for each value, the other attributes being as they are on average, '
        'by an additive model; vertical lines and bands are 95 % intervals. What an attribute '
        'explains is its share of the variance between trials.'
    )
    means = style.svg(partial_plot(effects, results.sweep.attributes))
    few = len(effects.effects) <= _FEW
    title, rows = effects.figure.capitalize(), effect_rows(effects)
    return pages.Section(
        heading(effects).capitalize(),
        words,
        (
            pages.Table(title, EFFECT_HEADS, rows, wide=few),
            pages.Picture(f'What explains {effects.figure}', style.svg(importance_plot(effects))),
            pages.Picture(f'Means of {effects.figure}', means, wide=not few),
        ),
    )


@style.styled
def importance_plot(effects: Effects) -> Figure:
    """Draw the share of the variance that each attribute explains, the largest on top."""
    rows = [(e.setting, e.importance) for e in effects.effects if e.importance is not None]
    if effects.unexplained is not None:
        rows.append((_CHANCE, effects.unexplained))
    figure = Figure((style.HALF, 0.8 + 0.32 * len(rows)))
    axes = figure.add_subplot()
    axes.barh(range(len(rows)), [share for _, share in rows], color=BLUE, height=0.6)
    style.name_rows(axes, [name for name, _ in rows])
    axes.set_xlim(0, 1)
    axes.set_xlabel(f'share of the variance of {effects.figure}')
    style.percent_axis(axes, 'x')
    return figure


@style.styled
def partial_plot(effects: Effects, attributes: tuple[Attribute, ...]) -> Figure:
    """Draw the mean at each value of each attribute, the others being as they are on average."""
    drawn = [effect for effect in effects.effects if effect.levels]
    by_name = {attribute.setting: attribute for attribute in attributes}
    across = max(1, min(_ACROSS, len(drawn)))
    down = max(1, -(-len(drawn) // across))
    figure = Figure((style.WHOLE if across > _FEW else style.HALF, _PANEL * down))
    grid = figure.subplots(down, across, sharey=True, squeeze=False)
    panels = [axes for row in grid for axes in row]
    for axes, effect in zip(panels, drawn, strict=False):
        _panel(axes, effect, by_name[effect.setting])
    for axes in panels[len(drawn) :]:
        axes.set_axis_off()
    for row in grid:
        row[0].set_ylabel(effects.figure if effects.figure != 'macs' else 'multiply-adds')
    if effects.figure == 'accuracy':
        style.percent_axis(panels[0], 'y')
    elif effects.figure == 'macs':
        panels[0].set_yscale('log')
        style.short_numbers(panels[0].yaxis)
    else:
        panels[0].set_ylim(bottom=0)
        for row in grid:
            row[0].set_ylabel(f'{effects.figure} (ms)')
    return figure


def _panel(axes: Axes, effect: Effect, attribute: Attribute) -> None:
    means = [level.mean for level in effect.levels]
    known = [level for level in effect.levels if level.low is not None]
    lows, highs = [level.low or 0.0 for level in known], [level.high or 0.0 for level in known]
    if attribute.values:
        places = list(range(len(means)))
        axes.plot(places, means, 'o', color=BLUE)
        if known:
            axes.vlines(places, lows, highs, color=BLUE, alpha=0.5)
        axes.set_xticks(places, [value_text(level.value) for level in effect.levels])
        axes.set_xlim(-0.5, len(means) - 0.5)
    else:
        x = [float(level.value) for level in effect.levels]
        axes.plot(x, means, color=BLUE)
        if known:
            axes.fill_between(x, lows, highs, color=SKY, alpha=0.3, linewidth=0)
        if attribute.logarithmic:
            axes.set_xscale('log')
            axes.xaxis.set_minor_locator(NullLocator())
            ticks = [x[0], x[len(x) // 2], x[-1]]
            axes.set_xticks(ticks, [f'{tick:.2g}' for tick in ticks])
    axes.set_xlabel(effect.setting)


def sweep_text(results: Results) -> str:
    """Return the best trials, the effects and the notes for a terminal."""
    parts = []
    if results.comparison:
        parts.append(table([trial_heads(results), *trial_rows(results)[:_BEST]]))
        more = len(results.ended) - _BEST
        if more > 0:
            parts[-1] += f'\nand {more} more'
    for effects in results.effects:
        parts.append(f'{heading(effects)}\n{table([EFFECT_HEADS, *effect_rows(effects)])}')
    words = [f'note: {note}' for note in results.notes]
    if results.comparison:
        words.insert(0, f'latency of one image on {report.machine_words(results.comparison)}')
    return '\n\n'.join([*parts, '\n'.join(words)])


def trial_heads(results: Results) -> tuple[str, ...]:
    """Return the heads of the table of trials."""
    assert results.comparison is not None
    return ('trial', 'validation', *report.comparison_heads(results.comparison)[1:])


def trial_rows(results: Results) -> list[tuple[str, ...]]:
    """Return the cells of each trial that ended, the best on the validation part first."""
    assert results.comparison is not None
    cells = {row[0]: row[1:] for row in report.comparison_rows(results.comparison)}
    return [
        (one.trial.name, percent(one.validation), *cells[one.trial.name]) for one in results.ended
    ]


def effect_rows(effects: Effects) -> list[tuple[str, ...]]:
    """Return a line for each value of each attribute; of a range for every other point."""
    rows: list[tuple[str, ...]] = []
    for effect in effects.effects:
        share = 'not told apart' if effect.importance is None else f'{effect.importance:.1%}'
        levels = effect.levels
        if effect.importance is not None and effect.importance < _NOTHING:
            rows.append((effect.setting, share, 'any', '', '', ''))
            continue
        if levels and not levels[0].trials:
            levels = levels[::2]
        for number, level in enumerate(levels):
            ends = '-'
            if level.low is not None and level.high is not None:
                ends = f'{shown(effects, level.low)} to {shown(effects, level.high)}'
            rows.append(
                (
                    effect.setting if number == 0 else '',
                    share if number == 0 else '',
                    value_text(level.value),
                    str(level.trials or ''),
                    shown(effects, level.mean),
                    ends,
                )
            )
    if effects.unexplained is not None:
        rows.append((_CHANCE, f'{effects.unexplained:.1%}', '', '', '', ''))
    return rows


def heading(effects: Effects) -> str:
    """Say what the rows are about."""
    return f'what each attribute did to {effects.figure}, over {effects.trials} trials'


def shown(effects: Effects, figure: float) -> str:
    """Return a figure with its unit."""
    if effects.figure == 'accuracy':
        # A mean may be extrapolated beyond what is possible.
        return percent(min(1.0, max(0.0, figure)))
    return f'{figure / 1e6:.3g} M' if effects.figure == 'macs' else f'{figure:.3g} ms'


def value_text(value: Number) -> str:
    """Return a value for people."""
    return f'{value:.3g}' if isinstance(value, float) else str(value)
