"""The recipe of `make demo`, and the same with classes."""

from dataclasses import replace

from mezzotint.config import Average, Config, Optimizer, Watch
from mezzotint.core.grid import Uniform
from mezzotint.core.level import Angle
from mezzotint.core.objective import Plain, UniformTimes
from mezzotint.core.pixels import DatasetPixels
from mezzotint.core.prediction import Velocity
from mezzotint.core.schedule import Cosine
from mezzotint.networks.unet import UNet
from mezzotint.sampling.dpm import DpmSolver2M


def demo() -> Config:
    """Clothes at 20x20 from the packaged `fashion` set, on two CPU cores in minutes.

    At the set's own 28x28 a step costs twice as much, and after the same time fewer pictures can be
    recognised. L1 makes clean shapes early, and the noise that sampling adds back mends what a short
    training leaves crooked.
    """
    return Config(
        recipe="demo",
        data="fashion",
        image_size=(20, 20),
        steps=1900,
        batch_size=32,
        network=UNet(widths=(32, 96)),
        schedule=Cosine(max_signal=0.999, min_signal=0.02),
        prediction=Velocity(),
        level=Angle(),
        pixels=DatasetPixels(),
        times=UniformTimes(stratified=True),
        objective=Plain(norm="l1"),
        optimizer=Optimizer(learning_rate=2e-3, decay="cosine", warmup=50, clip=1.0),
        average=Average(decay=0.999),
        watch=Watch(validate=300, validation_images=256, sample=300, sample_count=16, checkpoint=500),
        sampler=DpmSolver2M(eta=1.0),
        grid=Uniform(),
        sampling_steps=40,
    )


def demo_classes() -> Config:
    """Clothes at 20x20 by class: `demo` with a network that is told which of ten kinds each picture is.

    Then `mezzotint sample RUN --label all --guidance 2 --count 40` has a row for each kind. The labels and
    the null label are 1,408 parameters. Early checkpoints are kept, to guide away from (`--weaker 500`).
    After 1,800 steps, at guidance 2, eight kinds are recognised; sandals fall apart, and bags are half a bag.
    """
    plain = demo()
    watch = replace(plain.watch, keep_every=500)
    return replace(plain, recipe="demo-classes", classes=None, watch=watch)
