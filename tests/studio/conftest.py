"""A run folder without any training: random weights, a made-up journal, grids of random pictures."""

from functools import cache, partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint import pictures
from mezzotint.config import Config, Watch
from mezzotint.core.pixels import PixelStatistics
from mezzotint.model import Model, init_variables
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.runs import journal
from mezzotint.runs.folder import RunFolder

STEPS = 4
SHEETS = range(10, 90, 10)
NASTY = '<script>alert("$x")</script>'


@cache
def tiny_config() -> Config:
    """A network of a few thousand parameters on 8x8 pictures in grey."""
    network = ArticleUNet(widths=(8, 8), depth=1, stem=8, embedding=8)
    return Config(
        recipe=NASTY,
        data="folder:<b>&amp;",
        image_size=(8, 8),
        channels=1,
        steps=100,
        network=network,
        watch=Watch(sample_count=9),
        sampling_steps=STEPS,
    )


@cache
def tiny_model() -> Model:
    """Random weights, for which nothing needs to be compiled."""
    shapes = jax.eval_shape(partial(init_variables, tiny_config()), jax.random.key(0))
    generator = np.random.default_rng(0)
    variables = jax.tree.map(lambda leaf: jnp.float32(generator.random(leaf.shape) / 10), shapes)
    mean, variance = jnp.full(1, 0.3, jnp.float32), jnp.full(1, 0.1, jnp.float32)
    return Model(tiny_config(), variables, PixelStatistics(mean, variance))


@pytest.fixture
def run(tmp_path: Path) -> tuple[Model, RunFolder]:
    """The model, and its folder with a journal and grids."""
    folder = RunFolder(tmp_path / "run")
    tiny_model().save(folder.path)
    write_journal(folder)
    return tiny_model(), folder


def write_journal(folder: RunFolder) -> None:
    """A start, a training loss every 5 steps, two held-out losses, and the grids."""
    journal.append(folder.journal, "start", 0, devices=2, jax="<i>", flax="0.12.8")
    for step in range(5, 101, 5):
        seconds = {"images_per_second": 40.0 + step, "elapsed": 1.0}
        journal.append(folder.journal, "train", step, loss=1 / step, seconds=seconds)
    for step in (50, 100):
        journal.append(folder.journal, "validation", step, loss=2 / step)
    for step in SHEETS:
        file = folder.grid(step).relative_to(folder.path)
        pictures.save_png(random_sheet(step), folder.grid(step))
        journal.append(folder.journal, "sample", step, file=str(file))


def random_sheet(seed: int, count: int = 9) -> pictures.Pixels:
    """A grid of 8x8 pictures."""
    return pictures.grid(np.random.default_rng(seed).random((count, 8, 8, 1)))
