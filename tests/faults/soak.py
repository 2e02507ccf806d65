"""A run that is killed again and again, and must end with the bytes of one that nothing happened to.

    python -m tests.faults.soak --kills 40

trains a tiny network on two processes straight, and then in pieces: the same command each time, and each time
a SIGKILL at a moment drawn from the seed, for the worker or the coordinator, every third in the middle of a
save; or a SIGTERM, which may lose no step; or damage to the newest checkpoint between two starts. A line for
each, and an AssertionError where it did not happen; the exit code says whether the bytes are the same.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mezzotint.runs import checkpoint
from mezzotint.runs.folder import RunFolder
from mezzotint.runs.seal import SEAL
from tests.training.runs import figures
from tests.training.started import bytes_of, finish, reached, start, wait_for, words, workers

AHEAD = 60  # steps that a run gets on from start to start, about: some of them are lost again
KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)  # how a process ends by it, and `launch` where one does


@dataclass(frozen=True)
class Soak:
    """A command, the folder of its run, and the moments at which it is stopped.

    Attributes:
        pictures: a folder of pictures.
        out: the run.
        steps: of the whole run.
        processes: that train together.
        random: draws the moments.
    """

    pictures: Path
    out: Path
    steps: int
    processes: int
    random: random.Random

    def begin(self) -> subprocess.Popen:
        """Starts the command, again or for the first time."""
        options = {"steps": self.steps, "watch__checkpoint": 20, "watch__validate": 40}
        return start(words(self.pictures, self.out, **options), processes=self.processes)

    def begin_to_train(self) -> subprocess.Popen:
        """The same, until it trains: before that nothing is saved, and the journal is the last start's."""
        before = self._journal()
        run = self.begin()
        while self._journal() == before:
            assert run.poll() is None, run.communicate()[0]
            time.sleep(0.02)
        return run

    def kill(self, in_save: bool) -> str:
        """A start that ends with SIGKILL for one process, and what happened."""
        run = self.begin_to_train() if in_save else self.begin()
        wait_for(run, self.out, min(self._saved() + self.random.randint(1, AHEAD), self.steps - 1))
        if in_save:
            self._wait_for_save(run)
        number = self._signal(run, signal.SIGKILL)
        said, _ = run.communicate(timeout=120)
        assert run.returncode in KILLED, said
        where = " in a save" if self._saving() else ""
        return f"SIGKILL to process {number}{where} at step {reached(self.out)}"

    def terminate(self) -> str:
        """A start that ends with SIGTERM for one process; raises AssertionError where a step is lost."""
        run = self.begin_to_train()
        wait_for(run, self.out, min(self._saved() + self.random.randint(1, AHEAD), self.steps - 1))
        number = self._signal(run, signal.SIGTERM)
        said = finish(run)
        assert "stopped at step" in said, said
        saved, done = self._saved(), reached(self.out)
        assert saved == done, f"SIGTERM at step {done}, and checkpoint {saved} is the newest"
        return f"SIGTERM to process {number} at step {done}, saved"

    def harm(self, damage: Callable[[Path], None]) -> str:
        """Damage to the newest finished checkpoint, once there is another one."""
        while len(held := self._sealed()) < 2:
            self.terminate()
        files = [path for path in (self.out / "checkpoints" / str(held[0])).rglob("*") if path.is_file()]
        damage(max(files, key=lambda path: path.stat().st_size))
        return f"{damage.__name__} in checkpoint {held[0]}"

    def end(self) -> None:
        """The command without anything that happens to it."""
        finish(self.begin(), seconds=120 + self.steps)

    def _signal(self, run: subprocess.Popen, number: signal.Signals) -> int:
        """Sends a signal to one of the processes; which.

        The kernel's list of a process's children may lack one for a moment.
        """
        victim = self.random.randrange(self.processes)
        while True:
            assert run.poll() is None, f"the run has ended before {number.name}"
            with suppress(ProcessLookupError, FileNotFoundError, IndexError):
                os.kill(workers(run)[victim] if self.processes > 1 else run.pid, number)
                return victim
            time.sleep(0.01)

    def _journal(self) -> int:
        """When the journal was written to, which is later from the start of training on."""
        path = RunFolder(self.out).journal
        return path.stat().st_mtime_ns if path.exists() else 0

    def _saved(self) -> int:
        return max(checkpoint.steps(self.out / "checkpoints"), default=0)

    def _sealed(self) -> list[int]:
        """The steps of the checkpoints that were finished, newest first."""
        folder = self.out / "checkpoints"
        return [step for step in checkpoint.steps(folder) if (folder / str(step) / SEAL).exists()]

    def _wait_for_save(self, run: subprocess.Popen) -> None:
        """Until a checkpoint has begun and is not sealed."""
        while not self._saving():
            assert run.poll() is None, "the run has ended before another save"
            time.sleep(0.001)

    def _saving(self) -> bool:
        """Whether there is a checkpoint without a seal; what is being dropped is none."""
        folders = [path for path in (self.out / "checkpoints").glob("*") if path.suffix != ".dropped"]
        return any(path.is_dir() and not (path / SEAL).exists() for path in folders)


def flip_a_bit(path: Path) -> None:
    """One bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def truncate(path: Path) -> None:
    """The first half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGES = (flip_a_bit, truncate, Path.unlink)


def soak(
    folder: Path, kills: int, terms: int, harms: int, processes: int, seed: int, say: Callable[[str], None]
) -> bool:
    """Whether a run to which all that happens ends with the bytes of one to which nothing does."""
    pictures = gradients(folder / "pictures")
    steps = 40 + (kills + terms + harms) * AHEAD
    draws = random.Random(seed)
    straight = Soak(pictures, folder / "straight", steps, processes, draws)
    pieces = Soak(pictures, folder / "pieces", steps, processes, draws)
    straight.end()
    events: list[Callable[[], str]] = [
        lambda index=index: pieces.kill(index % 3 == 0) for index in range(kills)
    ]
    events += [pieces.terminate] * terms
    events += [lambda index=index: pieces.harm(DAMAGES[index % len(DAMAGES)]) for index in range(harms)]
    draws.shuffle(events)
    for number, event in enumerate(events):
        say(f"{number + 1}/{len(events)}: {event()}")
    pieces.end()
    same = bytes_of(pieces.out) == bytes_of(straight.out) and lines(pieces.out) == lines(straight.out)
    say(f"{kills} kills, {terms} SIGTERMs, {harms} damages: {'the same bytes' if same else 'OTHER BYTES'}")
    return same


def lines(out: Path) -> list[str]:
    """The journal's figures."""
    return [line for line in figures(out) if '"checkpoint"' not in line]


def gradients(folder: Path) -> Path:
    """A folder of 40 small pictures."""
    folder.mkdir(parents=True)
    draws, ramp = np.random.default_rng(0), np.linspace(0.2, 1.0, 12)[:, None, None]
    for index in range(40):
        picture = (255 * ramp * draws.uniform(0.2, 1.0, (1, 12, 3))).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{index:02d}.png")
    return folder


def main() -> None:
    """The whole, by one command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--terms", type=int, default=10)
    parser.add_argument("--harms", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    given = vars(parser.parse_args())
    with tempfile.TemporaryDirectory() as folder:
        same = soak(Path(folder), **given, say=lambda text: print(text, flush=True))
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
