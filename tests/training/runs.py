"""Short runs for the tests, and what they leave."""

import hashlib
import io
import json
from pathlib import Path

import jax
import numpy as np
from rich.console import Console

from mezzotint.config import Config
from mezzotint.runs import checkpoint, journal
from mezzotint.runs.folder import RunFolder
from mezzotint.training import loop
from mezzotint.training.interrupt import Interrupt
from mezzotint.training.prepare import claim, plan
from mezzotint.training.state import to_trees


def train(config: Config, out: Path, stop_at: int | None = None) -> str:
    """Trains, stopping as on SIGTERM after the step `stop_at`; gives what was said."""
    console = Console(record=True, file=io.StringIO(), width=500)
    the_plan = plan(config)
    training = loop.Training(the_plan, claim(out, the_plan.config), console)
    interrupt = Interrupt()
    if stop_at is not None:
        look = training._look

        def look_and_ask(done: int) -> None:
            look(done)
            interrupt.asked = done >= stop_at

        training._look = look_and_ask
    training.run(interrupt)
    return console.export_text()


def steps(out: Path) -> int:
    """How many steps a run has in its journal."""
    return max(entry.get("step", 0) for entry in journal.read(RunFolder(out).journal))


def digests(config: Config, out: Path) -> tuple[int, dict[str, str]]:
    """The newest checkpoint's step, and a digest of each of its trees."""
    the_plan = plan(config)
    state = loop.initial_state(the_plan, loop.root_keys(config.seed, config.members))
    abstract = jax.tree.map(
        lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=a.sharding), to_trees(state)
    )
    found, damaged = checkpoint.newest(out / "checkpoints", abstract)
    assert found is not None and not damaged
    leaves = {name: jax.tree.leaves(tree) for name, tree in found.trees.items()}
    return found.step, {
        name: hashlib.sha256(b"".join(np.asarray(leaf).tobytes() for leaf in arrays)).hexdigest()
        for name, arrays in leaves.items()
    }


def figures(out: Path) -> list[str]:
    """The journal's lines but for starts and seconds, as text: the same bytes for the same run."""
    entries = [entry for entry in journal.read(RunFolder(out).journal) if entry["kind"] != "start"]
    for entry in entries:
        entry.pop("seconds", None)
    return [json.dumps(entry) for entry in entries]
