"""The flowers-article recipe against the oracle, an independent NumPy form of the article's.

Once at the article's widths in float64, where only the network's float32 output rounds, and once
with a narrow network in float32, where sines of 2 pi 1000 sigma^2 keep three or four digits.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.traverse_util import flatten_dict, unflatten_dict

from mezzotint.config import Config
from mezzotint.core import pixels
from mezzotint.core.objective import noised
from mezzotint.core.pixels import PixelStatistics
from mezzotint.model import bind
from mezzotint.networks.condition import UNCONDITIONED
from mezzotint.recipes import recipe
from mezzotint.sampling import loop
from mezzotint.training.gradients import gradients_of

from .oracle import article

DEPTH, STEM, EMBEDDING = 2, 32, 32
ARTICLE = (32, 64, 96, 128)
NARROW = (8, 12)
PIXELS = PixelStatistics(np.full(3, 0.5), np.array([0.002, 0.003, 0.001]))

Tree = Any


def blocks(widths: tuple[int, ...]) -> list[str]:
    """The residual blocks in the order of the forward pass."""
    above = range(len(widths) - 1)
    down = [f"down{stage}_{block}" for stage in above for block in range(DEPTH)]
    up = [f"up{stage}_{block}" for stage in reversed(above) for block in range(DEPTH)]
    return [*down, *(f"bottom_{block}" for block in range(DEPTH)), *up]


def convolutions(widths: tuple[int, ...]) -> list[str]:
    """Every convolution in the order of the forward pass; a block of one width has no shortcut."""
    names = ["stem"]
    for block in blocks(widths):
        if block.startswith("up") or block.endswith("_0"):
            names.append(f"{block}/shortcut")
        names += [f"{block}/first", f"{block}/second"]
    return [*names, "output"]


def as_tree(parameters: article.Parameters, widths: tuple[int, ...]) -> Tree:
    """The oracle's parameters, or their gradients, under flax's names."""
    named = {}
    for name, (kernel, bias) in zip(convolutions(widths), parameters, strict=True):
        named |= {f"{name}/kernel": kernel, f"{name}/bias": bias}
    return unflatten_dict(named, sep="/")


def as_statistics(running: article.Running, widths: tuple[int, ...]) -> Tree:
    """The oracle's running statistics under flax's names."""
    pairs = zip(blocks(widths), running, strict=True)
    return {block: {"norm": {"mean": mean, "var": variance}} for block, (mean, variance) in pairs}


def assert_near(found: Tree, expected: Tree, tolerance: float) -> None:
    """Every array within `tolerance`, in units of the expected array's greatest entry."""
    ours, theirs = flatten_dict({"": found}, sep="/"), flatten_dict({"": expected}, sep="/")
    assert ours.keys() == theirs.keys()
    for name, array in theirs.items():
        bound = tolerance * np.abs(array).max()
        np.testing.assert_allclose(ours[name], array, rtol=0, atol=bound, err_msg=name)


