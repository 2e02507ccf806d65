"""One step: accumulation, the average, the learning rate, the validation's fixed noise."""

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import mezzotint
from mezzotint.config import Average, Config, Optimizer
from mezzotint.networks.condition import UNCONDITIONED
from mezzotint.networks.unet import UNet
from mezzotint.training.average import decay_at, moved
from mezzotint.training.loop import initial_state, root_keys
from mezzotint.training.optimizer import learning_rate
from mezzotint.training.prepare import pixel_statistics, plan
from mezzotint.training.step import conditioned, train_step
from mezzotint.training.validate import Validation
from tests.training.runs import train


@pytest.fixture
def steered(tiny: Config) -> Config:
    """The tiny configuration with a network that knows no batch."""
    return replace(tiny, network=UNet(widths=(8, 8), depth=1, patch=2, embedding=8, heads=1))


def images(count: int) -> jax.Array:
    return jax.random.randint(jax.random.key(0), (count, 8, 8, 3), 0, 256).astype(jnp.uint8)


def labels(count: int) -> jax.Array:
    return jnp.arange(count) % 3


def test_accumulating_gradients_changes_nothing_for_a_network_without_batch_statistics(
    steered: Config,
) -> None:
    results = []
    for parts in (1, 4):
        config = replace(steered, optimizer=Optimizer(accumulate=parts))
        the_plan = plan(config)
        keys = root_keys(0)
        state = initial_state(the_plan, keys)
        # The output starts at zero: move it, so that gradients reach every layer.
        state = state.replace(params=jax.tree.map(lambda p: p + 0.01, state.params))
        results.append(jax.jit(train_step(the_plan.config, keys.training))(state, images(8), labels(8))[1])
    assert results[1]["loss"] == pytest.approx(float(results[0]["loss"]), rel=1e-6)
    norms = [float(metrics["gradient_norm"]) for metrics in results]
    assert norms[1] == pytest.approx(norms[0], rel=1e-4)


def test_a_step_moves_the_averages_of_weights_and_batch_statistics(tiny: Config) -> None:
    the_plan, keys = plan(tiny), root_keys(0)
    state = initial_state(the_plan, keys)
    new, _ = jax.jit(train_step(the_plan.config, keys.training))(state, images(8), labels(8))
    decay = 1 / 10  # (1 + 0) / (10 + 0)
    for name, before, after in (
        ("params", state.params, new.params),
        ("batch_stats", state.batch_stats, new.batch_stats),
    ):
        expected = jax.tree.map(lambda a, b: decay * a + (1 - decay) * b, before, after)
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7),
            new.averages[name],
            expected,
        )
        moves = jax.tree.map(lambda a, b: float(jnp.abs(a - b).max()), before, after)
        assert max(jax.tree.leaves(moves)) > 0
    assert int(new.step) == 1


def test_the_average_warms_up_to_its_decay() -> None:
    settings = Average(decay=0.999, warmup=10)
    assert float(decay_at(settings, 0)) == pytest.approx(0.1)
    assert float(decay_at(settings, 90)) == pytest.approx(0.91)
    assert float(decay_at(settings, 10**6)) == pytest.approx(0.999)
    assert float(decay_at(Average(decay=0.999, warmup=0), 0)) == pytest.approx(0.999)
    assert float(moved(jnp.array(1.0), jnp.array(3.0), jnp.array(0.75))) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        ("constant", {0: 0.0, 5: 0.5, 10: 1.0, 60: 1.0, 110: 1.0}),
        ("cosine", {0: 0.0, 5: 0.5, 10: 1.0, 60: 0.5, 110: 0.0}),
        ("inverse-sqrt", {0: 0.0, 5: 0.5, 10: 1.0, 40: 0.5, 90: 1 / 3}),
    ],
)
def test_learning_rates_by_name(decay: str, expected: dict[int, float]) -> None:
    schedule = learning_rate(Optimizer(learning_rate=1.0, decay=decay, warmup=10), steps=110)  # type: ignore[arg-type]
    assert {step: float(schedule(step)) for step in expected} == pytest.approx(expected, abs=1e-6)


def test_the_validation_loss_is_the_same_every_time_and_another_for_another_average(
    tiny: Config,
) -> None:
    the_plan, keys = plan(tiny), root_keys(0)
    state = initial_state(the_plan, keys)
    validation = Validation(the_plan, keys.validation)
    assert validation.loss(state) == validation.loss(state)
    moved_averages = jax.tree.map(lambda a: a + 0.1, state.averages)
    assert validation.loss(state.replace(averages=moved_averages)) != validation.loss(state)
    assert validation.loss(state.replace(params={})) == validation.loss(state)


def test_the_data_sets_statistics_are_those_of_its_pixels(tiny: Config) -> None:
    train = plan(tiny).data.train
    unit = np.stack([train[i]["image"] for i in range(len(train))]) / 255.0
    found = pixel_statistics(train, tiny.image_size)
    np.testing.assert_allclose(found.mean, unit.mean((0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(found.variance, unit.var((0, 1, 2)), rtol=1e-4)


def test_augmentation_trains_and_samples_untouched_pictures(tiny_plain: Config, tmp_path: Path) -> None:
    config = replace(tiny_plain, augment=0.5, steps=4)
    train(config, tmp_path / "augmented")
    train(replace(config, augment=0.0), tmp_path / "plain")
    model = mezzotint.load(tmp_path / "augmented")
    assert model.variables["params"]["condition"]["augment"]["kernel"].shape == (9, 8)
    assert "condition" not in mezzotint.load(tmp_path / "plain").variables["params"]
    assert model.sample(3, steps=2).shape == (3, 8, 8, 3)


def test_augmentation_moves_what_the_network_sees(tiny: Config) -> None:
    images = jax.random.uniform(jax.random.key(1), (8, 8, 8, 3))
    same, condition = conditioned(tiny, jax.random.key(0), images, labels(8))
    assert same is images and condition == UNCONDITIONED
    moved, condition = conditioned(replace(tiny, augment=1.0), jax.random.key(0), images, labels(8))
    assert condition.augment.shape == (8, 9)
    assert (jnp.abs(moved - images).max((1, 2, 3)) > 0.01).all()
