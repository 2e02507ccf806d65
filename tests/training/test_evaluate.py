"""The distance of new pictures to training pictures, as training goes on."""

from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.config import Config
from mezzotint.errors import UserError
from mezzotint.evaluation import cache
from mezzotint.metrics.extractors import EXTRACTORS
from mezzotint.metrics.kernel import kid
from mezzotint.model import load
from mezzotint.pictures import to_bytes
from mezzotint.runs import checkpoint, journal
from tests.training.runs import figures, train


class Colours:
    """The mean colour of a picture, and how it varies."""

    name, version, dimensions = "colours", "1", 6

    def __call__(self, images: Array) -> Array:
        """(batch, 6)."""
        return jnp.concatenate([images.mean((1, 2)), images.std((1, 2))], axis=-1)


@pytest.fixture
def evaluated(tiny: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Config:
    """A run that is evaluated every second step."""
    monkeypatch.setitem(EXTRACTORS, "colours", Colours)
    monkeypatch.setattr(cache, "user_cache_path", lambda name: tmp_path / "cache")
    watch = replace(
        tiny.watch, evaluate=2, evaluate_count=6, extractor="colours", checkpoint=2, keep_latest=1, validate=2
    )
    return replace(tiny, watch=watch, steps=6)


def distances(run: Path) -> dict[int, float]:
    entries = [entry for entry in journal.read(run / "journal.jsonl") if entry["kind"] == "evaluation"]
    assert all(entry["error"] > 0 for entry in entries)
    return {entry["step"]: entry["KID[colours]"] for entry in entries}


def test_kid_is_in_the_journal_and_is_that_of_the_runs_pictures(evaluated: Config, tmp_path: Path) -> None:
    train(evaluated, tmp_path / "run")
    found = distances(tmp_path / "run")
    assert list(found) == [2, 4, 6]
    made = to_bytes(load(tmp_path / "run").sample(6, seed=evaluated.seed)) / np.float32(255)
    (file,) = (tmp_path / "cache").rglob("*.npz")
    with np.load(file) as archive:
        real = archive["array"]
    assert len(real) == 4 * 6
    assert found[6] == pytest.approx(kid(np.asarray(Colours()(jnp.asarray(made))), real).value, abs=1e-6)


def test_the_best_checkpoint_is_that_of_the_least_distance(evaluated: Config, tmp_path: Path) -> None:
    train(evaluated, tmp_path / "run")
    found = distances(tmp_path / "run")
    kept = checkpoint.steps(tmp_path / "run" / "checkpoints")
    assert set(kept) == {6, min(found, key=lambda step: found[step])}


def test_a_resumed_run_finds_the_same(evaluated: Config, tmp_path: Path) -> None:
    train(evaluated, tmp_path / "straight")
    train(evaluated, tmp_path / "stopped", stop_at=3)
    train(evaluated, tmp_path / "stopped")
    straight, stopped = (figures(tmp_path / name) for name in ("straight", "stopped"))
    found = [line for line in straight if "evaluation" in line]
    assert found == [line for line in stopped if "evaluation" in line] and len(found) == 3


def test_an_unknown_extractor_is_refused_before_training(evaluated: Config, tmp_path: Path) -> None:
    config = replace(evaluated, watch=replace(evaluated.watch, extractor="colour"))
    with pytest.raises(UserError, match="no extractor 'colour'; did you mean colours"):
        train(config, tmp_path / "run")
