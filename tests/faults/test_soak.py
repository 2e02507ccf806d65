"""The soak's short form; the whole is `python -m tests.faults.soak`."""

from pathlib import Path

from tests.faults.soak import soak


def test_a_run_that_is_killed_stopped_and_damaged_ends_with_the_same_bytes(tmp_path: Path) -> None:
    said: list[str] = []
    assert soak(tmp_path, kills=1, terms=1, harms=1, processes=1, seed=0, say=said.append), said
    assert any("in a save" in line for line in said), said
