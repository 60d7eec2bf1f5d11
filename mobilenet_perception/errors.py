# SPDX-License-Identifier: Apache-2.0
"""The errors of the package: each message is one sentence that a user can act on."""


class PerceptionError(Exception):
    """A problem that the user can mend: the message says what is wrong, where, and what to do."""


class FrameError(PerceptionError):
    """A frame that is malformed or unsupported: the pipeline turns it into `rejected`."""


class BundleError(PerceptionError):
    """A model bundle that is damaged, inconsistent or of another schema."""


class EngineCacheError(PerceptionError):
    """An engine cache that is not safe to use."""


class UnusableEngineError(PerceptionError):
    """A cached engine that must not be loaded: damaged, or of another release."""


class AbandonedError(PerceptionError):
    """A run that was stopped, since it took too long.

    Attributes:
        inference_ms: how long it had run, in milliseconds.
    """

    def __init__(self, variant: str, inference_ms: float) -> None:
        super().__init__(f'variant {variant} was stopped after {inference_ms:.1f} ms')
        self.inference_ms = inference_ms


class RuntimeUnavailableError(PerceptionError):
    """An inference runtime that is not installed or cannot run here."""
