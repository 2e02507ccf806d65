"""A run's whole configuration: frozen dataclasses, checked when they are made."""

from dataclasses import dataclass, field, replace
from typing import Literal

from mezzotint.config.check import check
from mezzotint.core import grid as grids
from mezzotint.core import level as levels
from mezzotint.core import objective as objectives
from mezzotint.core import pixels as pixel
from mezzotint.core import prediction as predictions
from mezzotint.core import schedule as schedules
from mezzotint.data.fit import Fit
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.networks.ensemble import Ensemble
from mezzotint.networks.unet import UNet
from mezzotint.sampling.ddim import Ddim
from mezzotint.sampling.method import Sampler


@dataclass(frozen=True)
class Optimizer:
    """AdamW after gradient clipping: Loshchilov & Hutter, arXiv:1711.05101.

    Attributes:
        learning_rate: the highest, reached after the warm-up.
        decay: how it falls after the warm-up: constant, cosine (to 0 at the last step), or
            inverse-sqrt (of the step over the warm-up).
        warmup: steps over which it rises linearly from 0.
        weight_decay: AdamW's.
        b1: decay of the first moment.
        b2: decay of the second moment.
        clip: greatest global norm of the gradients; 0 for no clipping.
        accumulate: parts that a batch is cut into, one after the other, to save memory.
        skips: steps in a row with gradients that are not finite, each of them skipped, after which training
            goes back to the last good checkpoint and on with the pictures in another order.
    """

    learning_rate: float = 1e-3
    decay: Literal["constant", "cosine", "inverse-sqrt"] = "constant"
    warmup: int = 0
    weight_decay: float = 1e-4
    b1: float = 0.9
    b2: float = 0.999
    clip: float = 0.0
    accumulate: int = 1
    skips: int = 10


@dataclass(frozen=True)
class Average:
    """The exponential moving average of the weights and batch statistics.

    Attributes:
        decay: how much of the average stays at each step, once warm.
        warmup: the decay at step i is min(decay, (1 + i) / (warmup + i)), so that a short run does
            not sample stale weights; 0 for `decay` from the first step.
    """

    decay: float = 0.999
    warmup: float = 10.0


@dataclass(frozen=True)
class Watch:
    """How often a run is looked at, in steps; 0 for never.

    Attributes:
        log: a line in the journal and TensorBoard.
        validate: the loss on held-out pictures.
        validation_images: how many of them, at most.
        sample: a grid of pictures.
        sample_count: how many pictures in it.
        checkpoint: a checkpoint; there is always one at the end.
        keep_latest: checkpoints kept, the newest ones.
        keep_every: checkpoints at multiples of this many steps are kept for good.
        keep_best: checkpoints kept for the best validation loss or, where it is measured, the best KID.
        evaluate: the distance of new pictures to training pictures, KID with its standard error.
        evaluate_count: how many pictures are made for it; they are held against four times as many.
        extractor: whose features the distance is of; see `mezzotint evaluate --help`.
    """

    log: int = 10
    validate: int = 500
    validation_images: int = 512
    sample: int = 500
    sample_count: int = 64
    checkpoint: int = 500
    keep_latest: int = 2
    keep_every: int = 0
    keep_best: int = 1
    evaluate: int = 0
    evaluate_count: int = 128
    extractor: str = "efficientnet-lite0"


