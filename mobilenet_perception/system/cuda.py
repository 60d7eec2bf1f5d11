# SPDX-License-Identifier: Apache-2.0
"""CUDA's runtime library by ctypes: no more of it than running an engine takes.

Every call releases Python's lock, checks the returned number and raises `CudaError`: one sentence
that says what the number means to a user, and what to do. CUDA keeps the chosen GPU by thread: who
may be on another thread calls `use` first.
"""

import ctypes
import functools
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from ctypes import POINTER, byref, c_char_p, c_float, c_int, c_size_t, c_uint, c_ulonglong
from ctypes import c_void_p as pointer
from pathlib import Path
from typing import Any, NamedTuple

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

_TO_DEVICE, _TO_HOST = 1, 2
_NON_BLOCKING_STREAM = 1
# While this thread records, other threads may do as they like.
_RECORD_THIS_THREAD = 1
_MAJOR, _MINOR = 75, 76
# More than the structure of any version; it begins with the name.
_PROPERTIES_BYTES, _NAME_BYTES = 8192, 256

_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    'cudaGetLastError': (),
    'cudaGetDeviceCount': (POINTER(c_int),),
    'cudaSetDevice': (c_int,),
    'cudaGetDeviceProperties': (pointer, c_int),
    'cudaDeviceGetAttribute': (POINTER(c_int), c_int, c_int),
    'cudaMemGetInfo': (POINTER(c_size_t), POINTER(c_size_t)),
    'cudaMalloc': (POINTER(pointer), c_size_t),
    'cudaFree': (pointer,),
    'cudaMallocHost': (POINTER(pointer), c_size_t),
    'cudaFreeHost': (pointer,),
    'cudaMemcpyAsync': (pointer, pointer, c_size_t, c_int, pointer),
    'cudaStreamCreateWithFlags': (POINTER(pointer), c_uint),
    'cudaStreamDestroy': (pointer,),
    'cudaStreamSynchronize': (pointer,),
    'cudaStreamBeginCapture': (pointer, c_int),
    'cudaStreamEndCapture': (pointer, POINTER(pointer)),
    'cudaGraphInstantiateWithFlags': (POINTER(pointer), pointer, c_ulonglong),
    'cudaGraphDestroy': (pointer,),
    'cudaGraphExecDestroy': (pointer,),
    'cudaGraphLaunch': (pointer, pointer),
    'cudaEventCreate': (POINTER(pointer),),
    'cudaEventDestroy': (pointer,),
    'cudaEventRecord': (pointer, pointer),
    'cudaEventElapsedTime': (POINTER(c_float), pointer, pointer),
}

_NAMES = tuple(f'libcudart.so.{version}' for version in ('13', '12', '11.0'))
_DRIVER = 'libcuda.so.1'


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


class Gpu(NamedTuple):
    """A GPU.

    Attributes:
        name: such as `Orin`.
        compute_capability: such as `8.7`.
        memory_bytes: of the GPU; on a Jetson, of the machine.
    """

    name: str
    compute_capability: str
    memory_bytes: int


