"""Small models whose outputs are not zero, for every network, prediction, schedule and noise level."""

from dataclasses import replace
from typing import Any

import flax.linen as nn
import jax
import numpy as np

from mezzotint.config import Config
from mezzotint.core import level, prediction, schedule
from mezzotint.core.pixels import PixelStatistics
from mezzotint.model import Model, init_variables
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.networks.unet import UNet

ARTICLE = Config(
    image_size=(8, 8),
    channels=3,
    network=ArticleUNet(widths=(8, 16), depth=1, stem=8, embedding=8),
    schedule=schedule.Cosine(min_signal=0.2),
    sampling_steps=3,
)
SMALL = replace(
    ARTICLE,
    network=UNet(widths=(8, 16), depth=1, embedding=8, heads=2),
    level=level.Angle(),
    prediction=prediction.Velocity(),
)
CONFIGS: dict[str, Config] = {
    "article": ARTICLE,
    "unet": SMALL,
    "unet, classes": replace(SMALL, classes=3, channels=1),
    "unet, augmented": replace(SMALL, augment=0.1),
    "image, linear": replace(
        SMALL, prediction=prediction.Image(), schedule=schedule.Linear(), level=level.Variance()
    ),
    "flow, straight": replace(SMALL, prediction=prediction.Flow(), schedule=schedule.Straight()),
    "velocity, log-snr": replace(SMALL, schedule=schedule.LogSnr(5.0, -3.0)),
    "preconditioned, karras": replace(
        SMALL,
        prediction=prediction.Preconditioned(),
        schedule=schedule.Karras(max_sigma=5.0),
        level=level.LogRatio(),
    ),
}


def model(config: Config, seed: int = 0) -> Model:
    """A model of random weights, whose pictures are neither black nor white."""
    variables = init_variables(config, jax.random.key(seed))
    leaves, tree = jax.tree.flatten(variables)
    keys = jax.random.split(jax.random.key(seed + 1), len(leaves))
    moved = [leaf + 0.1 * jax.random.normal(key, leaf.shape) for leaf, key in zip(leaves, keys, strict=True)]
    moved_tree = _positive(jax.tree.unflatten(tree, moved))
    assert config.channels is not None
    middle, spread = np.full(config.channels, 0.5, "f"), np.linspace(0.01, 0.02, config.channels, dtype="f")
    return Model(config, moved_tree, PixelStatistics(middle, spread))


def _positive(variables: Any) -> Any:
    """Variances cannot be negative."""
    return jax.tree_util.tree_map_with_path(
        lambda path, leaf: abs(leaf) if "var" in jax.tree_util.keystr(path) else leaf, variables
    )


class Sorting(nn.Module):
    """A network with a primitive that no format but JAX's own has."""

    divisor: int = 1
    dtype: str = "float32"

    @nn.compact
    def __call__(self, x: jax.Array, level: jax.Array, condition: Any = None, *, train: bool) -> jax.Array:
        """The pixels of each row in their order."""
        return jax.numpy.sort(x, axis=2) + self.param("shift", nn.initializers.zeros_init(), ())
