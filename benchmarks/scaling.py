"""What more devices give, and what safety costs.

    python benchmarks/scaling.py [--recipe demo] [--steps 100] [--rounds 3]

- Weak scaling: images per second of two processes, each on a core of its own, over twice those of one process
  on one core; a process has the same number of pictures a step in both. Two runs at once that know nothing of
  each other show how much of that the machine allows: cores share caches, memory and clocks. All take turns;
  the medians count.
- Sharding: the most bytes of weights and moments that one of eight fake devices holds with `--shard params`,
  over what it holds without.
- Checkpoints: the time to save one, over the time of the steps between two at the default policy.
- Ensembles: the time of `train --ensemble 4` over that of four runs, of the whole command and of its steps.

Cores are chosen with taskset, so this runs on Linux.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MEMBERS = 4
EIGHT = """
import jax, math, sys
from dataclasses import replace
from mezzotint.core.pixels import PixelStatistics
from mezzotint.recipes import recipe
from mezzotint.training.sharding import mesh_over, placements
from mezzotint.training.state import create
import jax.numpy as jnp
config = replace(recipe(sys.argv[1]), channels=3, classes=0, steps=1)
make = lambda key: create(config, 1, PixelStatistics(jnp.zeros(3), jnp.ones(3)), key)
state = jax.eval_shape(make, jax.random.key(0))
def held(shard):
    tree = (state.params, state.opt_state)
    placed = placements(mesh_over(jax.devices(), shard), tree)
    parts = jax.tree.map(lambda a, p: math.prod(p.shard_shape(a.shape)) * a.dtype.itemsize, tree, placed)
    return sum(jax.tree.leaves(parts))
print(held("params") / held("nothing"))
"""

SAVE = """
import sys, tempfile, time
from pathlib import Path
from mezzotint.recipes import recipe
from mezzotint.runs import checkpoint
from mezzotint.training.loop import initial_state, root_keys
from mezzotint.training.prepare import plan
from mezzotint.training.state import to_trees
trees = to_trees(initial_state(plan(recipe(sys.argv[1])), root_keys(0)))
with tempfile.TemporaryDirectory() as folder:
    for step in range(int(sys.argv[2])):
        began = time.monotonic()
        checkpoint.save(Path(folder), step, trees, {}, None)
        print(time.monotonic() - began)
"""


def python(code: str, *words: object, flags: str = "") -> list[float]:
    """The numbers that a program prints."""
    env = {**os.environ, **({"XLA_FLAGS": flags} if flags else {})}
    command = [sys.executable, "-c", code, *map(str, words)]
    found = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return [float(line) for line in found.stdout.split()]


def command(recipe: str, batch: int, steps: int, out: Path, *more: str) -> list[str]:
    """Training without anything beside it."""
    words = f"{sys.executable} -m mezzotint train {recipe} --out {out} --steps {steps} --loader host".split()
    words += f"--batch-size {batch} --watch.log 10 --watch.validate 0 --watch.sample 0".split()
    return [*words, "--watch.checkpoint", "0", *more]


def images_per_second(out: Path) -> float:
    """Of a run: the median of its later lines."""
    lines = map(json.loads, (out / "journal.jsonl").read_text().splitlines())
    speeds = [line["seconds"]["images_per_second"] for line in lines if line["kind"] == "train"]
    return statistics.median(speeds[1:])


def on_cores(commands: list[list[str]]) -> None:
    """Runs commands at once, each on a core of its own."""
    started = [
        subprocess.Popen(
            ["taskset", "-c", str(core), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for core, words in enumerate(commands)
    ]
    if any(process.wait() for process in started):
        raise SystemExit(f"one of {len(commands)} processes has failed")


def apart(recipe: str, batch: int, steps: int, runs: int, folder: Path) -> float:
    """Images per second of some runs at once that know nothing of each other, taken together."""
    outs = [folder / str(index) for index in range(runs)]
    on_cores([command(recipe, batch, steps, out) for out in outs])
    return sum(map(images_per_second, outs))


def joined(recipe: str, batch: int, steps: int, processes: int, folder: Path) -> float:
    """Images per second of one run over some processes."""
    words = command(recipe, batch * processes, steps, folder / "run")
    meet = ["--coordinator", f"127.0.0.1:{20000 + os.getpid() % 10000}", "--processes", str(processes)]
    on_cores([[*words, *meet, "--process", str(process)] for process in range(processes)])
    return images_per_second(folder / "run")


def weak_scaling(recipe: str, batch: int, steps: int, rounds: int) -> tuple[float, str]:
    """Images per second of one process on one core, and what two processes make of two."""
    rows = []
    for _ in range(rounds):
        found = []
        for measure, processes in ((apart, 1), (apart, 2), (joined, 2)):
            with tempfile.TemporaryDirectory() as folder:
                found.append(measure(recipe, batch, steps, processes, Path(folder)))
        rows.append(found)
    one, two, both = map(statistics.median, zip(*rows, strict=True))
    return one, (
        f"weak scaling: {one:.0f} images/s on one core; two runs at once {two:.0f}, {two / (2 * one):.3f} of "
        f"twice as many; one run of two processes {both:.0f}: efficiency {both / (2 * one):.3f}, "
        f"{both / two:.3f} of the two at once"
    )


def whole(recipe: str, batch: int, steps: int, out: Path, *more: str) -> tuple[float, float]:
    """Seconds of a whole command on all cores, and of one of its steps."""
    began = time.monotonic()
    subprocess.run(command(recipe, batch, steps, out, *more), check=True, stderr=subprocess.DEVNULL)
    return time.monotonic() - began, batch / images_per_second(out)


def ensemble(recipe: str, batch: int, steps: int, rounds: int) -> str:
    """Its time over that of as many runs: the medians of the rounds' ratios."""
    ratios = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            one = whole(recipe, batch, steps, Path(folder, "one"))
            four = whole(recipe, batch, steps, Path(folder, "four"), "--ensemble", str(MEMBERS))
        ratios.append([many / (MEMBERS * single) for many, single in zip(four, one, strict=True)])
    commands, each = map(statistics.median, zip(*ratios, strict=True))
    return f"an ensemble of {MEMBERS}: {commands:.2f} of {MEMBERS} runs of {steps} steps; a step {each:.2f}"


def main() -> None:
    """Measures, and prints a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="demo")
    parser.add_argument("--batch-size", type=int, default=32, help="pictures a step and process")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    one, said = weak_scaling(given.recipe, given.batch_size, given.steps, given.rounds)
    print(said, flush=True)
    eight = "--xla_force_host_platform_device_count=8"
    (share,) = python(EIGHT, "flowers-article", flags=eight)
    print(f"--shard params on 8 devices: {share:.3f} of the weights' and moments' bytes a device")
    save = statistics.median(python(SAVE, given.recipe, 5)[1:])
    between = 500 * given.batch_size / one
    print(f"checkpoints: {save:.2f} s each, {save / between:.2%} of 500 steps on one core ({between:.0f} s)")
    print(ensemble(given.recipe, given.batch_size, given.steps, given.rounds))


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"{time.monotonic() - began:.0f} s")
