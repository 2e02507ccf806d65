"""Rematerialisation changes what is kept for the way back, and nothing else."""

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint.config import Config
from mezzotint.model import init_variables, told
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.networks.unet import UNet
from mezzotint.training.gradients import application, untouched

DEEP = [ArticleUNet(widths=(8,), depth=2, stem=8, embedding=8), UNet(widths=(8,), depth=1, embedding=8)]


def loss_of(config: Config) -> tuple[Callable, dict]:
    """A scalar function of the parameters, and some parameters."""
    key = jax.random.key(0)
    variables = init_variables(config, key)
    variables["params"] = jax.tree.map(lambda a: a + 0.1, variables["params"])  # nothing is 0 any more
    x, labels = jax.random.normal(key, (4, *config.picture_shape)), jnp.full(4, -1)

    def loss(params: dict) -> jax.Array:
        given = {**variables, "params": params}
        output, _ = application(config, untouched, train=True)(given, x, jnp.ones(4), told(config, labels))
        return jnp.square(output).mean()

    return loss, variables["params"]


def kept(loss: Callable, params: dict) -> int:
    """The bytes that the backward pass is given, parameters apart."""
    way_back = jax.eval_shape(lambda params: jax.vjp(loss, params)[1], params)
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(way_back) if leaf.ndim == 4)


@pytest.mark.parametrize("network", DEEP, ids=["article-unet", "unet"])
def test_gradients_are_the_same_and_less_than_half_is_kept(tiny: Config, network: ArticleUNet | UNet) -> None:
    plain = replace(tiny, channels=3, image_size=(16, 16), network=network)
    (loss, params), (frugal, _) = map(loss_of, (plain, replace(plain, remat=True)))
    for one, other in zip(
        *map(jax.tree.leaves, (jax.jit(jax.grad(f))(params) for f in (loss, frugal))), strict=True
    ):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-6)
    assert kept(frugal, params) < kept(loss, params) / 2
