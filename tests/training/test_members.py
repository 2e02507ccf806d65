"""An ensemble that is trained in one program is the runs that its members' keys would give alone."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint.config import Config
from mezzotint.model import load
from mezzotint.model.ensemble import member
from mezzotint.networks.ensemble import Ensemble
from mezzotint.runs import journal
from mezzotint.training.feed import feed
from mezzotint.training.loop import initial_state, root_keys
from mezzotint.training.members import side_by_side
from mezzotint.training.prepare import plan
from mezzotint.training.state import TrainState
from mezzotint.training.step import train_step
from tests.training.runs import digests, figures, train

MEMBERS = 2


@pytest.fixture
def several(tiny: Config) -> Config:
    """Two of the tiny run, each step in the journal, clipped so that one gradient's norm is its own."""
    optimizer, watch = replace(tiny.optimizer, clip=0.5), replace(tiny.watch, log=1)
    return replace(
        tiny, network=Ensemble(tiny.network, MEMBERS), optimizer=optimizer, watch=watch, augment=0.1
    )


def alone(config: Config, index: int) -> tuple[list[float], TrainState]:
    """The losses and the last state of a member's key, on the same pictures."""
    the_plan, keys = plan(config.of_a_member), root_keys(config.seed + index)
    state, the_feed = initial_state(the_plan, keys), feed(the_plan)
    step = the_feed.compile(train_step(the_plan.config, keys.training), state)
    the_feed.begin(0, config.seed)
    losses = []
    for done in range(the_plan.steps):
        _, inputs = the_feed.inputs(done, 1)
        state, metrics = step(state, *inputs)
        losses.append(float(metrics["loss"]))
    the_feed.close()
    return losses, state


def test_each_member_is_the_run_that_its_key_would_give_alone(several: Config, tmp_path: Path) -> None:
    train(several, tmp_path)
    entries = [entry for entry in journal.read(tmp_path / "journal.jsonl") if entry["kind"] == "train"]
    model = load(tmp_path)
    assert model.config.members == MEMBERS and len(entries) == several.steps
    for index in range(MEMBERS):
        losses, state = alone(several, index)
        assert [entry[f"loss_{index}"] for entry in entries] == pytest.approx(losses, rel=1e-5)
        pairs = zip(
            jax.tree.leaves(member(model, index).variables), jax.tree.leaves(state.averages), strict=True
        )
        for ours, theirs in pairs:
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    means = [np.mean([entry[f"loss_{index}"] for index in range(MEMBERS)]) for entry in entries]
    assert [entry["loss"] for entry in entries] == pytest.approx(means, rel=1e-6)


def test_a_resumed_ensemble_equals_an_uninterrupted_one_to_the_byte(several: Config, tmp_path: Path) -> None:
    train(several, tmp_path / "straight")
    train(several, tmp_path / "stopped", stop_at=5)
    assert "going on from checkpoint 5" in train(several, tmp_path / "stopped")
    assert digests(several, tmp_path / "stopped") == digests(several, tmp_path / "straight")
    straight = [line for line in figures(tmp_path / "straight") if "checkpoint" not in line]
    assert [line for line in figures(tmp_path / "stopped") if "checkpoint" not in line] == straight


def test_members_are_computed_at_once_where_that_is_fast(several: Config) -> None:
    """As on accelerators: the same numbers as in turn."""
    accelerator = SimpleNamespace(devices=np.array([SimpleNamespace(platform="gpu")]))
    the_plan, keys = plan(several), root_keys(0, MEMBERS)
    states = initial_state(the_plan, keys)
    random = np.random.default_rng(0)
    images = jnp.asarray(random.integers(0, 256, (8, 8, 8, 3), np.uint8))
    labels = jnp.full(8, -1, jnp.int32)

    def of_one(state: TrainState, root: jax.Array) -> tuple[TrainState, dict]:
        return train_step(the_plan.config.of_a_member, root)(state, images, labels)

    found = [
        jax.jit(side_by_side(of_one, mesh))(states, keys.training) for mesh in (the_plan.mesh, accelerator)
    ]
    in_turn, at_once = (jax.tree.leaves((state.params, metrics)) for state, metrics in found)
    for one, other in zip(in_turn, at_once, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
