"""Several processes train as one does, stop together, and say in a line what ends them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mezzotint import processes
from mezzotint.errors import UserError
from mezzotint.noise import NOBODY, passed
from mezzotint.processes import Cluster
from tests.training.runs import figures
from tests.training.started import (
    ARTICLE,
    UNET,
    bytes_of,
    finish,
    start,
    wait_for,
    with_devices,
    words,
    workers,
)

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
STEPS = 30
RUNS = {"sharded": (ARTICLE, "params"), "unet": (UNET, "nothing")}  # network and --shard
CODE = "import json, sys; from mezzotint.cli.main import main; [main(run) for run in json.loads(sys.argv[1])]"


def command(pictures: Path, out: Path, run: str) -> list[str]:
    """Trains one of the runs."""
    network, shard = RUNS[run]
    return words(pictures, out, network, steps=STEPS, shard=shard, watch__validate=10)


@pytest.fixture(scope="module")
def straight(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each of the runs, of one process with two devices."""
    folder = tmp_path_factory.mktemp("straight")
    commands = [command(pictures, folder / run, run) for run in RUNS]
    environment = os.environ | with_devices(2)
    subprocess.run([sys.executable, "-c", CODE, json.dumps(commands)], env=environment, check=True)
    return folder


def assert_same(out: Path, other: Path) -> None:
    """Two runs have the same bytes and the same figures."""
    assert bytes_of(out) == bytes_of(other)
    mine, others = ([line for line in figures(run) if "checkpoint" not in line] for run in (out, other))
    assert mine == others


@linux
def test_two_processes_with_half_of_the_state_each_end_with_the_bytes_of_two_devices(
    pictures: Path, straight: Path, tmp_path: Path
) -> None:
    """SIGTERM to one of them: both save the same step, and end with the exit code that was asked for."""
    again = [*command(pictures, tmp_path / "run", "sharded"), "--stopped-exit-code", "75"]
    stopped = start(again, processes=2)
    wait_for(stopped, tmp_path / "run", 3)
    os.kill(workers(stopped)[1], signal.SIGTERM)
    said = finish(stopped, code=75)
    assert "saved; repeat the command to go on" in said and "Traceback" not in said
    step, _ = bytes_of(tmp_path / "run")
    assert f"stopped at step {step}, saved" in said and 3 <= step < STEPS
    assert f"going on from checkpoint {step}" in finish(start(again, processes=2))
    assert_same(tmp_path / "run", straight / "sharded")


@linux
def test_two_processes_without_batch_statistics_end_with_the_bytes_of_two_devices(
    pictures: Path, straight: Path, tmp_path: Path
) -> None:
    """Ctrl-C comes to all in the terminal's group, and to each worker once; then one of them is killed."""
    again = command(pictures, tmp_path / "run", "unet")
    stopped = start(again, processes=2)
    wait_for(stopped, tmp_path / "run", 3)
    assert all(os.getpgid(worker) != stopped.pid for worker in workers(stopped))
    os.killpg(stopped.pid, signal.SIGINT)
    said = finish(stopped)
    step, _ = bytes_of(tmp_path / "run")
    assert f"stopped at step {step}, saved; repeat the command to go on" in said and "Traceback" not in said

    killed = start(again, processes=2)
    wait_for(killed, tmp_path / "run", step + 2)
    os.kill(workers(killed)[0], signal.SIGKILL)
    said = finish(killed, code=137)
    assert f"going on from checkpoint {step}" in said and "process 0 was ended by SIGKILL" in said
    assert "Traceback" not in said and "coordination" not in said

    assert "going on from checkpoint" in finish(start(again, processes=2))
    assert_same(tmp_path / "run", straight / "unet")


def test_a_batch_that_the_processes_do_not_divide_is_said_once(pictures: Path, tmp_path: Path) -> None:
    said = finish(start(words(pictures, tmp_path / "run", batch_size=9), processes=2), code=2)
    assert said.count("--batch-size 9 cannot be shared by 2 devices") == 1
    assert said.strip().count("\n") == 0


def test_a_coordinator_that_does_not_answer_is_named() -> None:
    with pytest.raises(UserError, match=r"--coordinator 127.0.0.1:9 has not answered.*check that process 0"):
        processes._demand_answer("127.0.0.1:9", wait=0)


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
