# SPDX-License-Identifier: Apache-2.0
"""What CUDA's error numbers mean to a user, and what to do."""

from mobilenet_perception.errors import RuntimeUnavailableError

NO_DRIVER = 35
_OUT_OF_MEMORY = 2
_NO_DEVICE = 100
_INVALID_DEVICE = 101

# By number: what is wrong, and the cure.
_SENTENCES = {
    _OUT_OF_MEMORY: 'the memory of the GPU is full: end other programs on it, choose a smaller '
    'bundle, or lower workspace_mb or the number of frames at once',
    3: 'CUDA cannot be initialised: restart the machine, or reinstall the NVIDIA driver',
    NO_DRIVER: 'no NVIDIA driver is loaded, or one older than the CUDA library: install or update '
    'it (in a container: start it with --gpus all, on a Jetson with --runtime nvidia)',
    46: 'the GPU is in use by another program alone, or cannot be reached: end that program',
    _NO_DEVICE: 'no NVIDIA GPU is found: look at nvidia-smi, and at CUDA_VISIBLE_DEVICES',
    _INVALID_DEVICE: 'there is no GPU of this number: count from 0 (parameter device)',
    209: 'the engine has no code for this GPU: remove it, so that it is built again',
    719: 'the GPU failed in a run: restart the node',
    700: 'the GPU read outside its memory: restart the node, and report it',
    803: 'the NVIDIA driver and its library are of different versions: restart the machine',
    804: 'the NVIDIA driver is too old for this CUDA library: update the driver',
}


class CudaError(RuntimeUnavailableError):
    """CUDA failed: one sentence with the cure.

    Attributes:
        code: CUDA's number of the error.
    """

    def __init__(self, code: int, call: str, name: str) -> None:
        sentence = _SENTENCES.get(code, f'CUDA failed: restart the node; if {name} stays, look '
                                  'at dmesg for the driver')  # fmt: skip
        super().__init__(f'{sentence} ({name} in {call})')
        self.code = code

    @property
    def is_out_of_memory(self) -> bool:
        """Whether the memory of the GPU is full."""
        return self.code == _OUT_OF_MEMORY
