"""Several processes train as one does, stop together, and say in a line what ends them."""

import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from mezzotint import processes
from mezzotint.errors import UserError
from mezzotint.noise import NOBODY, passed
from mezzotint.processes import Cluster
from tests.training.runs import figures
from tests.training.started import bytes_of, finish, start, wait_for, words, workers

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
STEPS = 30


@pytest.fixture(scope="module")
def straight(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one process with two devices."""
    out = tmp_path_factory.mktemp("straight") / "run"
    finish(start(words(pictures, out, steps=STEPS, watch__validate=10), devices=2))
    return out


@linux
def test_two_processes_end_with_the_bytes_of_two_devices_however_they_are_stopped(
    pictures: Path, straight: Path, tmp_path: Path
) -> None:
    """SIGTERM to one process: both save the same step, and no step is lost; then one process is killed."""
    command = words(pictures, tmp_path / "run", steps=STEPS, watch__validate=10)
    stopped = start(command, processes=2)
    wait_for(stopped, tmp_path / "run", 3)
    os.kill(workers(stopped)[1], signal.SIGTERM)
    said = finish(stopped)
    assert "saved; repeat the command to go on" in said and "Traceback" not in said
    step, _ = bytes_of(tmp_path / "run")
    assert f"stopped at step {step}, saved" in said and 3 <= step < STEPS

    killed = start(command, processes=2)
    wait_for(killed, tmp_path / "run", step + 2)
    os.kill(workers(killed)[0], signal.SIGKILL)
    said = finish(killed, code=137)
    assert f"going on from checkpoint {step}" in said and "process 0 was ended by SIGKILL" in said
    assert "Traceback" not in said and "coordination" not in said

    assert "going on from checkpoint" in finish(start(command, processes=2))
    assert bytes_of(tmp_path / "run") == bytes_of(straight)
    kept = [line for line in figures(tmp_path / "run") if "checkpoint" not in line]
    assert kept == [line for line in figures(straight) if "checkpoint" not in line]


def test_a_batch_that_the_processes_do_not_divide_is_said_once(pictures: Path, tmp_path: Path) -> None:
    said = finish(start(words(pictures, tmp_path / "run", batch_size=9), processes=2), code=2)
    assert said.count("--batch-size 9 cannot be shared by 2 devices") == 1
    assert said.strip().count("\n") == 0


def test_a_coordinator_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "ANSWER", 0)
    with pytest.raises(UserError, match=r"--coordinator 127.0.0.1:9 has not answered.*check that process 0"):
        processes._demand_answer("127.0.0.1:9")


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        (("somewhere", 2, 0), "--coordinator somewhere must be HOST:PORT"),
        (("here:1", 2, 2), "--process 2 must be from 0 to 1"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused(cluster: tuple[str, int, int], said: str) -> None:
    with pytest.raises(UserError, match=said):
        Cluster(*cluster)


def test_one_process_decides_for_itself() -> None:
    assert processes.first() and processes.by_first(lambda: [1, "a"]) == [1, "a"]
    assert processes.anywhere(True) and not processes.anywhere(False)
    np.testing.assert_array_equal(processes.added(np.arange(3)), np.arange(3))


FATAL = "F1126 15:31:39.817496    2486 client.h:80] Terminating process\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["step 3\n", FATAL, "    @ 0x7f XLA\n"], ["step 3\n", "mezzotint: lost\n"]),
        ([FATAL, "RPC: /xla/RegisterTask\n"], [f"mezzotint: {NOBODY}\n"]),
        (["mezzotint: no\n", FATAL, "trace\n"], ["mezzotint: no\n"]),
        (["Traceback\n", "W1126 15:31:08.06 2169 x.cc:1] note\n", "[Gloo] Rank 0\n"], ["Traceback\n"]),
    ],
)
def test_the_runtimes_trace_becomes_a_line(lines: list[str], expected: list[str]) -> None:
    assert list(passed(lines, "lost")) == expected
