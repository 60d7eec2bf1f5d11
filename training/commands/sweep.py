# SPDX-License-Identifier: Apache-2.0
"""`sweep`: many trainings, and what each setting did."""

import argparse
from pathlib import Path

from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.arguments import positive, whole
from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.terminal import Progress
from training.commands.arguments import add_configuration, configured, fitted_to_data
from training.configuration.records import json_text
from training.configuration.settings import Configuration
from training.data.data_set import DataSet, data_hash, make_split
from training.data.readers.by_name import read_data
from training.errors import TrainingError
from training.sweep import record
from training.sweep.tuner import Cluster, require_ray, run_trials

# Beside the `runs` of `fit`, so that `runs/*` are runs.
_SWEEPS = Path('sweeps')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_configuration(parser)
    parser.add_argument(
        '--vary', nargs='+', action='extend', required=True, metavar='KEY=VALUES',
        help='a setting and its values (network.alpha=0.25,0.5), its range (loss.label_smoothing='
        '0..0.2), or its range on a logarithmic scale (optimizer.learning_rate=log:1e-4..1e-1); '
        'size and epochs are of the last stage',
    )  # fmt: skip
    parser.add_argument(
        '--samples', type=whole, default=0, metavar='N',
        help='draw so many trials at random (default: every combination of the values)',
    )  # fmt: skip
    parser.add_argument('--sweep-seed', type=int, default=1, help='of the draws (%(default)s)')
    parser.add_argument(
        '--stop-early', type=whole, default=0, metavar='EPOCHS',
        help='after so many epochs, and three times as many, and so on, stop all but the best '
        'third (ASHA)',
    )  # fmt: skip
    parser.add_argument(
        '-o', '--out', type=Path, metavar='FOLDER',
        help='a run folder for each trial, and the report; the same command resumes (default: '
        'sweeps/<configuration>_<what is varied>)',
    )  # fmt: skip
    parser.add_argument(
        '--address', default='',
        help='Ray cluster, as `ray start` names it: HOST:PORT, or auto for that of this machine; '
        'all machines must see FOLDER, DATA and this checkout under the same paths (default: this '
        'machine alone)',
    )  # fmt: skip
    parser.add_argument('--cpus', type=whole, default=1, help='CPU cores of a trial (%(default)s)')
    parser.add_argument('--gpus', type=positive, default=0.0, help='GPUs of a trial (default: 0)')
    parser.add_argument(
        '--concurrent',
        type=whole,
        default=0,
        help='trials at a time (default: what there is room for)',
    )


def run(options: argparse.Namespace) -> int:
    """Run the trials that are not done yet, and report.

    Raises:
        TrainingError: the data, a setting or the cluster cannot be used, or no trial ended.
    """
    require_ray()
    sweep, data_set = _asked_for(options)
    _refuse_leaks(sweep, data_set)
    out = options.out or _SWEEPS / record.sweep_name(sweep)
    record.begin_sweep(out, sweep)
    print(f'{sweep.trials} trials in {out}', flush=True)
    cluster = Cluster(options.address, options.cpus, options.gpus, options.concurrent)
    run_trials(out, sweep, cluster)
    _report(out)
    return 0


def _asked_for(options: argparse.Namespace) -> tuple[record.Sweep, DataSet]:
    found = configured(options)
    if len(found) > 1:
        names = ', '.join(one.name for one in found)
        raise TrainingError(f'a sweep varies one configuration: choose with --only from {names}')
    configuration: Configuration = found[0]
    attributes = tuple(record.parse_attribute(text) for text in options.vary)
    record.check_attributes(configuration, attributes)
    ranges = [attribute.setting for attribute in attributes if not attribute.values]
    if ranges and not options.samples:
        raise TrainingError(f'{ranges[0]} has a range: say with --samples how many trials to draw')
    from training.data.duplicates.leaks import without_leaks  # noqa: PLC0415  OpenCV

    print(f'reading {options.data}', flush=True)
    data_set, data = without_leaks(read_data(configuration.data, options.data), configuration.data)
    configuration = fitted_to_data(options, configuration, data_set)._replace(data=data)
    sweep = record.Sweep(
        configuration,
        attributes,
        options.samples,
        options.sweep_seed,
        options.stop_early,
        str(options.data.resolve()),
        data_hash(data_set.samples),
    )
    return sweep, data_set


def _refuse_leaks(sweep: record.Sweep, data_set: DataSet) -> None:
    from training.data.duplicates.leaks import refuse_leaks  # noqa: PLC0415

    # Settings of the data decide the split, and each split may leak; that of none was mended.
    checked = [sweep.configuration.data]
    of_data = [a for a in sweep.attributes if a.setting.startswith('data.')]
    for setting, value in ((a.setting, value) for a in of_data for value in a.values):
        data = record.with_values(sweep.configuration, {setting: value}).data
        if data not in checked:
            checked.append(data)
            split = make_split(data_set, data)
            if not data.allow_leaks:
                refuse_leaks(data_set, split)


def _report(folder: Path) -> None:
    from training.sweep.report import sweep_report, sweep_text  # noqa: PLC0415
    from training.sweep.results import read_results  # noqa: PLC0415

    with Progress('rounds of timing') as progress:
        results = read_results(folder, progress=progress)
    if not results.ended:
        reasons = [trial.failed for trial in results.trials if trial.failed]
        reason = reasons[0] if reasons else f'see {folder}/*/trial.log'
        raise TrainingError(f'no trial could be trained to its end: {reason}')
    write_atomically(folder / 'report.json', json_text(results))
    write_atomically(folder / 'report.html', pages.render(sweep_report(results)))
    print(sweep_text(results))
    print(f'report: {folder / "report.html"}')
