"""A run that is killed again and again, and must end with the bytes of one that nothing happened to.

    python -m tests.faults.soak --kills 40

trains a tiny network on two processes straight, and then in pieces: the same command each time, and each time
a SIGKILL at a moment drawn from the seed, for the worker or the coordinator, every third in the middle of a
save; or a SIGTERM, which may lose no step; or damage to the newest checkpoint between two starts. A line for
each; the exit code says whether the bytes are the same.
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

    def kill(self, in_save: bool) -> str:
        """A start that ends with SIGKILL for one process, and what happened."""
        run = self.begin()
        wait_for(run, self.out, min(self._saved() + self.random.randint(1, AHEAD), self.steps - 1))
        if in_save:
            self._wait_for_save(run)
        number = self._signal(run, signal.SIGKILL)
        run.communicate(timeout=120)
        return f"SIGKILL to process {number}{' in a save' if in_save else ''} at step {reached(self.out)}"

    def terminate(self) -> str:
        """A start that ends with SIGTERM for one process; raises AssertionError where a step is lost."""
        before = self._journal()
        run = self.begin()
        while self._journal() == before and run.poll() is None:
            time.sleep(0.02)  # what is not training yet has nothing to save, and simply ends
        wait_for(run, self.out, min(self._saved() + self.random.randint(1, AHEAD), self.steps - 1))
        number = self._signal(run, signal.SIGTERM)
        finish(run)
        saved, done = self._saved(), reached(self.out)
        assert saved == done, f"SIGTERM at step {done}, and checkpoint {saved} is the newest"
        return f"SIGTERM to process {number} at step {done}, saved"

    def harm(self, damage: Callable[[Path], None]) -> str:
        """Damage to the newest checkpoint, where there is another one."""
        held = checkpoint.steps(self.out / "checkpoints")
        if len(held) < 2:
            return "no second checkpoint, nothing harmed"
        files = [path for path in (self.out / "checkpoints" / str(held[0])).rglob("*") if path.is_file()]
        damage(max(files, key=lambda path: path.stat().st_size))
        return f"{damage.__name__} in checkpoint {held[0]}"

    def end(self) -> None:
        """The command without anything that happens to it."""
        finish(self.begin(), seconds=120 + self.steps)

    def _signal(self, run: subprocess.Popen, number: signal.Signals) -> int:
        """Sends a signal to one of the processes, where they have not just ended; which.

        The kernel's list of a process's children may lack one for a moment.
        """
        victim = self.random.randrange(self.processes)
        while run.poll() is None:
            with suppress(ProcessLookupError, FileNotFoundError, IndexError):
                os.kill(workers(run)[victim] if self.processes > 1 else run.pid, number)
                break
            time.sleep(0.01)
        return victim

    def _journal(self) -> int:
        """The number of the journal's file, which is another one from the start of training on."""
        path = RunFolder(self.out).journal
        return path.stat().st_ino if path.exists() else 0

    def _saved(self) -> int:
        return max(checkpoint.steps(self.out / "checkpoints"), default=0)

    def _wait_for_save(self, run: subprocess.Popen) -> None:
        """Until a checkpoint has begun and is not sealed; or the run has come to its end."""
        while run.poll() is None:
            folders = [path for path in (self.out / "checkpoints").glob("*") if path.is_dir()]
            if any(not (path / SEAL).exists() for path in folders):
                return
            time.sleep(0.001)


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
    steps = 40 + (kills + terms) * AHEAD
    draws = random.Random(seed)
    straight = Soak(pictures, folder / "straight", steps, processes, draws)
    pieces = Soak(pictures, folder / "pieces", steps, processes, draws)
    straight.end()
    events: list[Callable[[], str]] = [
        lambda index=index: pieces.kill(index % 3 == 2) for index in range(kills)
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
