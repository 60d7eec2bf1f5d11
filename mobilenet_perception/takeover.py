# SPDX-License-Identifier: Apache-2.0
"""One runtime serves while engines for another are built; then that one takes over."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from mobilenet_perception.bundle import Bundle
from mobilenet_perception.classifier import Classifier
from mobilenet_perception.engine_build import EngineBuild
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.pipeline import Pipeline


class BuildOrder(NamedTuple):
    """What is to be built, and what is then to serve.

    Attributes:
        arguments: of `python -m mobilenet_perception`, to build it.
        limit_s: the longest that it may take, in seconds.
        load: makes the classifier that takes over; called once everything is built.
    """

    arguments: Sequence[str]
    limit_s: float
    load: Callable[[], Classifier]


def build_order(
    values: Mapping[str, Any], bundle: Bundle, load: Callable[[], Classifier]
) -> BuildOrder:
    """Return the order to build a bundle's engines as the node's parameters say."""
    arguments = ['build', str(bundle.folder), '--background']
    arguments += [f'--device={values["device"]}', f'--dla-core={values["dla_core"]}']
    return BuildOrder(arguments, values['engine_build_limit_s'], load)


class Takeover:
    """Builds, loads and exchanges the classifier of a running pipeline, in a thread of its own.

    Args:
        pipeline: serves meanwhile, and afterwards.
        order: what to build and load.
        on_end: called with the classifier that has taken over, or with the reason why none has.
    """

    def __init__(
        self, pipeline: Pipeline, order: BuildOrder, on_end: Callable[[Classifier | str], None]
    ) -> None:
        self._pipeline = pipeline
        self._load = order.load
        self._on_end = on_end
        self._failure = ''
        self._done = False
        self._build = EngineBuild(order.arguments, order.limit_s, self._built)

    @property
    def trouble(self) -> str:
        """What keeps the pipeline on the runtime that it started with; empty: nothing does."""
        if self._done:
            return ''
        if self._failure:
            return f'engines are not in use: {self._failure}'
        return (
            f'engines are being built ({self._build.progress}): serving on '
            f'{self._pipeline.runtime.name} meanwhile'
        )

    def stop(self) -> None:
        """End the build, if one is under way; what it has built is kept."""
        self._build.stop()

    def _built(self, failure: str) -> None:
        end: Classifier | str
        try:
            if failure:
                raise PerceptionError(failure)
            end = self._load()
            self._pipeline.set_classifier(end)
            self._done = True
        except PerceptionError as error:
            end = self._failure = str(error)
        except Exception as error:
            # Whatever a driver raises: this thread must not end without a word.
            end = self._failure = f'{type(error).__name__}: {error}'
        self._on_end(end)
