# SPDX-License-Identifier: Apache-2.0
"""The configuration of a training: small typed records, written in a Python file."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from training.configuration.records import Record

_NONE: Mapping[str, Any] = MappingProxyType({})
Number = float | int | str | bool


class Data(Record):
    """Which images, and how they are divided.

    Attributes:
        reader: a name in `training.data.readers.by_name`; `auto`: told by what the path holds.
        validation_share: part of each class's groups, for early stopping and calibration.
        test_share: part of each class's groups, held out.
        fraction: part of the training groups that is used, above 0 to 1.
        split_seed: the same seed, groups and shares give the same split.
        group_duplicates: copies of one picture join their groups, so that none is in two parts;
            `fit` sets it where a split would leak.
        allow_leaks: train even if the same picture is in two parts.
        significant_bits: that samples of 16-bit files use, 8 to 16, such as 12, as the camera's
            parameter of that name; 0: all.
        negatives: folders of pictures that show none of the labels, and what was mined of such.
    """

    reader: str = 'auto'
    validation_share: float = 0.1
    test_share: float = 0.2
    fraction: float = 1.0
    split_seed: int = 1
    group_duplicates: bool = False
    allow_leaks: bool = False
    significant_bits: int = 0
    negatives: tuple[str, ...] = ()


class Network(Record):
    """Which network, and the weights it begins with.

    Attributes:
        architecture: a name in `training.networks`.
        alpha: width multiplier.
        dropout: before the last layer, 0 to 1.
        modify: changes of the architecture, such as `{'kernel_size': 5}`.
        weights: empty: random; `imagenet`; or the path of a weights file, run or bundle.
        scaling: what pixels were for the network that these are of, where their file does not
            tell, as `bundle import --scaling` takes it; empty: that of Keras' MobileNets, -1 to 1.
        frozen_batch_norms: with `weights`, whether batch norms keep the statistics they came with;
            false where many images, or images of another size, teach better ones.
    """

    architecture: str = 'mobilenet_v2'
    alpha: float = 0.35
    dropout: float = 0.2
    modify: Mapping[str, Number] = _NONE
    weights: str = ''
    scaling: str = ''
    frozen_batch_norms: bool = True


class Head(Record):
    """The last layer, fitted to what frozen weights see before anything else is trained.

    A multinomial logistic regression on the features of training images, by L-BFGS.

    Attributes:
        views: of each image: 1: as it is; more: augmented ones beside it; 0: no such fit, the
            last layer begins at random.
        penalties: of the squared weights beside the mean loss of an image, from the strongest to
            the weakest that may be tried; the one with the least validation loss is taken.
    """

    views: int = 0
    penalties: tuple[float, ...] = (1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5)


class Stage(Record):
    """Some epochs: stages follow one another; the last has the network's input size.

    Small images first are several times as fast to learn from; a head first, on a frozen base,
    keeps what transferred weights know.

    Attributes:
        epochs: how many; 0: the stage is left out, but says the input size if it is the last.
        height: rows of the images, in pixels.
        width: columns of the images, in pixels.
        train: `all`, `head`, or the first block to train.
        learning_rate: peak of a new schedule, with a warm-up of its own, that ends with the last
            stage or before the next of these; None: go on in the schedule before.
        mixture: by source, how often training images are drawn from it; empty: all alike.
    """

    epochs: int
    height: int
    width: int
    train: str = 'all'
    learning_rate: float | None = None
    mixture: Mapping[str, float] = _NONE


class Optimizer(Record):
    """How weights are changed.

    Attributes:
        name: `adamw`, `adam`, `sgd` or `rmsprop`.
        learning_rate: peak of the first schedule.
        momentum: of `sgd` (Nesterov) and `rmsprop`.
        weight_decay: decoupled; not on biases and batch norms.
        schedule: `cosine`, `step` or `constant`, after a linear warm-up.
        warmup_epochs: length of the warm-up.
        step_epochs: with `step`: every so many epochs the rate falls ...
        step_factor: ... by this factor.
        clip_norm: largest global norm of the gradient; 0: no limit.
        ema: momentum of the moving average of the weights that is kept in the end; 0: none.
        batch_norm_batches: batches of training images, as they are, from which batch norms take
            their statistics for validation and in the end; 0: what training gathered. A few dozen
            where weights are averaged, or images augmented beyond recognition.
    """

    name: str = 'adamw'
    learning_rate: float = 2e-3
    momentum: float = 0.9
    weight_decay: float = 0.02
    schedule: str = 'cosine'
    warmup_epochs: float = 1.0
    step_epochs: int = 10
    step_factor: float = 0.1
    clip_norm: float = 0.0
    ema: float = 0.0
    batch_norm_batches: int = 0


class Loss(Record):
    """What is minimised.

    Attributes:
        name: `cross_entropy` or `focal`.
        label_smoothing: 0 to 1.
        focal_gamma: of `focal` (Lin et al., ICCV 2017).
        class_weights: weigh each class by the inverse of its frequency.
        teacher: path of a bundle to distil from (Hinton et al., 2015); empty: none.
        teacher_weight: share of the teacher's probabilities in the target, 0 to 1.
        teacher_temperature: by which they are softened.
    """

    name: str = 'cross_entropy'
    label_smoothing: float = 0.05
    focal_gamma: float = 2.0
    class_weights: bool = False
    teacher: str = ''
    teacher_weight: float = 0.5
    teacher_temperature: float = 2.0


class Augmentation(Record):
    """How training images are varied; each is off at 0.

    Attributes:
        rotation: degrees to either side.
        flip: mirror left and right; off, since turn signs, text and digits change their meaning.
        mirrored: instead of `flip`, for half of the images of some labels: the label that the
            mirrored picture has, such as `{'keep_left': 'keep_right', 'keep_right': 'keep_left'}`.
        zoom: largest change of scale, as a fraction.
        translation: as a fraction of the sides.
        brightness: largest change, as a fraction of full scale.
        contrast: largest change, as a fraction.
        blur: chance of lens or motion blur, 0 to 1.
        noise: chance of sensor noise and JPEG artefacts, 0 to 1.
        randaugment: operations an image (Cubuk et al., 2020), at `randaugment_magnitude` of 10.
        randaugment_magnitude: 0 to 10.
        mixup: alpha of the beta distribution (Zhang et al., ICLR 2018).
        cutmix: alpha of the beta distribution (Yun et al., ICCV 2019).
        erasing: chance that a rectangle is overwritten (Zhong et al., AAAI 2020), 0 to 1.
    """

    rotation: float = 10.0
    flip: bool = False
    mirrored: Mapping[str, str] = _NONE
    zoom: float = 0.15
    translation: float = 0.08
    brightness: float = 0.2
    contrast: float = 0.2
    blur: float = 0.0
    noise: float = 0.0
    randaugment: int = 0
    randaugment_magnitude: float = 5.0
    mixup: float = 0.0
    cutmix: float = 0.0
    erasing: float = 0.0


class Hardware(Record):
    """How the machine is used; results do not depend on it, but for rounding.

    Attributes:
        mixed_precision: float16 arithmetic with float32 weights: for GPUs.
        xla: compile the step; on a CPU it is several times slower.
        distribute: empty: one device; `gpus`: all of this machine; `machines`: those of TF_CONFIG.
    """

    mixed_precision: bool = False
    xla: bool = False
    distribute: str = ''


class Configuration(Record):
    """Everything that decides a training, apart from the data themselves.

    Attributes:
        name: of the run, and of the variant in a bundle.
        stages: one after another.
        task: what the labels mean together.
        data: which images.
        network: which network.
        head: how its last layer is fitted before the stages, with `network.weights`.
        optimizer: how its weights are changed.
        loss: what is minimised.
        augmentation: how images are varied; stages with a `mixture` vary theirs by themselves.
        sampling: `natural`: each image once an epoch; `balanced`: each class equally often;
            `square_root`: between the two, by the square root of a class's size.
        batch_size: images of a batch.
        steps: batches of an epoch; 0: as many as go through all images once.
        patience: epochs without a better validation loss after which a stage ends, with its best
            weights; 0: no such end.
        keep: the weights that are kept: `best`, of the least validation loss at the last input
            size and never of less accuracy than the fitted head, where there are images to judge
            by; `last`.
        minutes: after which training ends with what it has, reading included; 0: no limit.
        seed: of weights, order and augmentation.
        drive_worlds: how many drawn worlds there are for the source `drive`.
        drive_every: one frame in this many is taken from each.
        hardware: how the machine is used.
    """

    name: str
    stages: tuple[Stage, ...]
    task: str = 'classification'
    data: Data = Data()
    network: Network = Network()
    head: Head = Head()
    optimizer: Optimizer = Optimizer()
    loss: Loss = Loss()
    augmentation: Augmentation = Augmentation()
    sampling: str = 'natural'
    batch_size: int = 64
    steps: int = 0
    patience: int = 0
    keep: str = 'best'
    minutes: float = 0.0
    seed: int = 1
    drive_worlds: int = 0
    drive_every: int = 12
    hardware: Hardware = Hardware()

    @property
    def epochs(self) -> int:
        """Epochs of all stages."""
        return sum(stage.epochs for stage in self.stages)

    @property
    def height(self) -> int:
        """Rows of the network's input, in pixels."""
        return self.stages[-1].height

    @property
    def width(self) -> int:
        """Columns of the network's input, in pixels."""
        return self.stages[-1].width
