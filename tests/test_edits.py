"""Edits of pictures in [0, 1], on a model that knows its pictures exactly: normal pixels, independent."""

from functools import cache

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint import edits
from mezzotint.config import Config
from mezzotint.core.pixels import PixelStatistics
from mezzotint.core.schedule import Cosine
from mezzotint.editing.plan import Edits
from mezzotint.errors import UserError
from mezzotint.model import Model
from mezzotint.networks.condition import UNCONDITIONED, Condition
from mezzotint.pictures import to_bytes
from mezzotint.sampling.presets import PRESETS

DDIM, MEANS, STDS = PRESETS["ddim"], np.array([0.4, 0.5, 0.6], "f"), np.array([0.06, 0.08, 0.1], "f")


class Standard(nn.Module):
    """The noise expected in x, of pixels that are N(0, 1) once normalised: sigma x."""

    divisor: int = 1

    @nn.compact
    def __call__(self, x: Array, level: Array, condition: Condition = UNCONDITIONED, *, train: bool) -> Array:
        """Shaped like x."""
        return self.param("one", nn.initializers.ones, ()) * jnp.sqrt(level)[:, None, None, None] * x


@cache
def model(channels: int = 3) -> Model:
    config = Config(
        image_size=(8, 8),
        channels=channels,
        network=Standard(),  # type: ignore[arg-type]
        schedule=Cosine(max_signal=0.9999),
        sampling_steps=10,
    )
    statistics = PixelStatistics(jnp.asarray(MEANS[:channels]), jnp.asarray(STDS[:channels] ** 2))
    return Model(config, {"params": {"one": jnp.ones(())}, "batch_stats": {}}, statistics)


def picture(channels: int = 3) -> np.ndarray:
    """Of bytes over 255, as files give them."""
    draws = np.random.default_rng(0).normal(MEANS[:channels], STDS[:channels], (8, 8, channels))
    return to_bytes(draws) / np.float32(255)


def made(changes: Edits, count: int = 4, **arguments: object) -> np.ndarray:
    return model().sample(count, edits=changes, **{"sampler": DDIM, **arguments})  # type: ignore[arg-type]


MASK = np.zeros((8, 8), bool)
MASK[2:5, 3:8] = True


@pytest.mark.parametrize(("name", "repeats"), [("ddim", 3), ("ddpm", 3), ("unipc", 1)])
def test_inpainting_keeps_every_known_byte(name: str, repeats: int) -> None:
    painted = made(edits.inpaint(model(), picture(), MASK, repeats), sampler=PRESETS[name])
    np.testing.assert_array_equal(to_bytes(painted)[:, ~MASK], np.repeat([to_bytes(picture())[~MASK]], 4, 0))
    new = painted[:, MASK].reshape(-1, 3)
    assert len(np.unique(new, axis=0)) == len(new)
    np.testing.assert_allclose(new.mean(0), MEANS, atol=0.06)  # 5 standard errors of 60 values


def test_img2img_goes_from_the_picture_to_no_picture() -> None:
    by_strength = [made(edits.img2img(model(), picture(), strength)) for strength in (0.0, 0.3, 0.7, 1.0)]
    np.testing.assert_array_equal(to_bytes(by_strength[0]), np.repeat([to_bytes(picture())], 4, 0))
    np.testing.assert_allclose(by_strength[-1], made(()), atol=1e-5)
    distances = [edits.distance(each, picture()).mean_absolute for each in by_strength]
    assert distances == sorted(distances) and distances[1] < 0.6 * distances[2]


def test_variations_go_from_a_seeds_picture_to_others_of_the_seed() -> None:
    start = edits.noise(model(), seed=5, index=2)
    same = made(edits.variations(start, 0.0), seed=7)
    np.testing.assert_allclose(same, np.repeat(made((), 1, seed=5, first=2), 4, 0), atol=1e-5)
    np.testing.assert_allclose(made(edits.variations(start, 1.0), seed=7), made((), seed=7), atol=1e-5)
    near, far = (made(edits.variations(start, amount), seed=7) for amount in (0.2, 0.6))
    assert 0 < np.abs(near - same).mean() < 0.6 * np.abs(far - same).mean()


def test_an_interpolation_ends_at_the_pictures_of_its_seeds() -> None:
    ends = [edits.noise(model(), seed) for seed in (1, 2)]
    between = made(edits.interpolate(*ends, count=5), 5)
    for index, seed in ((0, 1), (-1, 2)):
        np.testing.assert_allclose(between[index], made((), 1, seed=seed)[0], atol=1e-5)
    moved = np.abs(np.diff(between, axis=0)).mean((1, 2, 3))
    assert moved.min() > 0.5 * moved.max()


