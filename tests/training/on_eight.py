"""What test_devices.py runs in a process with eight fake devices; a line of JSON for each mesh."""

import hashlib
import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
from rich.console import Console

from mezzotint.config import Config, Optimizer, from_json
from mezzotint.networks.ensemble import Ensemble
from mezzotint.networks.unet import UNet
from mezzotint.runs import journal
from mezzotint.training import loop
from mezzotint.training.gradients import separable
from mezzotint.training.interrupt import Interrupt
from mezzotint.training.prepare import Plan, claim, plan
from mezzotint.training.sharding import mesh_over
from mezzotint.training.state import TrainState

MESHES = [
    ("nothing", 1, 1),
    ("nothing", 1, 2),
    ("nothing", 1, 4),
    ("nothing", 1, 8),
    ("params", 1, 8),
    ("params", 2, 8),
]
RESUMED = [("nothing", 1, 2), ("params", 1, 8)]
ALONE = [  # what is asked for, and on how many devices
    ("unet", {}, (1, 2, 8)),
    ("parts", {"optimizer": Optimizer(accumulate=2), "remat": True}, (4, 8)),
]


def planned(config: Config, devices: int) -> Plan:
    """The plan over the first devices."""
    return replace(plan(config), mesh=mesh_over(jax.devices()[:devices], config.shard, config.copies))


def train(plan: Plan, out: Path) -> TrainState:
    """Trains, or goes on."""
    training = loop.Training(plan, claim(out, plan.config), Console(file=io.StringIO()))
    training.run(Interrupt())
    return training.state


def losses(out: Path) -> list[float]:
    """Of each step."""
    return figures(out, "loss")


def figures(out: Path, name: str) -> list[float]:
    """The losses, or what else the journal has of each step."""
    return [entry[name] for entry in journal.read(out / "journal.jsonl") if entry["kind"] == "train"]


def digest(state: TrainState) -> str:
    """Of all its bytes, wherever they lie."""
    leaves = jax.tree.leaves((state.params, state.opt_state, state.averages, state.batch_stats, state.pixels))
    return hashlib.sha256(b"".join(np.asarray(leaf).tobytes() for leaf in leaves)).hexdigest()


def largest_share(state: TrainState) -> int:
    """The most bytes of weights and moments that a device holds."""
    held = dict.fromkeys(jax.devices(), 0)
    for leaf in jax.tree.leaves((state.params, state.opt_state)):
        for part in leaf.addressable_shards:
            held[part.device] += part.data.nbytes
    return max(held.values())


def alone(config: Config, folder: Path) -> None:
    """Trains a network without batch statistics; says whether each device finds its gradients alone."""
    for name, asked, counts in ALONE:
        for devices in counts:
            run, the_plan = folder / f"{name}-{devices}", planned(replace(config, **asked), devices)
            train(the_plan, run)
            said = {"mesh": [name, devices], "alone": separable(the_plan.config, the_plan.mesh)}
            said |= {"losses": figures(run, "loss"), "norms": figures(run, "gradient_norm")}
            print(json.dumps(said), flush=True)


def main(config: Config, folder: Path) -> None:
    """Trains over each mesh; over some, stops and goes on as well, and the last goes on elsewhere."""
    half = replace(config, steps=20)
    for shard, copies, devices in MESHES:
        out = folder / f"{shard}-{copies}-{devices}"
        laid = {"shard": shard, "copies": copies}
        state = train(planned(replace(config, **laid), devices), out)
        said = {"mesh": [shard, copies, devices], "losses": losses(out), "share": largest_share(state)}
        if (shard, copies, devices) in RESUMED:
            stopped = out.with_suffix(".stopped")
            train(planned(replace(half, **laid), devices), stopped)
            resumed = train(planned(replace(config, **laid), devices), stopped)
            said |= {"digests": [digest(state), digest(resumed)]}
        print(json.dumps(said), flush=True)
    alone(replace(config, steps=10, network=UNet(widths=(8,), depth=1, embedding=8)), folder)
    several = replace(config, steps=10, network=Ensemble(config.network, 4))
    for devices in (1, 2, 8):  # all members, two of them, and a part of all on a device
        out = folder / f"members-{devices}"
        train(planned(several, devices), out)
        print(json.dumps({"mesh": ["members", devices], "losses": losses(out)}), flush=True)
    elsewhere = folder / "elsewhere"
    train(planned(replace(half, shard="params"), 8), elsewhere)
    train(planned(config, 1), elsewhere)
    print(json.dumps({"mesh": ["elsewhere"], "losses": losses(elsewhere)}))


if __name__ == "__main__":
    main(from_json(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
