# SPDX-License-Identifier: Apache-2.0
"""Run the trials of a sweep on Ray Tune."""

import importlib.util
import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.tools.cluster import LOCAL, Room, ray_cluster
from training.errors import TrainingError
from training.sweep.record import CHECKOUT, Attribute, Sweep, is_done, read_trials

# Hidden, so that `FOLDER/*` are the trials.
_STATE = '.ray'
_RETRIES = 2
_QUIET = {
    # No further files, no second handler of Ctrl-C, relative paths as given.
    'TUNE_DISABLE_AUTO_CALLBACK_LOGGERS': '1',
    'TUNE_DISABLE_SIGINT_HANDLER': '1',
    'RAY_CHDIR_TO_TRIAL_DIR': '0',
    'RAY_AIR_NEW_OUTPUT': '0',
}


class Cluster(NamedTuple):
    """Where trials run, and what each of them takes.

    Attributes:
        address: of a Ray cluster; empty: this machine.
        cpus: CPU cores of a trial, from 1.
        gpus: GPUs of a trial; a part of one shares it.
        concurrent: trials at a time; 0: as many as there is room for.
    """

    address: str = ''
    cpus: int = 1
    gpus: float = 0.0
    concurrent: int = 0


def require_ray() -> None:
    """Check that Ray Tune is installed, and what the report takes.

    Raises:
        TrainingError: they are not.
    """
    needed = ('ray', 'pandas', 'pyarrow', 'statsmodels')
    if any(importlib.util.find_spec(name) is None for name in needed):
        raise TrainingError("`sweep` needs packages: pip install 'ray[tune]' statsmodels")


def run_trials(folder: Path, sweep: Sweep, cluster: Cluster) -> None:
    """Run the trials that have not ended yet; an interrupted sweep goes on.

    Args:
        folder: of the sweep, which all machines of a cluster must see.
        sweep: as stored there.
        cluster: where.

    Raises:
        TrainingError: Ray is not installed, or the cluster does not answer.
    """
    require_ray()
    if sum(is_done(folder, trial) for trial in read_trials(folder)) == sweep.trials:
        return
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    with ray_cluster(cluster.address, CHECKOUT):
        from ray import tune  # noqa: PLC0415

        from training.sweep.trainable import METRIC, Training, TrialLines  # noqa: PLC0415

        trainable = tune.with_resources(
            tune.with_parameters(Training, folder=str(folder.resolve()), threads=cluster.cpus),
            {'cpu': cluster.cpus, 'gpu': cluster.gpus},
        )
        place = str((folder / _STATE).resolve())
        room, alone = Room(cluster.cpus, cluster.gpus), cluster.address in ('', LOCAL)
        if tune.Tuner.can_restore(place):
            tuner = tune.Tuner.restore(
                place, trainable, resume_unfinished=True, resume_errored=True
            )
        else:
            # Killed before Ray had written anything: the same seed gives the same trials, and
            # their runs go on from their own folders.
            shutil.rmtree(place, ignore_errors=True)
            tuner = tune.Tuner(
                trainable,
                param_space={a.setting: _domain(a, sweep.samples > 0) for a in sweep.attributes},
                tune_config=tune.TuneConfig(
                    metric=METRIC,
                    mode='max',
                    num_samples=max(1, sweep.samples),
                    search_alg=tune.search.BasicVariantGenerator(
                        max_concurrent=cluster.concurrent, random_state=sweep.seed
                    ),
                    scheduler=_scheduler(sweep),
                    reuse_actors=True,
                ),
                run_config=tune.RunConfig(
                    name=_STATE,
                    storage_path=str(folder.resolve()),
                    # The state of a trial is in its run folder.
                    checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
                    failure_config=tune.FailureConfig(max_failures=_RETRIES),
                    callbacks=[TrialLines(sweep.trials, room, alone)],
                    verbose=0,
                ),
            )
        tuner.fit()


def _domain(attribute: Attribute, drawn: bool) -> Any:
    from ray import tune  # noqa: PLC0415

    if attribute.values:
        values = list(attribute.values)
        return tune.choice(values) if drawn else tune.grid_search(values)
    if attribute.whole:
        draw = tune.lograndint if attribute.logarithmic else tune.randint
        return draw(int(attribute.low), int(attribute.high) + 1)
    draw = tune.loguniform if attribute.logarithmic else tune.uniform
    return draw(attribute.low, attribute.high)


def _scheduler(sweep: Sweep) -> Any:
    """Return what stops trials early: ASHA (Li et al., MLSys 2020), or nothing."""
    from ray.tune.schedulers import ASHAScheduler  # noqa: PLC0415

    if not sweep.grace_epochs:
        return None
    # A trial ends by itself; this is beyond the last epoch of the longest.
    longest = 1_000_000
    return ASHAScheduler(max_t=longest, grace_period=sweep.grace_epochs, reduction_factor=3)