@dataclass(frozen=True)
class Example:
    """A random example and the oracle's answers, each worked out once.

    Attributes:
        widths: of the network.
    """

    widths: tuple[int, ...]

    @cached_property
    def arrays(self) -> tuple[article.Array, article.Array, article.Array]:
        """Pixels in [0, 1], times, noise."""
        generator = np.random.default_rng(5)
        shape = (2, 16, 16, 3)
        return generator.random(shape), np.array([0.35, 0.8]), generator.standard_normal(shape)

    @cached_property
    def parameters(self) -> list[article.Parameter]:
        """None of them zero."""
        shapes = article.conv_shapes(self.widths, DEPTH, 3, STEM, EMBEDDING)
        return article.make_parameters(shapes, seed=6)

    @cached_property
    def noisy(self) -> tuple[article.Array, article.Array]:
        """The noisy images, and sigma^2."""
        images, times, noise = self.arrays
        alpha, sigma = (rate[:, None, None, None] for rate in article.rates(times))
        image = article.normalise(images, *article.statistics(images))
        return alpha * image + sigma * noise, sigma.ravel() ** 2

    @cached_property
    def batch_statistics(self) -> list[article.Statistics]:
        """What every normalisation uses in training."""
        return article.batch_statistics(self.parameters, *self.noisy, self.widths, DEPTH)

    @cached_property
    def running(self) -> list[article.Statistics]:
        """Statistics before the step, far from both 0 and 1 and those of the batch."""
        generator = np.random.default_rng(7)
        return [
            (generator.standard_normal(mean.shape), 0.5 + generator.random(mean.shape))
            for mean, _ in self.batch_statistics
        ]

    @cached_property
    def output(self) -> article.Array:
        """The predicted noise in training."""
        return article.forward(self.parameters, *self.noisy, self.widths, DEPTH)

    @cached_property
    def learned(self) -> tuple[float, list[article.Parameter]]:
        """The loss and its gradients."""
        return article.loss_and_gradients(self.parameters, *self.arrays, self.widths, DEPTH)

    def quiet(self) -> list[article.Parameter]:
        """The parameters with a small output, with which few pixels of a sample are clipped."""
        *before, (kernel, bias) = self.parameters
        return [*before, (0.001 * kernel, 0.001 * bias)]

    def pictures(self, parameters: article.Parameters, x: article.Array, steps: int) -> article.Array:
        """A DDIM sample from noise x."""
        return article.ddim(parameters, x, steps, self.batch_statistics, *PIXELS, self.widths, DEPTH)


@dataclass(frozen=True)
class Package:
    """What the package makes of an example, in one precision.

    Attributes:
        example: the example.
        double: in float64.
    """

    example: Example
    double: bool

    @property
    def config(self) -> Config:
        """The recipe, at the example's size and this precision."""
        made, dtype = recipe("flowers-article"), "float64" if self.double else "float32"
        network = made.network.clone(widths=self.example.widths, dtype=dtype)
        return replace(made, network=network, image_size=(16, 16))

    @cached_property
    def learned(self) -> tuple[Tree, ...]:
        """The loss, its gradients, the batch statistics after the step; the output; the pixels'."""
        config, widths = self.config, self.example.widths
        params = as_tree(self.example.parameters, widths)
        stats = as_statistics(self.example.running, widths)

        @jax.jit
        def learn(params: Tree, stats: Tree, images: Any, t: Any, noise: Any) -> tuple[Tree, ...]:
            used, running = config.pixels.in_training(config.pixels.initial(pixels.measure(images)), images)
            truth = noised(config.schedule, t, pixels.encode(images, used), noise)
            variables = {"params": params, "batch_stats": stats}
            level = config.level(config.schedule(t))
            output, _ = config.network.apply(variables, truth.x, level, train=True, mutable=["batch_stats"])
            return *gradients_of(config)(params, stats, truth, UNCONDITIONED), output, running

        with jax.enable_x64(self.double):
            return jax.tree.map(np.asarray, learn(params, stats, *self.example.arrays))

    @cached_property
    def sampling(self) -> Any:
        """(variables, times, noise, keys) -> pictures, compiled once."""
        config = self.config

        @jax.jit
        def sample(variables: Tree, times: loop.Times, x: Any, keys: Any) -> Any:
            denoise = bind(config, variables)
            return loop.sample(denoise, config.schedule, config.sampler, times, x, keys)

        return sample

    def pictures(self, parameters: article.Parameters, x: article.Array, steps: int) -> article.Array:
        """A DDIM sample from noise x, in [0, 1]."""
        widths = self.example.widths
        stats = as_statistics(self.example.batch_statistics, widths)
        variables = {"params": as_tree(parameters, widths), "batch_stats": stats}
        with jax.enable_x64(self.double):
            times = loop.times(self.config.grid, self.config.schedule, steps)
            images = self.sampling(variables, times, x, loop.keys(0, 0, len(x)))
            return np.asarray(pixels.decode(images, jax.tree.map(jnp.asarray, PIXELS)))