def test_a_picture_comes_back_from_its_noise_and_can_be_varied() -> None:
    start = model().invert(picture()[None], sampler=DDIM)
    assert 0.8 < float(start.std()) < 1.2
    (again,) = made(edits.variations(start, 0.0), 1)
    assert edits.distance(again, picture()).mean_absolute < 0.1
    assert edits.distance(again, picture()).psnr > 50
    assert edits.distance(made(edits.variations(start, 0.3), 1)[0], picture()).mean_absolute > 1


@pytest.mark.parametrize(("factor", "name"), [(2, "ddpm"), (4, "unipc")])
def test_what_is_upscaled_is_the_small_picture_when_made_small(name: str, factor: int) -> None:
    """To within what a block's mean is known to, 1 %, at 3 standard deviations; the blocks are not flat."""
    small = picture().reshape(8 // factor, factor, 8 // factor, factor, 3).mean((1, 3))
    large = made(edits.upscale(model(), small), sampler=PRESETS[name])
    again = large.reshape(4, 8 // factor, factor, 8 // factor, factor, 3).mean((2, 4))
    np.testing.assert_allclose(again, np.repeat([small], 4, 0), rtol=0, atol=0.03)
    assert np.all(np.abs(large - small.repeat(factor, 0).repeat(factor, 1)).mean((0, 1, 2)) > 0.3 * STDS)


def test_what_is_colorized_has_the_luma_and_colours() -> None:
    grey = picture() @ edits.LUMA[:, None]
    coloured = made(edits.colorize(model(), grey))
    np.testing.assert_allclose(coloured @ edits.LUMA[:, None], np.repeat([grey], 4, 0), rtol=0, atol=0.03)
    assert np.all((coloured - coloured.mean(-1, keepdims=True)).std((0, 1, 2)) > 0.02)


def test_another_picture_mask_or_strength_compiles_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    traces, traced = [], Standard.__call__
    monkeypatch.setattr(Standard, "__call__", lambda *a, **k: traces.append(1) or traced(*a, **k))
    counts = []
    for shift, repeats, strength in ((0.0, 2, 0.4), (0.1, 5, 0.9)):
        made(edits.inpaint(model(), picture() + shift, MASK ^ (shift > 0), repeats), 3)
        made(edits.img2img(model(), picture() + shift, strength), 3)
        counts.append(len(traces))
    assert counts[0] == counts[1] > 0


REFUSED = {
    "a mask of another size": (lambda m: edits.inpaint(m, picture(), MASK[:4]), "the mask is 8x4, and the"),
    "a picture of another size": (lambda m: edits.img2img(m, picture()[:4], 0.5), "the picture is 8x4 of 3"),
    "a picture in grey": (lambda m: edits.img2img(m, picture(1), 0.5), "of 1 channels, .* of 3"),
    "no repeats": (lambda m: edits.inpaint(m, picture(), MASK, 0), "repeats must be at least 1, not 0"),
    "a strength above 1": (
        lambda m: edits.img2img(m, picture(), 1.5),
        "strength must be from 0 to 1, not 1.5",
    ),
    "an amount below 0": (lambda m: edits.variations(edits.noise(m, 0), -1), "amount must be from 0 to 1"),
    "one picture between": (
        lambda m: edits.interpolate(edits.noise(m, 0), edits.noise(m, 1), 1),
        "at least 2 pictures, not 1",
    ),
    "a picture that is not smaller": (lambda m: edits.upscale(m, picture()), "the same whole factor"),
    "a factor that is not whole": (lambda m: edits.upscale(m, picture()[:3, :3]), "the same whole factor"),
    "two factors": (lambda m: edits.upscale(m, picture()[:4, :2]), "the same whole factor"),
    "colours to be coloured": (lambda m: edits.colorize(m, picture()), "8x8 of 3 channels"),
    "no colours to give": (lambda m: edits.colorize(model(1), picture(1)), "the model's pictures are grey"),
    "no such seed": (lambda m: edits.noise(m, -1), "seed must be from 0"),
}


@pytest.mark.parametrize(("edit", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused(edit, said: str) -> None:  # noqa: ANN001
    with pytest.raises(UserError, match=said) as error:
        edit(model())
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("work", "name"),
    [
        (lambda: edits.inpaint(model(), picture(), MASK, 2), "dpmpp-2m"),
        (lambda: edits.variations(edits.noise(model(), 0), 0.5), "ddpm"),
        (lambda: edits.interpolate(edits.noise(model(), 0), edits.noise(model(), 1), 4), "dpmpp-2m-sde"),
    ],
    ids=["inpaint", "variations", "interpolate"],
)
def test_samplers_that_do_not_suit_are_refused_by_name(work, name: str) -> None:  # noqa: ANN001
    with pytest.raises(UserError, match=f"such as ddim or heun: {name} "):
        made(work(), sampler=PRESETS[name])
