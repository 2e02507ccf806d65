"""The speed that a run says of itself."""

from io import StringIO
from pathlib import Path

import jax.numpy as jnp
import pytest
from rich.console import Console

from mezzotint.runs import journal
from mezzotint.runs.folder import RunFolder
from mezzotint.training import pace
from mezzotint.training.report import Report


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which stands still until the test changes it."""
    now = [100.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    return now


def test_the_last_line_has_the_speed_of_the_whole_run(clock: list[float], tmp_path: Path) -> None:
    """A GPU tells of 10 steps when the next 10 are done: the last interval alone seems to take no time."""
    said, folder = StringIO(), RunFolder(tmp_path)
    report = Report(folder, Console(file=said, width=200), 0, 40, 8, 10)
    for step in range(1, 41, 10):
        clock[0] += 2.0
        report.steps(step, 10, {"loss": jnp.ones(10)})
        if step == 21:
            with report.pause():
                clock[0] += 50.0
    report.settle()
    report.close()
    assert "step 40/40  loss 1.0000  40 images/s" in said.getvalue()  # 320 pictures in 8 s
    seconds = [entry["seconds"]["elapsed"] for entry in journal.read(folder.journal)]
    assert sum(seconds) == pytest.approx(8.0, abs=0.01)


def test_lines_between_have_the_speed_since_the_one_before(clock: list[float], tmp_path: Path) -> None:
    said = StringIO()
    report = Report(RunFolder(tmp_path), Console(file=said, width=200), 0, 100, 8, 10)
    for step in range(1, 100, 10):
        clock[0] += 10.0 if step < 50 else 5.0
        report.steps(step, 10, {"loss": jnp.ones(10)})
    report.settle()
    report.close()
    speeds = [line.split()[-2] for line in said.getvalue().splitlines()]
    assert speeds[0] == "4" and speeds[-1] == "11"  # 10 steps in 20 s at first; 800 pictures in 75 s
