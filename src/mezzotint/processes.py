"""Several processes that train one model, on JAX's own distributed runtime; or one, which is the same code.

SLURM, Open MPI and Kubernetes are found by JAX. What one process decides is told to all, so that all of
them take the same way; and where one is lost, the rest end, each with one line.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils

from mezzotint.errors import UserError

HEARTBEAT = 30  # seconds without a sign of life, after which a process counts as lost
ANSWER = 60  # seconds that a coordinator, or the last of the processes, may take to come by default
LEAVE = 10  # seconds in which all processes must have come to the end

LOST = (
    "lost contact with another process: the log of the one that ended first says why; "
    "repeat the command on all of them to go on from the last checkpoint"
)
COLLECTIVES = ("Gloo", "NCCL", "UNAVAILABLE", "coordination service")  # what their errors speak of
RAISED = {"UserError": UserError, "OSError": OSError, "ValueError": ValueError}


@dataclass(frozen=True)
class Cluster:
    """Where the processes meet.

    Attributes:
        coordinator: HOST:PORT of process 0, reachable from all.
        processes: how many there are.
        process: which one this is, from 0.
    """

    coordinator: str
    processes: int
    process: int

    def __post_init__(self) -> None:
        """Refuses an address without a port, and a process that is not one of them."""
        host, _, port = self.coordinator.rpartition(":")
        if not host or not port.isdecimal():
            raise UserError(f"--coordinator {self.coordinator} must be HOST:PORT, such as 10.0.0.1:9876")
        if not 0 <= self.process < self.processes:
            raise UserError(
                f"--process {self.process} must be from 0 to {self.processes - 1}: see --processes"
            )


def join(cluster: Cluster | None, wait: int) -> None:
    """Joins the others, before JAX has looked for devices; alone where there are none.

    Args:
        cluster: where they meet; None for what SLURM, Open MPI or Kubernetes say.
        wait: seconds that the coordinator, or the last of the processes, may take to come.

    Raises:
        UserError: the coordinator does not answer.
    """
    if cluster is None and not _scheduled():
        return
    _hide_runtime_noise()
    jax.config.update("jax_enable_preemption_service", False)  # signals are ours, see training/interrupt.py
    limits: dict[str, Any] = {
        "initialization_timeout": wait,
        "heartbeat_timeout_seconds": HEARTBEAT,
        "shutdown_timeout_seconds": LEAVE,
    }
    if cluster is None:
        jax.distributed.initialize(**limits)
        return
    if cluster.process:
        _demand_answer(cluster.coordinator, wait)
    jax.distributed.initialize(cluster.coordinator, cluster.processes, cluster.process, **limits)


def first() -> bool:
    """Whether this is the process that writes and speaks."""
    return jax.process_index() == 0


def by_first(work: Callable[[], Any]) -> Any:
    """What work gives in process 0, which alone does it, in all; all wait for it.

    Args:
        work: gives what JSON can hold; its UserError, OSError or ValueError is raised in all.
    """
    if jax.process_count() == 1:
        return work()
    told: dict[str, Any] = {}
    if first():
        try:
            told = {"value": work()}
        except (UserError, OSError, ValueError) as error:
            told = {"raised": _told(error)}
    told = json.loads(_spread(json.dumps(told).encode()))
    if "raised" in told:
        kind, arguments = told["raised"]
        raise RAISED[kind](*arguments)
    return told["value"]


def anywhere(here: bool) -> bool:
    """Whether something is so in any process; all wait for it."""
    return bool(added(np.int32(here)) > 0)


def added(mine: np.ndarray | np.generic) -> np.ndarray:
    """The sum of an array over all processes."""
    if jax.process_count() == 1:
        return np.asarray(mine)
    return np.asarray(multihost_utils.process_allgather(np.asarray(mine))).sum(0)


@contextmanager
def together() -> Iterator[None]:
    """Within it, a collective that fails because a process is lost is a `UserError`."""
    try:
        yield
    except (ValueError, jax.errors.JaxRuntimeError) as error:
        if jax.process_count() == 1 or not any(word in str(error) for word in COLLECTIVES):
            raise
        raise UserError(LOST) from None


def _told(error: UserError | OSError | ValueError) -> tuple[str, list[Any]]:
    """An exception for JSON: its kind, and what makes it again; of the system's errors, the file as well."""
    kind = next(name for name, cls in RAISED.items() if isinstance(error, cls))
    if isinstance(error, OSError) and error.errno is not None:
        file = None if error.filename is None else str(error.filename)
        return kind, [error.errno, error.strerror, file]
    return kind, [str(error)]


def _spread(content: bytes) -> bytes:
    """Process 0's bytes in all."""
    length = int(multihost_utils.broadcast_one_to_all(np.int32(len(content))))
    room = np.zeros(1 << length.bit_length(), np.uint8)  # few sizes, few programs
    if first():
        room[:length] = np.frombuffer(content, np.uint8)
    return np.asarray(multihost_utils.broadcast_one_to_all(room))[:length].astype(np.uint8).tobytes()


def _scheduled() -> bool:
    """Whether a scheduler that JAX knows has started several processes."""
    sizes = (os.environ.get(name, "1") for name in ("SLURM_STEP_NUM_TASKS", "OMPI_COMM_WORLD_SIZE"))
    pods = "JOB_COMPLETION_INDEX" in os.environ and find_spec("kubernetes") is not None
    return pods or any(size.isdecimal() and int(size) > 1 for size in sizes)


def _demand_answer(coordinator: str, wait: int) -> None:
    """Waits until somebody listens there: JAX's own client would end the process with a page of trace."""
    host, _, port = coordinator.rpartition(":")
    until = time.monotonic() + wait
    while True:
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
            return
        except OSError as error:
            if time.monotonic() > until:
                raise UserError(
                    f"--coordinator {coordinator} has not answered for {wait} s "
                    f"({error.strerror or error}): check that process 0 runs there, and that no firewall "
                    "closes the port, or give it longer by --wait"
                ) from None
        time.sleep(0.2)


def _hide_runtime_noise() -> None:
    """Passes this process's standard error through `mezzotint/noise.py`, which outlives it."""
    sys.stderr.flush()
    filter = subprocess.Popen(
        [sys.executable, "-m", "mezzotint.noise", LOST], stdin=subprocess.PIPE, start_new_session=True
    )
    assert filter.stdin is not None
    os.dup2(filter.stdin.fileno(), 2)
