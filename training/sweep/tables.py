# SPDX-License-Identifier: Apache-2.0
"""The results of a sweep as tables for people."""

from mobilenet_perception.tools.terminal import table
from training.configuration.settings import Number
from training.evaluation.comparison.tables import comparison_heads, comparison_rows, machine_words
from training.evaluation.report.tables import percent
from training.sweep.effects import Effects
from training.sweep.results import Results

_BEST = 10
# An attribute that explains less than this does nothing.
_NOTHING = 0.0005


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
        words.insert(0, f'latency of one image on {machine_words(results.comparison)}')
    return '\n\n'.join([*parts, '\n'.join(words)])


def trial_heads(results: Results) -> tuple[str, ...]:
    """Return the heads of the table of trials."""
    assert results.comparison is not None
    return ('trial', 'validation', *comparison_heads(results.comparison)[1:])


def trial_rows(results: Results) -> list[tuple[str, ...]]:
    """Return the cells of each trial that ended, the best on the validation part first."""
    assert results.comparison is not None
    cells = {row[0]: row[1:] for row in comparison_rows(results.comparison)}
    return [
        (one.trial.name, percent(one.validation), *cells[one.trial.name]) for one in results.ended
    ]


EFFECT_HEADS = ('attribute', 'explains', 'value', 'trials', 'mean', '95 % interval')


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
        chance = 'chance, and attributes together'
        rows.append((chance, f'{effects.unexplained:.1%}', '', '', '', ''))
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
