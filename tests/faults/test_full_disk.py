"""A run on a disk that fills up: a real one of 2 MiB, in memory."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mezzotint.config import Config
from mezzotint.errors import UserError
from mezzotint.runs import checkpoint
from tests.training.runs import digests, train


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of 2 MiB; only an administrator can mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no tmpfs can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(disk: Path) -> Path:
    """A file that leaves room for a configuration, and for no checkpoint."""
    path = disk / "ballast"
    path.write_bytes(bytes(shutil.disk_usage(disk).free - 2**16))
    return path


def test_a_full_disk_loses_nothing_good_and_ends_no_training(
    tiny: Config, tmp_path: Path, small_disk: Path
) -> None:
    """Once there is room again the same command ends with the bytes of a run that never lacked it."""
    train(tiny, tmp_path / "straight")
    run = small_disk / "run"
    train(tiny, run, stop_at=4)
    ballast = fill(small_disk)
    with pytest.raises(UserError, match=r"checkpoint 8 could not be saved \(No space.*checkpoint 4 stays"):
        train(tiny, run)
    assert checkpoint.steps(run / "checkpoints") == [4]
    ballast.unlink()
    assert "going on from checkpoint 4" in train(tiny, run)
    assert digests(tiny, run) == digests(tiny, tmp_path / "straight")
