"""Recipes for Oxford Flowers 102."""

from mezzotint.config import Average, Config, Optimizer, Watch
from mezzotint.core.grid import Uniform
from mezzotint.core.level import Variance
from mezzotint.core.objective import NoiseAndImage, UniformTimes
from mezzotint.core.pixels import BatchPixels
from mezzotint.core.prediction import Noise
from mezzotint.core.schedule import Cosine
from mezzotint.networks.article_unet import ArticleUNet
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