class Cuda:
    """CUDA's runtime library; addresses, streams, graphs and events are plain integers.

    Args:
        library: `libcudart`, loaded.

    Raises:
        RuntimeUnavailableError: the library lacks a function.
    """

    def __init__(self, library: ctypes.CDLL) -> None:
        try:
            self._functions = {name: getattr(library, name) for name in _ARGUMENTS}
            self._error_name = library.cudaGetErrorName
        except AttributeError as error:
            raise RuntimeUnavailableError(
                f'the CUDA library is too old ({error}): install CUDA 11.4 or newer'
            ) from error
        for name, function in self._functions.items():
            function.argtypes, function.restype = _ARGUMENTS[name], c_int
        self._error_name.argtypes, self._error_name.restype = (c_int,), c_char_p

    def gpus(self) -> int:
        """Return how many GPUs there are, at least 1."""
        count = c_int()
        self._call('cudaGetDeviceCount', byref(count))
        return count.value

    def use(self, device: int) -> None:
        """Choose the GPU of this thread."""
        self._call('cudaSetDevice', device)

    def gpu(self, device: int) -> Gpu:
        """Return what a GPU is, and choose it."""
        self.use(device)
        properties = ctypes.create_string_buffer(_PROPERTIES_BYTES)
        self._call('cudaGetDeviceProperties', properties, device)
        name = properties.raw[:_NAME_BYTES].split(b'\0')[0].decode(errors='replace')
        major, minor = c_int(), c_int()
        self._call('cudaDeviceGetAttribute', byref(major), _MAJOR, device)
        self._call('cudaDeviceGetAttribute', byref(minor), _MINOR, device)
        return Gpu(name, f'{major.value}.{minor.value}', self._memory()[1])

    def free_bytes(self) -> int:
        """Return how much memory of the GPU of this thread is free."""
        return self._memory()[0]

    def allocate(self, size: int) -> int:
        """Allocate memory of the GPU, aligned to 256 bytes."""
        return self._made('cudaMalloc', size)

    def free(self, address: int) -> None:
        """Free memory of the GPU."""
        self._call('cudaFree', address)

    def allocate_pinned(self, size: int) -> int:
        """Allocate memory of the machine that the GPU reads and writes without a copy."""
        return self._made('cudaMallocHost', size)

    def free_pinned(self, address: int) -> None:
        """Free pinned memory."""
        self._call('cudaFreeHost', address)

    def upload(self, to_gpu: int, pinned: int, size: int, stream: int) -> None:
        """Begin to copy from pinned memory to the GPU."""
        self._call('cudaMemcpyAsync', to_gpu, pinned, size, _TO_DEVICE, stream)

    def download(self, pinned: int, from_gpu: int, size: int, stream: int) -> None:
        """Begin to copy from the GPU to pinned memory."""
        self._call('cudaMemcpyAsync', pinned, from_gpu, size, _TO_HOST, stream)

    def make_stream(self) -> int:
        """Make a stream that waits for no other."""
        return self._made('cudaStreamCreateWithFlags', _NON_BLOCKING_STREAM)

    def destroy_stream(self, stream: int) -> None:
        """Destroy a stream."""
        self._call('cudaStreamDestroy', stream)

    def wait(self, stream: int) -> None:
        """Wait until all that was begun on a stream is done."""
        self._call('cudaStreamSynchronize', stream)

    def record_graph(self, stream: int, work: Callable[[], None]) -> int:
        """Record what `work` begins on a stream, without doing it, as a graph to launch."""
        graph = pointer()
        self._call('cudaStreamBeginCapture', stream, _RECORD_THIS_THREAD)
        try:
            work()
        except BaseException:
            # Else the stream would go on recording.
            self._functions['cudaStreamEndCapture'](stream, byref(graph))
            self._functions['cudaGetLastError']()
            raise
        self._call('cudaStreamEndCapture', stream, byref(graph))
        try:
            ready = pointer()
            self._call('cudaGraphInstantiateWithFlags', byref(ready), graph, 0)
        finally:
            self._call('cudaGraphDestroy', graph)
        return ready.value or 0

    def launch(self, graph: int, stream: int) -> None:
        """Begin what was recorded."""
        self._call('cudaGraphLaunch', graph, stream)

    def destroy_graph(self, graph: int) -> None:
        """Destroy a graph."""
        self._call('cudaGraphExecDestroy', graph)

    def make_event(self) -> int:
        """Make an event, to take times."""
        return self._made('cudaEventCreate')

    def destroy_event(self, event: int) -> None:
        """Destroy an event."""
        self._call('cudaEventDestroy', event)

    def record_event(self, event: int, stream: int) -> None:
        """Let an event happen when all that was begun on a stream is done."""
        self._call('cudaEventRecord', event, stream)

    def elapsed_ms(self, start: int, end: int) -> float:
        """Return the time between two events that have happened, in milliseconds."""
        elapsed = c_float()
        self._call('cudaEventElapsedTime', byref(elapsed), start, end)
        return elapsed.value

    def _memory(self) -> tuple[int, int]:
        free, total = c_size_t(), c_size_t()
        self._call('cudaMemGetInfo', byref(free), byref(total))
        return free.value, total.value

    def _made(self, call: str, *arguments: int) -> int:
        made = pointer()
        self._call(call, byref(made), *arguments)
        return made.value or 0

    def _call(self, call: str, *arguments: Any) -> None:
        code = self._functions[call](*arguments)
        if code:
            # Else TensorRT would take it for an error of its own.
            self._functions['cudaGetLastError']()
            raise CudaError(code, call, self._error_name(code).decode(errors='replace'))


@functools.cache
def load_cuda() -> Cuda:
    """Load CUDA's runtime library: the newest that the driver can serve.

    Raises:
        RuntimeUnavailableError: there is none, no driver for it, or no GPU.
    """
    trouble: RuntimeUnavailableError | None = None
    for place in _places():
        try:
            library = ctypes.CDLL(place)
        except OSError:
            continue
        try:
            cuda = Cuda(library)
            cuda.gpus()
        except RuntimeUnavailableError as error:
            if isinstance(error, CudaError) and error.code != NO_DRIVER:
                raise
            # An older library may do with the driver that is here.
            trouble = trouble or error
        else:
            return cuda
    raise trouble or RuntimeUnavailableError(
        f'the CUDA library is not found (none of {", ".join(_NAMES)}): on a Jetson apt install '
        'nvidia-jetpack, elsewhere pip install nvidia-cuda-runtime or install CUDA'
    )


def cuda_versions() -> tuple[str, str]:
    """Return the versions of the driver and of the runtime library; empty: it is not here."""
    return (
        _version([_DRIVER], 'cuDriverGetVersion'),
        _version(_places(), 'cudaRuntimeGetVersion'),
    )


def _version(places: Iterable[str], function: str) -> str:
    for place in places:
        with suppress(OSError, AttributeError):
            number = c_int()
            if code := getattr(ctypes.CDLL(place), function)(byref(number)):
                return f'CUDA error {code}'
            return f'{number.value // 1000}.{number.value % 1000 // 10}'
    return ''


def _places() -> Iterator[str]:
    """Yield where the library may be: where the system finds it, in pip's packages, in CUDA's."""
    packages = Path(sysconfig.get_path('purelib')) / 'nvidia'
    folders = [
        *(packages / name / 'lib' for name in ('cu13', 'cu12', 'cuda_runtime')),
        *sorted(Path('/usr/local').glob('cuda*/lib*'), reverse=True),
    ]
    for name in _NAMES:
        yield name
        yield from (str(folder / name) for folder in folders if (folder / name).exists())
