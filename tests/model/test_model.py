"""A model: the same pictures however they are made, saved and loaded, and what loading refuses."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import mezzotint
from mezzotint.config import Config
from mezzotint.core.pixels import PixelStatistics
from mezzotint.core.schedule import Cosine
from mezzotint.errors import UserError
from mezzotint.model import Model, init_variables, load, weights
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.runs import checkpoint
from mezzotint.runs.folder import RunFolder
from mezzotint.sampling.ddim import Ddim


@pytest.fixture(scope="module")
def model() -> Model:
    """A network of 8x8 pictures whose output is not zero, with statistics of its own."""
    network = ArticleUNet(widths=(8, 8), depth=1, stem=8, embedding=8)
    schedule = Cosine(min_signal=0.2)  # with less, nearly all its pixels are 0 or 1
    config = Config(image_size=(8, 8), channels=3, schedule=schedule, network=network, sampling_steps=3)
    variables = jax.tree.map(lambda a: a + 0.02, init_variables(config, jax.random.key(0)))
    statistics = PixelStatistics(np.array([0.4, 0.5, 0.6], "f"), np.array([0.01, 0.02, 0.03], "f"))
    return Model(config, variables, statistics)


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    return model.save(tmp_path / "model")


def test_pictures_are_float32_in_0_to_1(model: Model) -> None:
    pictures = model.sample(5, steps=2, seed=1)
    assert (pictures.shape, pictures.dtype) == ((5, 8, 8, 3), np.float32)
    assert 0 <= pictures.min() < pictures.max() <= 1
    assert len({picture.tobytes() for picture in pictures}) == 5


@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_a_picture_is_the_same_whatever_the_batch_it_is_made_in(model: Model, eta: float) -> None:
    whole = model.sample(8, seed=3, sampler=Ddim(eta))
    for size in (1, 3, 8):
        parts = model.sample(8, seed=3, sampler=Ddim(eta), batch_size=size)
        np.testing.assert_allclose(parts, whole, atol=1e-5)
    np.testing.assert_allclose(model.sample(3, seed=3, sampler=Ddim(eta), first=5), whole[5:], atol=1e-5)
    assert np.abs(model.sample(8, seed=4, sampler=Ddim(eta)) - whole).max() > 0.01


def test_the_last_estimates_of_the_trajectory_are_the_pictures(model: Model) -> None:
    noisy, estimates = model.trajectory(2, steps=5, seed=3)
    assert noisy.shape == estimates.shape == (5, 2, 8, 8, 3)
    np.testing.assert_allclose(estimates[-1], model.sample(2, steps=5, seed=3), atol=1e-6)


def test_a_saved_model_makes_the_same_pictures_to_the_bit(model: Model, saved: Path) -> None:
    again = mezzotint.load(saved)
    assert again.config == model.config
    np.testing.assert_array_equal(again.sample(4, seed=2), model.sample(4, seed=2))


def test_a_checkpoint_is_loaded_by_its_step(model: Model, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.write_config(model.config)
    for step in (5, 10):
        variables = jax.tree.map(partial(jnp.add, step), model.variables)
        ema = {"variables": variables, "pixels": model.pixels._asdict()}
        checkpoint.save(folder.checkpoints, step, {"state": {"step": jnp.zeros(())}, "ema": ema}, {}, None)

    def first(loaded: Model) -> np.ndarray:
        return np.asarray(loaded.variables["params"]["stem"]["bias"])

    assert first(load(folder.path)) == pytest.approx(first(model) + 10)
    assert first(load(folder.path, step=5)) == pytest.approx(first(model) + 5)
    with pytest.raises(UserError, match="run has no checkpoint 7; there are: 5, 10"):
        load(folder.path, step=7)
    (folder.checkpoints / "5" / "more").touch()
    with pytest.raises(UserError, match="checkpoint 5 of .*run is damaged: its file more has changed"):
        load(folder.path, step=5)


def test_exported_weights_have_no_checkpoints(saved: Path) -> None:
    with pytest.raises(UserError, match="model has no checkpoint 5; it has none"):
        load(saved, step=5)


def test_numbers_out_of_range_are_refused(model: Model) -> None:
    for wrong in (
        {"count": 0},
        {"count": 1, "steps": 0},
        {"count": 1, "steps": 2000},
        {"count": 1, "seed": 2**32},
    ):
        with pytest.raises(UserError):
            model.sample(**wrong)


def refusal(folder: Path) -> str:
    with pytest.raises(UserError) as error:
        load(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_is_no_model_is_refused_by_name(saved: Path, tmp_path: Path) -> None:
    assert "nowhere is not a run" in refusal(tmp_path / "nowhere")
    (saved / "model.safetensors").unlink()
    assert "has no checkpoint yet" in refusal(saved)
    unknown = json.loads((saved / "config.json").read_text())
    unknown["config"]["channels"] = None
    (saved / "config.json").write_text(json.dumps(unknown))
    assert "does not say the channels" in refusal(saved)
    unknown["config"] |= {"channels": 3, "classes": None}
    (saved / "config.json").write_text(json.dumps(unknown))
    assert "does not say the classes: set them to their number" in refusal(saved)
    (saved / "config.json").write_bytes(b"\xff")
    assert "is not a configuration" in refusal(saved)
    (saved / "config.json").write_text("{")
    assert "config.json" in refusal(saved)


def test_damaged_weights_are_refused(saved: Path) -> None:
    path = saved / "model.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    assert "model.safetensors is damaged" in refusal(saved)


def test_weights_of_another_version_are_refused(saved: Path) -> None:
    path = saved / "model.safetensors"
    save_file(load_file(path), path, metadata={"version": "2"})
    assert "has version 2; this program reads 1" in refusal(saved)


def test_weights_that_do_not_fit_are_named(saved: Path) -> None:
    document = json.loads((saved / "config.json").read_text())
    document["config"]["network"]["stem"] = 16
    (saved / "config.json").write_text(json.dumps(document))
    said = "batch_stats/down0_0/norm/mean has shape (16,), and the network asks for (24,)"
    assert said in refusal(saved)


def test_a_weight_that_is_missing_is_named(saved: Path) -> None:
    path = saved / "model.safetensors"
    tensors = load_file(path)
    del tensors["pixels/mean"]
    save_file(tensors, path, metadata={"version": "1"})
    assert "pixels/mean has shape None" in refusal(saved)


def test_a_network_without_batch_statistics_is_saved_and_loaded(tmp_path: Path, model: Model) -> None:
    network = mezzotint.recipe("demo").network
    small = replace(network, widths=(8, 8), depth=1, embedding=8, heads=1)
    config = replace(model.config, network=small, channels=1)
    statistics = PixelStatistics(np.array([0.3], "f"), np.array([0.1], "f"))
    plain = Model(config, init_variables(config, jax.random.key(1)), statistics)
    again = load(plain.save(tmp_path / "plain"))
    np.testing.assert_array_equal(again.sample(2), plain.sample(2))


def test_the_digest_names_the_weights_and_the_statistics(model: Model) -> None:
    first, *_ = jax.tree.leaves(model.variables)
    same = jax.tree.map(jnp.array, model.variables)
    changed = jax.tree.map(lambda leaf: leaf + 1e-6 if leaf is first else leaf, model.variables)
    brighter = model.pixels._replace(mean=model.pixels.mean + 0.1)
    found = [weights.digest(each, model.pixels) for each in (model.variables, same, changed)]
    assert found[0] == found[1] and len(found[0]) == 64
    assert len({*found, weights.digest(model.variables, brighter)}) == 3
