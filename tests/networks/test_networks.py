"""Every network: shapes, precision, a start at zero, and pictures that ignore their batch."""

from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from einops import EinopsError

from mezzotint.config import KINDS
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.networks.condition import Condition
from mezzotint.networks.ensemble import Ensemble
from mezzotint.networks.unet import UNet

TINY: dict[type, dict[str, Any]] = {
    ArticleUNet: {"widths": (4, 6), "depth": 1, "stem": 4, "embedding": 4},
    UNet: {"widths": (8, 16), "depth": 1, "embedding": 4, "heads": 2},
    Ensemble: {"network": ArticleUNet(widths=(4, 6), depth=1, stem=4, embedding=4)},
}
SINGLE = {name: cls for name, cls in KINDS["network"].items() if cls is not Ensemble}
every_single = pytest.mark.parametrize("cls", SINGLE.values(), ids=SINGLE)  # made of no other networks
every_network = pytest.mark.parametrize("cls", KINDS["network"].values(), ids=KINDS["network"])


def tiny(cls: type[nn.Module], **settings: Any) -> Any:
    """A network that compiles quickly."""
    return cls(**{**TINY.get(cls, {}), **settings})


def inputs(shape: tuple[int, ...]) -> tuple[jax.Array, jax.Array]:
    """Noisy images and levels."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal(shape)
    return jnp.asarray(x), jnp.asarray(generator.random(shape[0]))


def abstract(network: nn.Module, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """The shapes of the variables and of the output, with nothing computed."""
    arguments = (jnp.zeros(shape), jnp.zeros(shape[0]))
    variables = jax.eval_shape(
        lambda: network.init(jax.random.key(0), *arguments, train=False),
    )
    output = jax.eval_shape(lambda v: network.apply(v, *arguments, train=False), variables)
    return variables, output


def randomised(network: nn.Module, shape: tuple[int, ...]) -> Any:
    """Variables of the network, none of them zero; variances above 0."""
    generator = np.random.default_rng(1)

    def value(path: tuple, leaf: jax.ShapeDtypeStruct) -> np.ndarray:
        drawn = 0.3 * generator.standard_normal(leaf.shape)
        return np.float32(1 + np.abs(drawn) if path[-1].key in ("var", "scale") else drawn)

    return jax.tree_util.tree_map_with_path(value, abstract(network, shape)[0])


def test_the_articles_network_has_2_638_755_parameters() -> None:
    variables, output = abstract(ArticleUNet(), (1, 64, 64, 3))
    assert sum(leaf.size for leaf in jax.tree.leaves(variables["params"])) == 2_638_755
    assert output.shape == (1, 64, 64, 3)


@every_network
def test_each_network_has_a_tiny_form_here(cls: type[nn.Module]) -> None:
    parameters = jax.tree.leaves(abstract(tiny(cls), (1, 8, 8, 1))[0]["params"])
    assert sum(leaf.size for leaf in parameters) < 50_000


@pytest.mark.parametrize("shape", [(2, 16, 16, 1), (1, 8, 24, 3), (3, 24, 16, 3)], ids=str)
@every_network
def test_the_output_is_shaped_like_the_input(cls: type[nn.Module], shape: tuple[int, ...]) -> None:
    output = abstract(tiny(cls), shape)[1]
    assert (output.shape, output.dtype) == (shape, jnp.float32)


@pytest.mark.parametrize("stages", [1, 2, 4])
@every_single
def test_sides_that_the_divisor_divides_work_and_no_others(cls: type[nn.Module], stages: int) -> None:
    network = tiny(cls, widths=(8,) * stages)
    divisor = network.divisor
    for side in (divisor, 3 * divisor):
        assert abstract(network, (1, side, 2 * divisor, 1))[1].shape == (1, side, 2 * divisor, 1)
    for side in {divisor // 2, 3 * divisor // 2, divisor + 1} - {0, divisor, 2 * divisor}:
        if side % divisor:
            for shape in ((1, side, divisor, 1), (1, divisor, side, 1)):
                with pytest.raises(EinopsError):
                    abstract(network, shape)


def test_the_divisors_are_the_halvings_and_the_patch() -> None:
    assert ArticleUNet().divisor == 8
    assert UNet(widths=(8, 8, 8), patch=4).divisor == 16


@every_single
def test_the_output_starts_at_zero_whatever_comes_before_the_last_layer(
    cls: type[nn.Module],
) -> None:
    """Only the last layer's first parameters are computed; everything before it is random."""
    x, level = inputs((3, 8, 16, 3))
    network = tiny(cls)
    variables = randomised(network, x.shape)
    first = jax.jit(lambda: first_parameters(network, x, level)["output"])()
    assert set(first) == set(variables["params"]["output"])
    variables["params"]["output"] = first
    run = jax.jit(lambda variables: network.apply(variables, x, level, train=False))
    np.testing.assert_array_equal(run(variables), 0)


