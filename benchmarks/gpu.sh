#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Build, prove and measure every variant on this machine's NVIDIA GPU: benchmarks/gpu.sh --help
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"

# JetPack's TensorRT is for the system's Python, pip's for a virtual environment. Where no Python
# has it, the program says so.
for needed in tensorrt 'cv2, numpy, onnxruntime'; do
    for python in ${PYTHON:+"$PYTHON"} "$root/.venv/bin/python" python3; do
        if "$python" -c "import $needed" 2>/dev/null; then
            exec "$python" -m benchmarks.gpu "$@"
        fi
    done
done
echo "error: no Python here has numpy, OpenCV and ONNX Runtime: run make setup, or name one in" \
    "PYTHON" >&2
exit 1
