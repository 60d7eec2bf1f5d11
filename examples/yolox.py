# SPDX-License-Identifier: Apache-2.0
"""YOLOX on ONNX Runtime: a picture in, the things in it out. No ROS: detector.py is the node.

The network is no part of this package. How good its boxes are for the classifier:

    python -m benchmarks.road_signs <folder> --detector yolox_nano.onnx
"""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest

COCO = """person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,
stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,
umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,
skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,banana,apple,
sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,dining table,
toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,
clock,vase,scissors,teddy bear,hair drier,toothbrush""".replace('\n', '').split(',')
_RELEASES = 'https://github.com/Megvii-BaseDetection/YOLOX/releases/tag/0.1.1rc0'
_STRIDES = (8, 16, 32)
# Of two boxes that overlap by more, the better one stands for both.
_SAME_THING = 0.45


class Thing(NamedTuple):
    """What the network has found: its name, a score from 0 to 1, and its box in pixels."""

    name: str
    score: float
    box: RegionOfInterest


class Yolox:
    """A YOLOX network in ONNX, as its authors publish it: square, BGR, boxes not yet decoded.

    Args:
        model: its file.
        least_score: what scores less is not found, 0 to 1.

    Raises:
        PerceptionError: it cannot be loaded, or is another kind of network.
    """

    def __init__(self, model: str, least_score: float = 0.3) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the other cores are for the classifier
        try:
            self._session = onnxruntime.InferenceSession(
                model, options, providers=['CPUExecutionProvider']
            )
        except Exception:  # ONNX Runtime has many, for files that are missing or no model
            raise PerceptionError(
                f'the detector {model} is missing, or no model that ONNX Runtime loads: download '
                f'yolox_nano.onnx from {_RELEASES} and give its path'
            ) from None
        shapes = [
            item.shape for item in (*self._session.get_inputs(), *self._session.get_outputs())
        ]
        if [len(shape) for shape in shapes] != [4, 3] or shapes[1][2] != 5 + len(COCO):
            raise PerceptionError(
                f"the detector {model} is no YOLOX of COCO's classes: its shapes are {shapes}"
            )
        self._least_score = least_score
        self._side = int(shapes[0][2])
        cells = [
            (x, y, stride)
            for stride in _STRIDES
            for y in range(self._side // stride)
            for x in range(self._side // stride)
        ]
        self._cells = np.array(cells, np.float32)

    def find(self, rgb: npt.NDArray[np.uint8]) -> list[Thing]:
        """Return the things in a (height, width, 3) RGB picture, best first."""
        height, width = rgb.shape[:2]
        scale = self._side / max(height, width)
        padded = np.full((self._side, self._side, 3), 114, np.uint8)
        small = cv2.resize(rgb, (round(width * scale), round(height * scale)))
        padded[: small.shape[0], : small.shape[1]] = small
        feed = {
            self._session.get_inputs()[0].name: np.float32(
                padded[..., ::-1].transpose(2, 0, 1)[None]
            )
        }
        found = self._session.run(None, feed)[0][0]
        scores = found[:, 4:5] * found[:, 5:]
        likely = scores.max(axis=1) >= self._least_score
        found, cells, scores = found[likely], self._cells[likely], scores[likely]
        centres = (found[:, :2] + cells[:, :2]) * cells[:, 2:] / scale
        sides = np.exp(found[:, 2:4]) * cells[:, 2:] / scale
        boxes = np.rint(np.hstack([centres - sides / 2, sides])).astype(int).tolist()
        best = scores.max(axis=1).tolist()
        kept = cv2.dnn.NMSBoxes(boxes, best, self._least_score, _SAME_THING)
        return [
            Thing(COCO[scores[i].argmax()], best[i], RegionOfInterest(*boxes[i]))
            for i in np.ravel(np.array(kept, int))
        ]