@dataclass(frozen=True)
class Config:
    """Everything that makes a run what it is.

    Attributes:
        recipe: the recipe that this configuration came from.
        data: the pictures, such as `fashion` or `folder:PATH`; `mezzotint data` lists what there is.
        image_size: height and width in pixels; one number for a square.
        channels: 1 for greyscale, 3 for colour; None for what the source has.
        crop: how pictures of another shape are fitted: `centre` cuts the middle, `random` another part
            each time, `pad` keeps all of it.
        background: a colour's name or #rrggbb, under transparency and around padded pictures.
        flip: mirror half of the training pictures.
        augment: probability of each geometric augmentation of a training picture (Karras et al.,
            arXiv:2206.00364, appendix F.2: 0.12 there); the network is told of it, so that samples are
            of untouched pictures; 0 for none.
        classes: how many the pictures have, for a network that is told them and can be asked for one; 0 for
            a network without, None for as many as the source has.
        label_dropout: share of the training pictures whose label is withheld, from which a network with
            classes learns pictures of none in particular; guidance goes away from those.
        label_names: what the classes are called, in their order; the source's own where it has names.
        loader: where batches are put together: by the `host`, or on the `device`, which then holds all
            pictures; `auto` takes an accelerator that has the room.
        steps: training steps; None for `epochs`.
        epochs: passes over the training pictures, where `steps` is None.
        batch_size: pictures a step, over all devices.
        shard: what is cut over the devices: `nothing`, each holds the whole state; or `params`, each holds
            a part of the weights, their averages and the optimizer's moments.
        copies: of a state that is cut: 1, or as many as hosts, so that parts are gathered within a host.
        remat: compute again on the way back what lies between convolutions: less memory, more time.
        seed: of everything random in the run.
        network: the network.
        schedule: how much image and noise there is at each time.
        prediction: what the network predicts.
        level: how the network is told the amount of noise.
        pixels: how pixels are normalised.
        times: how training times are drawn.
        objective: the training loss.
        optimizer: the optimizer.
        average: the moving average that is sampled from.
        watch: how often the run is looked at.
        sampler: the sampling method.
        grid: the sampling times.
        sampling_steps: sampling times of a picture, unless asked otherwise: as many network evaluations, or
            twice as many less one with heun.
    """

    recipe: str = "custom"
    data: str = "fashion"
    image_size: tuple[int, int] = (64, 64)
    channels: int | None = None
    crop: Literal["centre", "random", "pad"] = "centre"
    background: str = "white"
    flip: bool = False
    augment: float = 0.0
    classes: int | None = 0
    label_dropout: float = 0.1
    label_names: tuple[str, ...] = ()
    loader: Literal["auto", "host", "device"] = "auto"
    steps: int | None = None
    epochs: float = 50.0
    batch_size: int = 64
    shard: Literal["nothing", "params"] = "nothing"
    copies: int = 1
    remat: bool = False
    seed: int = 0
    network: ArticleUNet | UNet | Ensemble = field(default_factory=ArticleUNet)
    schedule: schedules.Schedule = schedules.Cosine()
    prediction: predictions.Prediction = predictions.Noise()
    level: levels.Level = levels.Variance()
    pixels: pixel.Pixels = pixel.BatchPixels()
    times: objectives.TimeDraw = objectives.UniformTimes()
    objective: objectives.Objective = objectives.NoiseAndImage()
    optimizer: Optimizer = Optimizer()
    average: Average = Average()
    watch: Watch = Watch()
    sampler: Sampler = Ddim()
    grid: grids.Grid = grids.Uniform()
    sampling_steps: int = 20

    @property
    def picture_shape(self) -> tuple[int, int, int]:
        """(height, width, channels), once the channels are known."""
        assert self.channels is not None, "the channels are known once the pictures are opened"
        return (*self.image_size, self.channels)

    @property
    def members(self) -> int:
        """How many networks are trained side by side; 0 where the network is no ensemble."""
        return self.network.members if isinstance(self.network, Ensemble) else 0

    @property
    def of_a_member(self) -> "Config":
        """The same with one member for its network; itself where the network is no ensemble."""
        if not isinstance(self.network, Ensemble):
            return self
        return replace(self, network=self.network.network)

    @property
    def fit(self) -> Fit:
        """The shape that pictures are brought to."""
        return Fit(self.image_size, self.channels, self.crop, self.background)

    def __post_init__(self) -> None:
        """Refuses what can never work, with the field's name."""
        check(self)
