"""A model's guidance: composed as it says, traced once, and refused where it cannot be."""

import math
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint.core.schedule import Straight, log_snr
from mezzotint.errors import UserError
from mezzotint.guidance.clip import Dynamic, Static, clipped
from mezzotint.guidance.extrapolate import Push, extrapolate
from mezzotint.model import Guidance, Model, bind, guidance

from .conditional import model, other

CONFIG = model().config
LABELS = jnp.array([0, 2, -1])
EVERYWHERE = 0.0, math.inf


def noisy() -> tuple[jax.Array, jax.Array]:
    x = np.random.default_rng(0).standard_normal((3, 4, 4, 3))
    return jnp.float32(x), jnp.array([0.2, 0.5, 0.8])


def assert_same(found: object, expected: object) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), found, expected)


def test_without_guidance_the_denoiser_is_the_networks_alone() -> None:
    plain = bind(CONFIG, model().variables, LABELS)(*noisy())
    assert_same(model().denoiser(LABELS)(*noisy()), plain)
    unlabelled = model().denoiser()(*noisy())
    assert_same(model().denoiser(jnp.full(3, -1))(*noisy()), unlabelled)
    differences = jnp.abs(unlabelled.image - plain.image).max((1, 2, 3))
    assert (np.asarray(differences > 1e-3) == [True, True, False]).all()


def test_classifier_free_guidance_goes_away_from_no_label() -> None:
    strong, weak = bind(CONFIG, model().variables, LABELS), bind(CONFIG, model().variables)
    found = model().denoiser(LABELS, Guidance(scale=3.0, interval=(0.1, 2.0)))(*noisy())
    assert_same(found, extrapolate(strong, weak, CONFIG.schedule, Push(3.0, 0.1, 2.0))(*noisy()))


def test_autoguidance_goes_away_from_a_weaker_model_with_the_same_labels() -> None:
    weaker = model(seed=1)
    strong, weak = bind(CONFIG, model().variables, LABELS), bind(CONFIG, weaker.variables, LABELS)
    found = model().denoiser(LABELS, Guidance(scale=2.0, weaker=weaker))(*noisy())
    assert_same(found, extrapolate(strong, weak, CONFIG.schedule, Push(2.0, *EVERYWHERE))(*noisy()))


def test_a_weaker_model_may_know_no_classes_and_guide_one_that_knows_none() -> None:
    for labels, strong in ((LABELS, model()), (None, model(classes=0))):
        guided = strong.denoiser(labels, Guidance(scale=2.0, weaker=model(classes=0, seed=1)))(*noisy())
        assert np.abs(guided.image - strong.denoiser(labels)(*noisy()).image).max() > 0.01


@pytest.mark.parametrize("clip", [Static(), Dynamic(percentile=90)], ids=repr)
def test_what_is_guided_is_clipped_last(clip: Static | Dynamic) -> None:
    guided = model().denoiser(LABELS, Guidance(scale=3.0))
    found = model().denoiser(LABELS, Guidance(scale=3.0, clip=clip))(*noisy())
    assert_same(found, clipped(guided, CONFIG.schedule, model().pixels, clip)(*noisy()))
    assert np.abs(found.image - guided(*noisy()).image).max() > 0.01


def test_another_scale_interval_or_weaker_model_traces_no_network_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In pictures of a size and number that no other test has."""
    traced: list[int] = []

    def counted(*arguments: object) -> object:
        traced.append(1)
        return bind(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(guidance, "bind", counted)
    big = other(CONFIG, image_size=(5, 6))

    def sample(*guidances: Guidance) -> int:
        for each in guidances:
            big.sample(7, labels=1, guidance=each)
        return len(traced)

    assert sample(Guidance()) == 1
    by_label = Guidance(2.0), Guidance(3), Guidance(1.0, (0.2, 5.0)), Guidance(4.0, (0, 5))
    assert sample(*by_label) == 3
    weaker = replace(big, variables=jax.tree.map(lambda a: 0.5 * a, big.variables))
    assert sample(Guidance(2.0, weaker=big), Guidance(3.0, weaker=weaker)) == 5


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Guidance(2.0, interval=(-1.0, 2.0)), "must be 0 <= LOW <= HIGH, not -1 2"),
        (Guidance(2.0, interval=(3.0, 2.0)), "must be 0 <= LOW <= HIGH, not 3 2"),
        (Guidance(2.0, interval=(0.0, math.nan)), "must be 0 <= LOW <= HIGH, not 0 nan"),
        (Guidance(math.nan), "the guidance scale must be a finite number, not nan"),
        (Guidance(2.0, weaker=other(CONFIG, image_size=(8, 8))), "its picture shape is (8, 8, 3)"),
        (Guidance(2.0, weaker=other(CONFIG, schedule=Straight())), "its schedule is Straight("),
        (Guidance(2.0, weaker=other(CONFIG, classes=5)), "knows 5 classes, and the model 3"),
    ],
    ids=str,
)
def test_guidance_that_cannot_be_is_refused(asked: Guidance, said: str) -> None:
    with pytest.raises(UserError) as error:
        model().sample(1, labels=0, guidance=asked)
    assert said in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("which", "said"),
    [(model(classes=0), "was trained without classes"), (model(label_dropout=0.0), "--label-dropout 0")],
    ids=["no classes", "no null label"],
)
def test_there_must_be_something_to_guide_away_from(which: Model, said: str) -> None:
    with pytest.raises(UserError, match=said):
        which.sample(1, guidance=Guidance(2.0))
    by_weaker = Guidance(2.0, weaker=model(classes=0, seed=1))
    assert guidance.sound(which.config, by_weaker).weaker is by_weaker.weaker


def test_the_interval_is_one_of_noise_levels() -> None:
    """Sigma / alpha is exp(-log_snr / 2): at t = 0.2, 0.5 and 0.8 it is 0.6, 1.4 and 4.6."""
    levels = jnp.exp(-log_snr(CONFIG.schedule(noisy()[1])) / 2)
    np.testing.assert_allclose(levels, [0.63, 1.45, 4.57], rtol=0.5)
    labels = jnp.zeros(3, int)
    found = model().denoiser(labels, Guidance(3.0, (1.0, 3.0)))(*noisy()).image
    moved = np.abs(found - model().denoiser(labels)(*noisy()).image).max((1, 2, 3)) > 1e-3
    assert moved.tolist() == [False, True, False]
