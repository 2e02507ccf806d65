"""An ensemble's estimates are the means of its members', and each member is the model that it was."""

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint.config import Config, kind_of
from mezzotint.core.pixels import DatasetPixels, PixelStatistics
from mezzotint.core.prediction import Preconditioned, Velocity
from mezzotint.errors import UserError
from mezzotint.model import Model, load
from mezzotint.model.ensemble import disagreement, ensemble, member
from mezzotint.model.weights import abstract_ema
from mezzotint.networks.ensemble import Ensemble
from mezzotint.networks.unet import UNet


def models(config: Config, number: int) -> list[Model]:
    """Models of random weights, none of them zero."""
    shapes = abstract_ema(config)["variables"]

    def value(path: tuple, leaf: jax.ShapeDtypeStruct, random: np.random.Generator) -> jax.Array:
        drawn = 0.3 * random.standard_normal(leaf.shape)
        return jnp.asarray(1 + np.abs(drawn) if path[-1].key in ("var", "scale") else drawn, jnp.float32)

    def model(seed: int) -> Model:
        random = np.random.default_rng(seed)
        variables = jax.tree_util.tree_map_with_path(lambda *leaf: value(*leaf, random), shapes)
        return Model(
            replace(config, seed=seed), variables, PixelStatistics(jnp.full(3, 0.5), jnp.full(3, 0.1))
        )

    return [model(seed) for seed in range(number)]


@pytest.fixture
def whole(tiny: Config) -> Config:
    return replace(tiny, channels=3, pixels=DatasetPixels())


@pytest.mark.parametrize("prediction", [Velocity(), Preconditioned()], ids=kind_of)
def test_estimates_are_the_means_of_the_members(whole: Config, prediction: Velocity | Preconditioned) -> None:
    members = models(replace(whole, prediction=prediction), 3)
    x, t = jax.random.normal(jax.random.key(0), (4, 8, 8, 3)), jnp.linspace(0.1, 0.9, 4)
    found = ensemble(members).denoiser()(x, t)
    each = [model.denoiser()(x, t) for model in members]
    for mean, *ones in zip(found, *each, strict=True):
        spread = float(jnp.std(jnp.stack(ones), axis=0).mean())
        assert spread > 1e-2  # of different members
        np.testing.assert_allclose(mean, jnp.stack(ones).mean(0), rtol=1e-4, atol=1e-5)


def test_a_member_is_what_it_was(whole: Config) -> None:
    members = models(whole, 2)
    together = ensemble(members)
    assert (together.config.members, members[0].config.members) == (2, 0)
    for index, model in enumerate(members):
        np.testing.assert_array_equal(member(together, index).sample(3), model.sample(3))
    assert not np.allclose(together.sample(3), members[0].sample(3))


def test_an_ensemble_is_saved_and_loaded_as_any_model(whole: Config, tmp_path: Path) -> None:
    together = ensemble(models(replace(whole, network=UNet(widths=(8, 8), depth=1, heads=1)), 2))
    together.save(tmp_path)
    again = load(tmp_path)
    assert isinstance(again.config.network, Ensemble) and again.config.network == together.config.network
    np.testing.assert_array_equal(again.sample(2), together.sample(2))


def test_pixel_statistics_are_the_means(whole: Config) -> None:
    first, second = models(whole, 2)
    other = replace(second, pixels=PixelStatistics(jnp.full(3, 0.7), jnp.full(3, 0.3)))
    np.testing.assert_allclose(ensemble([first, other]).pixels.mean, 0.6, rtol=1e-6)
    np.testing.assert_allclose(ensemble([first, other]).pixels.variance, 0.2, rtol=1e-6)


def test_disagreement_is_the_deviation_over_members() -> None:
    members = np.random.default_rng(0).random((4, 5, 6, 7, 3))
    away = members - members.mean(0)
    expected = np.sqrt((away**2).sum((0, -1)) / 12)
    np.testing.assert_allclose(disagreement(list(members))[..., 0], expected, rtol=1e-12)
    assert not disagreement([members[0], members[0]]).any()
    assert disagreement([np.zeros((1, 1, 1, 3)), np.ones((1, 1, 1, 3))]) == 0.5


def test_members_may_augment_by_different_amounts(whole: Config, tmp_path: Path) -> None:
    both = [models(replace(whole, augment=amount), 1)[0] for amount in (0.12, 0.3)]
    ensemble(both).save(tmp_path)
    assert load(tmp_path).config.members == 2


def test_equally_many_classes_of_other_names_are_other_classes(whole: Config) -> None:
    def named(*names: str) -> Model:
        return models(replace(whole, classes=len(names), label_names=names), 1)[0]

    assert ensemble([named("cat", "dog"), named("cat", "dog")]).config.label_names == ("cat", "dog")
    with pytest.raises(UserError, match="differ in label_names"):
        ensemble([named("cat", "dog"), named("dog", "cat")])


def test_what_cannot_be_an_ensemble_is_refused(whole: Config) -> None:
    first, second = models(whole, 2)
    with pytest.raises(UserError, match="two models at least, not 1"):
        ensemble([first])
    with pytest.raises(UserError, match="differ in prediction.kind"):
        ensemble([first, *models(replace(whole, prediction=Velocity()), 1)])
    with pytest.raises(UserError, match="differ in augment"):
        ensemble([first, *models(replace(whole, augment=0.12), 1)])
    with pytest.raises(UserError, match="cannot be an ensemble itself"):
        ensemble([ensemble([first, second]), first])
    with pytest.raises(UserError, match="members 0 to 1"):
        member(ensemble([first, second]), 2)
    with pytest.raises(UserError, match="is no ensemble"):
        member(first, 0)