def first_parameters(network: nn.Module, x: jax.Array, level: jax.Array) -> Any:
    """As training begins with them."""
    return network.init(jax.random.key(0), x, level, train=False)["params"]


@every_single
def test_a_network_is_told_labels_by_one_matrix_more(cls: type[nn.Module]) -> None:
    """A row for each class and one for none; each moves the output; without classes no parameter more."""
    x, level = inputs((3, 8, 16, 3))
    network = tiny(cls)
    plain = randomised(network, x.shape)
    assert "condition" not in plain["params"]
    labels = jnp.eye(3)
    asked = partial(network.init, train=False)
    variables = jax.eval_shape(asked, jax.random.key(0), x, level, Condition(label=labels))
    shape = variables["params"]["condition"]["label"]["kernel"].shape
    assert shape[0] == 3 and list(variables["params"]["condition"]) == ["label"]
    kernel = jnp.float32(np.random.default_rng(2).standard_normal(shape))
    told = {**plain, "params": {**plain["params"], "condition": {"label": {"kernel": kernel}}}}
    same = jnp.broadcast_to(x[:1], x.shape), jnp.full(3, 0.5)
    run = jax.jit(lambda x, level: network.apply(told, x, level, Condition(label=labels), train=False))
    found = np.asarray(run(*same))
    for other in (1, 2):
        assert np.abs(found[other] - found[0]).max() > 1e-2


@every_network
def test_a_picture_never_looks_at_its_batch_outside_training(cls: type[nn.Module]) -> None:
    """Within 1e-5 of outputs of order 1; every picture and level counts for itself."""
    x, level = inputs((3, 8, 16, 3))
    network = tiny(cls)
    variables = randomised(network, x.shape)
    run = jax.jit(lambda x, level: network.apply(variables, x, level, train=False))
    together = np.asarray(run(x, level))
    assert together.std() > 0.1
    for index in range(3):
        others = jnp.flip(x, axis=2).at[index].set(x[index])
        found = run(others, (1 - level).at[index].set(level[index]))
        np.testing.assert_allclose(found[index], together[index], rtol=0, atol=1e-5)
    moved = run(x, (level + 0.3) % 1)
    assert np.all(np.abs(moved - together).max((1, 2, 3)) > 1e-3)


@every_single
def test_bfloat16_gives_float32_near_float32s_own(cls: type[nn.Module]) -> None:
    """Parameters and statistics stay float32; the output is within 5 % of its spread on average."""
    x, level = inputs((2, 8, 8, 3))
    full, half = tiny(cls), tiny(cls, dtype="bfloat16")
    for leaf in jax.tree.leaves(abstract(half, x.shape)[0]):
        assert leaf.dtype == jnp.float32
    variables = randomised(full, x.shape)

    def apply(network: nn.Module) -> tuple[jax.Array, Any]:
        return network.apply(variables, x, level, train=True, mutable=["batch_stats"])

    (expected, _), (found, updated) = jax.jit(lambda: (apply(full), apply(half)))()
    assert found.dtype == jnp.float32
    for leaf in jax.tree.leaves(updated):
        assert leaf.dtype == jnp.float32
    error = np.abs(found - expected).mean() / np.asarray(expected).std()
    assert 1e-6 < error < 0.05