DOUBLE = Package(Example(ARTICLE), double=True)
SINGLE = Package(Example(NARROW), double=False)


def within(double: float, single: float) -> pytest.MarkDecorator:
    """A test in both precisions, with the tolerance of each."""
    cases = [pytest.param(DOUBLE, double, id="float64"), pytest.param(SINGLE, single, id="float32")]
    return pytest.mark.parametrize(("ours", "tolerance"), cases)


def test_the_names_are_all_of_the_articles_convolutions() -> None:
    names = convolutions(ARTICLE)
    assert len(names) == len(DOUBLE.example.parameters) == 40
    assert names[:8] == [
        "stem",
        *("down0_0/shortcut", "down0_0/first", "down0_0/second"),
        *("down0_1/first", "down0_1/second"),
        *("down1_0/shortcut", "down1_0/first"),
    ]
    assert names[-4:] == ["up0_1/shortcut", "up0_1/first", "up0_1/second", "output"]


@within(double=1e-7, single=2e-3)
def test_the_output_in_training_is_the_oracles(ours: Package, tolerance: float) -> None:
    *_, output, _ = ours.learned
    assert_near(output, ours.example.output, tolerance)


@within(double=1e-12, single=1e-3)
def test_the_running_statistics_after_a_step_are_the_oracles(ours: Package, tolerance: float) -> None:
    _, _, found, _, _ = ours.learned
    running, used = ours.example.running, ours.example.batch_statistics
    expected = article.update_running(running, used)
    assert_near(found, as_statistics(expected, ours.example.widths), tolerance)


@within(double=1e-12, single=1e-6)
def test_the_pixels_running_statistics_are_the_oracles(ours: Package, tolerance: float) -> None:
    *_, found = ours.learned
    used = [article.statistics(ours.example.arrays[0])]
    ((mean, variance),) = article.update_running([(np.zeros(3), np.ones(3))], used)
    assert_near(found._asdict(), {"mean": mean, "variance": variance}, tolerance)


@within(double=1e-8, single=1e-3)
def test_the_loss_is_the_oracles(ours: Package, tolerance: float) -> None:
    np.testing.assert_allclose(ours.learned[0], ours.example.learned[0], rtol=tolerance)


@within(double=1e-7, single=3e-3)
def test_the_gradients_norm_is_the_oracles(ours: Package, tolerance: float) -> None:
    found = np.sqrt(sum(np.square(leaf).sum() for leaf in jax.tree.leaves(ours.learned[1])))
    expected = article.gradient_norm(ours.example.learned[1])
    np.testing.assert_allclose(found, expected, rtol=tolerance)


@within(double=1e-7, single=2e-2)
def test_each_gradient_is_the_oracles(ours: Package, tolerance: float) -> None:
    expected = as_tree(ours.example.learned[1], ours.example.widths)
    assert_near(ours.learned[1], expected, tolerance)


@within(double=1e-6, single=5e-3)
def test_five_ddim_steps_make_the_oracles_pictures(ours: Package, tolerance: float) -> None:
    """With running statistics far from 0 and 1; most pixels must not be clipped."""
    x = 0.02 * np.random.default_rng(8).standard_normal((2, 16, 16, 3))
    parameters = ours.example.quiet()
    expected = ours.example.pictures(parameters, x, 5)
    assert ((expected > 0) & (expected < 1)).mean() > 0.8
    np.testing.assert_allclose(ours.pictures(parameters, x, 5), expected, rtol=0, atol=tolerance)


def test_two_ddim_steps_from_plain_noise_do_too() -> None:
    """The first step magnifies the network's rounding by 1 / 0.02, so in float64 alone."""
    x = np.random.default_rng(8).standard_normal((2, 16, 16, 3))
    expected = DOUBLE.example.pictures(DOUBLE.example.parameters, x, 2)
    found = DOUBLE.pictures(DOUBLE.example.parameters, x, 2)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
