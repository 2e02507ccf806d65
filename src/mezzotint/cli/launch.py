"""`mezzotint launch -n N -- train ...`: N processes on this machine that train one model, for trying out."""

import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from types import FrameType
from typing import Annotated

import tyro

from mezzotint.errors import UserError
from mezzotint.noise import GLOO

GRACE = 2.0  # seconds in which the others may say why they end, before they are ended


@dataclass(frozen=True)
class Options:
    """Start several processes of a verb on this machine, which train one model together.

    Attributes:
        n: how many processes.
    """

    n: Annotated[int, tyro.conf.arg(aliases=["-n"])] = 2


def main(arguments: list[str]) -> None:
    """Starts them, passes on what they say and what they are told, and ends all where one is lost."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    options = tyro.cli(Options, args=arguments[:at], prog="mezzotint launch")
    words = arguments[at + 1 :]
    if not words or words[0] != "train":
        raise UserError("say what to start after --: mezzotint launch -n 2 -- train RECIPE --out DIR")
    if options.n < 1:
        raise UserError(f"-n {options.n} starts nothing: it must be at least 1")
    raise SystemExit(Together(options.n, words).wait())


class Together:
    """The processes, and the threads that pass on what they say."""

    def __init__(self, count: int, words: list[str]) -> None:
        """Starts them."""
        where = ["--coordinator", f"127.0.0.1:{_free_port()}", "--processes", str(count)]
        start = [sys.executable, "-m", "mezzotint", *words, *where, "--process"]
        self._said: set[str] = set()
        self._processes = [
            subprocess.Popen(
                [*start, str(i)],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # a terminal sends Ctrl-C to its whole group, and it must come once
            )
            for i in range(count)
        ]
        self._threads = [
            threading.Thread(target=self._pass_on, args=(i, process), daemon=True)
            for i, process in enumerate(self._processes)
        ]
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._tell)
        for thread in self._threads:
            thread.start()

    def wait(self) -> int:
        """Waits for all, ends the rest where one has failed, and gives the first failure or 0."""
        failed, end = 0, threading.Timer(GRACE, self._end)
        while running := [process for process in self._processes if process.poll() is None]:
            codes = [process.returncode for process in self._processes if process.returncode]
            if codes and not failed:
                failed = min(codes)  # a signal, which is below 0, before what it led to in the others
                end.start()
            time.sleep(0.05 if running else 0)
        for thread in self._threads:
            thread.join(GRACE)
        end.cancel()
        failed = failed or next((p.returncode for p in self._processes if p.returncode), 0)
        return failed if failed >= 0 else 128 - failed

    def _tell(self, number: int, frame: FrameType | None) -> None:
        """One process is told to stop, and asks the others."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(number)

    def _end(self) -> None:
        for process in self._processes:
            process.kill()

    def _pass_on(self, index: int, process: subprocess.Popen) -> None:
        """Each line behind its process's number; an error that all have is said once."""
        assert process.stdout is not None
        for line in process.stdout:
            error = line.startswith("mezzotint: ")
            if not (error and line in self._said) and not line.startswith(GLOO):
                print(f"[{index}] {line}", end="", file=sys.stderr, flush=True)
            self._said.update([line] if error else [])
        code = process.wait()
        if code < 0:
            name = signal.Signals(-code).name
            print(f"mezzotint: process {index} was ended by {name}; the others are ended", file=sys.stderr)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
