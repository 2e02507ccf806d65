"""The flowers-article recipe against the oracle, an independent NumPy form of the article's recipe.

Once in float64, where only the network's float32 output rounds, and once in float32, where sines of
2 pi 1000 sigma^2 keep three or four digits.
"""

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax.traverse_util import flatten_dict, unflatten_dict

from mezzotint.config import Config
from mezzotint.core import pixels
from mezzotint.core.grid import Uniform
from mezzotint.core.level import Variance
from mezzotint.core.objective import NoiseAndImage, UniformTimes, noised
from mezzotint.core.pixels import BatchPixels, PixelStatistics
from mezzotint.core.prediction import Noise
from mezzotint.core.schedule import Cosine
from mezzotint.model import bind
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.recipes import recipe
from mezzotint.sampling import loop
from mezzotint.sampling.ddim import Ddim
from mezzotint.training.step import gradients

from .oracle import article

WIDTHS, DEPTH = (32, 64, 96, 128), 2
BLOCKS = [
    *("down0_0", "down0_1", "down1_0", "down1_1", "down2_0", "down2_1"),
    *("bottom_0", "bottom_1"),
    *("up2_0", "up2_1", "up1_0", "up1_1", "up0_0", "up0_1"),
]
SAME_WIDTH = ("down0_1", "down1_1", "down2_1", "bottom_1")  # the blocks without a shortcut
# Every convolution in the order of the forward pass.
CONVOLUTIONS = [
    "stem",
    *(
        f"{block}/{name}"
        for block in BLOCKS
        for name in ("shortcut", "first", "second")
        if name != "shortcut" or block not in SAME_WIDTH
    ),
    "output",
]

Tree = Any


def to_tree(parameters: article.Parameters) -> Tree:
    """The oracle's parameters under flax's names."""
    named = {}
    for name, (kernel, bias) in zip(CONVOLUTIONS, parameters, strict=True):
        named |= {f"{name}/kernel": kernel, f"{name}/bias": bias}
    return unflatten_dict(named, sep="/")


def to_statistics(running: article.Running) -> Tree:
    """The oracle's running statistics under flax's names."""
    return {
        block: {"norm": {"mean": mean, "var": variance}}
        for block, (mean, variance) in zip(BLOCKS, running, strict=True)
    }


def assert_near(found: Tree, expected: Tree, tolerance: float) -> None:
    """Every array within `tolerance` of the greatest entry of the expected array."""
    ours, theirs = flatten_dict({"": found}, sep="/"), flatten_dict({"": expected}, sep="/")
    assert ours.keys() == theirs.keys()
    for name in theirs:
        scale = np.abs(theirs[name]).max()
        np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=tolerance * scale, err_msg=name)


def dot(left: Tree, right: Tree) -> float:
    """The inner product of two trees."""
    products = jax.tree.map(lambda a, b: float(np.vdot(np.asarray(a), np.asarray(b))), left, right)
    return sum(jax.tree.leaves(products))


@dataclass(frozen=True)
class Case:
    """The same random example for both sides; the oracle's answers are worked out once."""

    size: int = 16

    @cached_property
    def arrays(self) -> tuple[article.Array, article.Array, article.Array]:
        """Pixels in [0, 1], times, noise."""
        generator = np.random.default_rng(5)
        shape = (2, self.size, self.size, 3)
        return generator.random(shape), np.array([0.35, 0.8]), generator.standard_normal(shape)

    @cached_property
    def parameters(self) -> list[article.Parameter]:
        """None of them zero."""
        shapes = article.conv_shapes(WIDTHS, DEPTH, channels=3, stem=32, embedding=32)
        return article.make_parameters(shapes, seed=6)

    @cached_property
    def x(self) -> tuple[article.Array, article.Array]:
        """The noisy images, and sigma^2."""
        images, times, noise = self.arrays
        alpha, sigma = article.rates(times)
        image = article.normalise(images, *article.statistics(images))
        return alpha[:, None, None, None] * image + sigma[:, None, None, None] * noise, sigma**2

    @cached_property
    def batch_statistics(self) -> list[article.Statistics]:
        """Of every BatchNorm, in training."""
        return article.batch_statistics(self.parameters, *self.x, WIDTHS, DEPTH)

    @cached_property
    def running(self) -> list[article.Statistics]:
        """Means and variances before the step, none of them 0 or 1."""
        generator = np.random.default_rng(7)
        return [
            (0.1 * generator.standard_normal(len(mean)), 0.5 + generator.random(len(mean)))
            for mean, _ in self.batch_statistics
        ]

    @cached_property
    def learned(self) -> tuple[float, list[article.Parameter]]:
        """The loss and its gradients."""
        return article.loss_and_gradients(self.parameters, *self.arrays, WIDTHS, DEPTH)

    @cached_property
    def quiet(self) -> list[article.Parameter]:
        """The parameters with a small output, so that few pixels of a sample are clipped."""
        *before, (kernel, bias) = self.parameters
        return [*before, (0.02 * kernel, 0.02 * bias)]


