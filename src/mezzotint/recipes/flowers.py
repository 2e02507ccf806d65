"""Recipes for Oxford Flowers 102."""

from dataclasses import replace

from mezzotint.config import Average, Config, Optimizer, Watch
from mezzotint.core.grid import Uniform
from mezzotint.core.level import Angle, Variance
from mezzotint.core.objective import NoiseAndImage, Plain, UniformTimes
from mezzotint.core.pixels import BatchPixels, DatasetPixels
from mezzotint.core.prediction import Noise, Velocity
from mezzotint.core.schedule import Cosine
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.networks.unet import UNet
from mezzotint.recipes.demo import demo
from mezzotint.sampling.ddim import Ddim


def flowers_article() -> Config:
    """The article's DDIM on Oxford Flowers 102 at 64x64, 50 epochs; hours on a CPU, minutes on a GPU.

    Every setting is the article's, spelled out even where it is the default. One thing differs: the
    moving average is warmed up, so that a short run does not sample its first weights;
    `--average.warmup 0` gives the article's.
    """
    return Config(
        recipe="flowers-article",
        data="flowers:data/flowers102",
        image_size=(64, 64),
        channels=3,
        flip=False,
        epochs=50,
        batch_size=64,
        network=ArticleUNet(widths=(32, 64, 96, 128), depth=2, stem=32, embedding=32),
        schedule=Cosine(max_signal=0.95, min_signal=0.02),
        prediction=Noise(),
        level=Variance(),
        pixels=BatchPixels(),
        times=UniformTimes(),
        objective=NoiseAndImage(),
        optimizer=Optimizer(learning_rate=1e-3, weight_decay=1e-4),
        average=Average(decay=0.999),
        watch=Watch(validate=100, sample=100, checkpoint=100),
        sampler=Ddim(),
        grid=Uniform(),
        sampling_steps=80,
    )


def flowers_small() -> Config:
    """Oxford Flowers 102 at 64x64 with the small UNet; a first impression in a quarter of an hour on a CPU.

    `demo` at another size: two fifths of the article's work for each picture, so that it sees more than
    twice as many for the same work.
    """
    plain = demo()
    return replace(
        plain,
        recipe="flowers-small",
        data="flowers:data/flowers102",
        image_size=(64, 64),
        channels=3,
        flip=True,
        steps=None,
        epochs=50,
        network=UNet(widths=(48, 96, 192)),
        optimizer=replace(plain.optimizer, learning_rate=1e-3),
        watch=Watch(validate=500, sample=500, checkpoint=500),
    )


def flowers_classes() -> Config:
    """Oxford Flowers 102 at 64x64 by class, with the small UNet, 200 epochs; a GPU's work.

    Against the article's: the network attends and is told the class, predicts the velocity, sees a longer
    range of noise, and every picture also mirrored. A tenth of the labels is withheld, for guidance. It has
    not been trained to its end yet.
    """
    return Config(
        recipe="flowers-classes",
        data="flowers:data/flowers102",
        image_size=(64, 64),
        channels=3,
        flip=True,
        classes=None,
        label_dropout=0.1,
        epochs=200,
        batch_size=64,
        network=UNet(widths=(64, 128, 256), depth=2, patch=2, embedding=128, heads=4),
        schedule=Cosine(max_signal=0.999, min_signal=0.02),
        prediction=Velocity(),
        level=Angle(),
        pixels=DatasetPixels(),
        times=UniformTimes(stratified=True),
        objective=Plain(norm="l2"),
        optimizer=Optimizer(learning_rate=5e-4, decay="cosine", warmup=500, weight_decay=1e-2, clip=1.0),
        average=Average(decay=0.9995),
        watch=Watch(log=50, validate=1000, sample=2000, sample_count=102, checkpoint=2000, keep_every=6000),
        sampler=Ddim(),
        grid=Uniform(),
        sampling_steps=50,
    )
