"""Sources without a file of their own to train from in a test: the packaged sets, and the real flowers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mezzotint.config import Config, Watch
from mezzotint.runs import journal
from tests.training.runs import train

FLOWERS = Path(__file__).parents[3] / "shared/data/flowers102-64"
WATCH = Watch(log=10, validate=20, validation_images=8, sample=0, checkpoint=0)


def finite_losses(config: Config, out: Path) -> int:
    """How many losses were written, all of them numbers."""
    train(replace(config, steps=20, watch=WATCH), out)
    losses = [entry["loss"] for entry in journal.read(out / "journal.jsonl") if "loss" in entry]
    assert np.isfinite(losses).all()
    return len(losses)


@pytest.mark.parametrize("source", ["fashion", "emoji", "emoji:train"])
def test_training_from_a_packaged_set(tiny: Config, tmp_path: Path, source: str) -> None:
    assert finite_losses(replace(tiny, data=source), tmp_path / "run") == 3


@pytest.mark.skipif(not FLOWERS.is_dir(), reason="the shared flowers are not here")
def test_training_from_the_flowers(tiny: Config, tmp_path: Path) -> None:
    assert finite_losses(replace(tiny, data=f"flowers:{FLOWERS}"), tmp_path / "run") == 3