CASE = Case()
PIXELS = PixelStatistics(np.full(3, 0.5), np.array([0.02, 0.03, 0.01]))


@dataclass(frozen=True)
class Ours:
    """What the package makes of the case.

    Attributes:
        double: in float64.
    """

    double: bool

    @property
    def config(self) -> Config:
        """The recipe, at the case's size and this precision."""
        made, dtype = recipe("flowers-article"), "float64" if self.double else "float32"
        network = made.network.clone(dtype=dtype)
        return replace(made, network=network, image_size=(CASE.size, CASE.size))

    @cached_property
    def learned(self) -> Tree:
        """Loss, gradients, and batch statistics after the step; and those of the pixels."""
        with jax.enable_x64(self.double):
            learned = jax.jit(partial(self._learn, self.config))(
                to_tree(CASE.parameters), to_statistics(CASE.running), *CASE.arrays
            )
            return jax.tree.map(np.asarray, learned)

    @staticmethod
    def _learn(config: Config, params: Tree, stats: Tree, images: Any, t: Any, noise: Any) -> Tree:
        start = config.pixels.initial(pixels.measure(images))
        used, running = config.pixels.in_training(start, images)
        truth = noised(config.schedule, t, pixels.encode(images, used), noise)
        return *gradients(config, params, stats, truth), truth.x, running

    def output(self) -> tuple[Any, Any]:
        """The network in training mode, and its batch statistics after it, an operation at a time."""
        with jax.enable_x64(self.double):
            stats = to_statistics(CASE.running)
            variables = {"params": to_tree(CASE.parameters), "batch_stats": stats}
            output, updated = jax.jit(
                partial(self.config.network.apply, train=True, mutable=["batch_stats"])
            )(variables, *CASE.x)
            return output, updated["batch_stats"]

    def pictures(self, parameters: article.Parameters, x: article.Array, steps: int) -> Any:
        """A DDIM sample from noise x."""
        with jax.enable_x64(self.double):
            stats = to_statistics(CASE.batch_statistics)
            variables = {"params": to_tree(parameters), "batch_stats": stats}
            times = loop.times(self.config.grid, self.config.schedule, steps)
            found = self._sample(variables, times, x, loop.keys(0, 0, len(x)))
            return np.asarray(pixels.decode(found, jax.tree.map(jnp.asarray, PIXELS)))

    @cached_property
    def _sample(self) -> Any:
        config = self.config

        @jax.jit
        def sample(variables: Tree, times: loop.Times, x: Any, keys: Any) -> Any:
            denoise = bind(config, variables)
            return loop.sample(denoise, config.schedule, config.sampler, times, x, keys)

        return sample


DOUBLE, SINGLE = Ours(double=True), Ours(double=False)
both = pytest.mark.parametrize(
    ("ours", "tolerance"),
    [pytest.param(DOUBLE, 2e-6, id="float64"), pytest.param(SINGLE, 2e-3, id="float32")],
)


@both
def test_the_output_in_training_is_the_oracles(ours: Ours, tolerance: float) -> None:
    expected = article.forward(CASE.parameters, *CASE.x, WIDTHS, DEPTH)
    found, _ = ours.output()
    assert_near(found, expected, tolerance)
