"""A run that is stopped and started again ends with the bytes of one that never stopped."""

from dataclasses import replace
from pathlib import Path

import pytest

from mezzotint.config import Config
from mezzotint.runs import checkpoint
from tests.training.runs import digests, figures, train


@pytest.mark.parametrize("stops", [[20], [7, 23, 24]], ids=["in the middle", "three times"])
def test_a_resumed_run_equals_an_uninterrupted_one_to_the_byte(
    tiny: Config, tmp_path: Path, stops: list[int]
) -> None:
    config = replace(tiny, steps=40)
    train(config, tmp_path / "straight")
    for stop in stops:
        said = train(config, tmp_path / "stopped", stop_at=stop)
        assert f"stopped at step {stop}, saved" in said
    assert f"going on from checkpoint {stops[-1]}" in train(config, tmp_path / "stopped")

    assert digests(config, tmp_path / "stopped") == digests(config, tmp_path / "straight")
    straight = [line for line in figures(tmp_path / "straight") if "checkpoint" not in line]
    stopped = [line for line in figures(tmp_path / "stopped") if "checkpoint" not in line]
    assert stopped == straight
    assert len(straight) == 40 // 3 + 40 // 4


def test_a_longer_run_goes_on_with_the_same_bytes(tiny: Config, tmp_path: Path) -> None:
    train(replace(tiny, steps=12), tmp_path / "straight")
    train(replace(tiny, steps=5), tmp_path / "longer")
    train(replace(tiny, steps=12), tmp_path / "longer")
    assert digests(tiny, tmp_path / "longer") == digests(tiny, tmp_path / "straight")


def test_another_seed_is_another_run(tiny: Config, tmp_path: Path) -> None:
    train(tiny, tmp_path / "a")
    train(replace(tiny, seed=1), tmp_path / "b")
    assert digests(tiny, tmp_path / "a")[1] != digests(tiny, tmp_path / "b")[1]


def test_a_finished_run_says_so_and_changes_nothing(tiny: Config, tmp_path: Path) -> None:
    train(tiny, tmp_path / "run")
    before = digests(tiny, tmp_path / "run"), figures(tmp_path / "run")
    assert "trained to step 8" in train(tiny, tmp_path / "run")
    assert (digests(tiny, tmp_path / "run"), figures(tmp_path / "run")) == before


def test_checkpoints_are_kept_by_the_policy(tiny: Config, tmp_path: Path) -> None:
    watch = replace(tiny.watch, validate=0, checkpoint=3, keep_latest=2, keep_every=6, keep_best=0)
    train(replace(tiny, steps=20, watch=watch), tmp_path / "run")
    assert checkpoint.steps(tmp_path / "run" / "checkpoints") == [20, 18, 12, 6]
