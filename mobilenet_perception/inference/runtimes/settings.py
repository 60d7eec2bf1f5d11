# SPDX-License-Identifier: Apache-2.0
"""What a runtime may use of the machine."""

from pathlib import Path
from typing import NamedTuple


class RuntimeSettings(NamedTuple):
    """What a runtime may use of the machine; each takes what concerns it.

    Attributes:
        threads: CPU threads of one inference, from 1 (ONNX Runtime).
        device: number of the GPU, from 0 (TensorRT, as all that follows).
        workspace_mb: scratch memory that an operator may ask for, in 2^20 bytes, from 1.
        dla_core: number of the deep learning accelerator to run on, from 0, with the GPU for what
            it lacks; -1: the GPU alone.
        largest_batch: most frames at once that engines are built for, from 1.
        engines: folder of built engines; None: the user's cache.
        cuda_graph: start a run as one recorded CUDA graph, instead of kernel by kernel.
        library: `tensorrt`; or `tensorrt_rtx`, which compiles on machines without a GPU and runs
            nothing here.
    """

    threads: int = 1
    device: int = 0
    workspace_mb: int = 256
    dla_core: int = -1
    largest_batch: int = 4
    engines: Path | None = None
    cuda_graph: bool = True
    library: str = 'tensorrt'


DEFAULT = RuntimeSettings()
