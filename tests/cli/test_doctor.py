"""`mezzotint doctor` on real runs of some steps: what it says, its JSON, and how it leaves."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mezzotint.config import Average, Config, Optimizer, Watch
from mezzotint.doctor.examine import LOOKS
from mezzotint.doctor.measured import ABOUT
from tests.cli.test_commands import run
from tests.training.runs import train


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("doctor") / "run"


@pytest.fixture
def trained(tiny: Config, made: Path) -> Path:
    """A run of eight steps, with grids."""
    if not made.exists():
        train(replace(tiny, watch=replace(tiny.watch, sample=4)), made)
    return made


def test_a_short_run_is_wrong_for_its_batch_statistics_and_whole_otherwise(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "doctor", str(trained))
    first, *lines = out.splitlines()
    assert code == 1 and err == ""
    assert first.startswith(f"{trained}, step 8 of 8: 1 wrong, ")
    assert lines[0].startswith("wrong         batch statistics: 92.27% of the running statistics")
    assert any(line.startswith("healthy       checkpoints: whole: 4, 8") for line in lines)
    assert any(line.startswith("healthy       batch size: 8 of ") for line in lines)


def test_json_has_every_look_with_its_figures(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "doctor", str(trained), "--json")
    document = json.loads(out)
    assert code == 1 and document["version"] == 1 and document["step"] == 8
    assert len(document["findings"]) == len(LOOKS) + 1
    worst = document["findings"][0]
    assert worst["verdict"] == "wrong" and worst["evidence"]["first"] == pytest.approx(0.99**8)


def test_a_damaged_checkpoint_is_found(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(trained, copy)
    victim = max((path for path in (copy / "checkpoints" / "8").rglob("*") if path.is_file()), key=_size)
    victim.write_bytes(victim.read_bytes()[:-1])
    _, out, _ = run(capsys, "doctor", str(copy))
    assert "wrong         checkpoints: checkpoint 8: its file" in out and "has changed" in out
    assert "healthy       weights" in out  # of the checkpoint before


def test_averages_are_measured_against_the_weights(
    tiny: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fast = replace(tiny, steps=60, optimizer=Optimizer(learning_rate=5e-3))
    lagging = replace(fast, average=Average(decay=0.999, warmup=0), watch=Watch(validate=0, sample=0))
    train(lagging, tmp_path)
    _, out, _ = run(capsys, "doctor", str(tmp_path))
    assert f"mezzotint doctor {tmp_path} --measure" in out
    _, out, _ = run(capsys, "doctor", str(tmp_path), "--measure", "--json")
    found = next(each for each in json.loads(out)["findings"] if each["about"] == ABOUT)
    assert found["verdict"] == "wrong" and found["evidence"]["worse"] > 0.05, found


def test_what_is_no_run_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "doctor", str(tmp_path))
    assert code == 2 and "is not a run" in err


def _size(path: Path) -> int:
    return path.stat().st_size
