"""One row of the Flowers-64 benchmark: trains a recipe under the frozen protocol, measures it, keeps the row.

    python benchmarks/flowers64/run.py RECIPE|PEER --data flowers:PATH --tier cpu --by compute|time

The protocol is protocol.json, whole: which photos are learnt from and which are held out (by number;
prepare.py makes a folder of them), how pictures are brought to 64x64, how much training compute or time there
is, and how samples are made and measured. The row goes to table.json, and table.md is written from that. A
run that was stopped goes on.
"""

import argparse
import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import jax
import jax.numpy as jnp
from peers import PEERS
from prepare import number

import mezzotint
from mezzotint import runtime
from mezzotint.cli import evaluate
from mezzotint.cli.main import in_a_line
from mezzotint.config import Config
from mezzotint.core.labels import unlabelled
from mezzotint.data.open import open_origin
from mezzotint.data.survey import survey
from mezzotint.errors import UserError
from mezzotint.evaluation import report as reports
from mezzotint.evaluation.report import Report
from mezzotint.files import write_whole
from mezzotint.model import init_variables, told
from mezzotint.recipes import recipe
from mezzotint.runs import checkpoint, journal
from mezzotint.runs.folder import RunFolder

HERE = Path(__file__).parent
PROBED = 40  # steps that measure the speed where time is what is given
NAMED = ("recipe", "tier", "by", "device", "photos", "protocol")  # what tells rows apart
BACKWARD = 3  # a training step costs three forward passes: Kaplan et al., arXiv:2001.08361, section 2.1


def main() -> None:
    """Trains, measures, and adds the row."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe")
    parser.add_argument("--data", required=True)
    parser.add_argument("--tier", default="cpu")
    parser.add_argument("--by", choices=("compute", "time"), default="compute")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    runtime.prepare()  # before anything is counted, which starts JAX
    protocol = json.loads((HERE / "protocol.json").read_text())
    photos = photos_of(options.data, protocol)
    out = options.out or Path("runs") / f"flowers64-{options.recipe}-{options.tier}-{options.by}"
    demand_same_protocol(out)
    config = under(protocol, named(options.recipe), options.data)
    config = watched(config, length(config, protocol["tiers"][options.tier], options.by, out))
    mezzotint.train(config, out)
    if max(checkpoint.steps(RunFolder(out).checkpoints)) != config.steps:
        return  # stopped: the same command goes on
    found = row(options, config, measured(out, protocol), minutes(out))
    keep({**found, "photos": photos, "protocol": protocol_digest()})


def protocol_digest() -> str:
    """Under which protocol a row was made."""
    return hashlib.sha256((HERE / "protocol.json").read_bytes()).hexdigest()[:16]


def photos_of(data: str, protocol: dict[str, Any]) -> str:
    """The digest of all photos' files, by their numbers: the same photos may have been saved otherwise.

    Raises:
        UserError: the source has other photos than the protocol, or holds out others.
    """
    entries, found = open_origin(data).entries, hashlib.sha256()
    usable, _ = survey(entries, lambda row, content: 3)
    numbers = {each.row: number(entries[each.row].name) for each in usable}
    for split, name in (("train", "train"), ("validation", "held_out")):
        there = {numbers[each.row] for each in usable if entries[each.row].split == split}
        if there != set(protocol[name]):
            lacks, more = len(set(protocol[name]) - there), len(there - set(protocol[name]))
            raise UserError(
                f"{data} lacks {lacks} of the protocol's {name} photos and has {more} others: "
                "benchmarks/flowers64/prepare.py makes a folder of the right ones"
            )
    for each in sorted(usable, key=lambda each: numbers[each.row]):
        found.update(each.digest)
    return found.hexdigest()[:16]


def demand_same_protocol(out: Path) -> None:
    """Raises a `UserError` where a run was begun under another protocol; it is noted beside the run."""
    beside = out.with_name(f"{out.name}.protocol")
    if not beside.exists():
        beside.parent.mkdir(parents=True, exist_ok=True)
        write_whole(beside, protocol_digest())
    if beside.read_text(encoding="utf-8") != protocol_digest():
        raise UserError(
            f"{out} was begun under another protocol: name another --out, or delete it and {beside}"
        )


def named(name: str) -> Config:
    """A recipe of ours, or a peer's settings."""
    return PEERS[name]() if name in PEERS else recipe(name)


def under(protocol: dict[str, Any], config: Config, data: str) -> Config:
    """A recipe on the protocol's pictures."""
    size = tuple(protocol["image_size"])
    return replace(config, data=data, image_size=size, channels=3, crop="centre", seed=protocol["seed"])


def watched(config: Config, steps: int) -> Config:
    """So many steps, looked at so rarely that it costs nothing."""
    watch = replace(
        config.watch, validate=0, sample=0, log=max(10, steps // 500), checkpoint=max(100, steps // 5)
    )
    return replace(config, steps=steps, watch=watch)


def length(config: Config, tier: dict[str, float], by: str, out: Path) -> int:
    """How many steps a budget buys; a run that was begun keeps its length."""
    begun = RunFolder(out)
    if begun.config.exists():
        steps = begun.read_config().steps
        assert steps is not None, "a run that was begun has a length"
        return steps
    if by == "compute":
        return round(tier["teraflops"] * 1e12 / (BACKWARD * flops(config) * config.batch_size))
    return round(60 * tier["minutes"] / seconds_a_step(config, out))


def flops(config: Config) -> float:
    """Of the network on one picture, from its shapes, as XLA counts them before it optimises, for a CPU."""
    height, width, channels = config.picture_shape
    with jax.default_device(jax.devices("cpu")[0]):  # a GPU's backend counts nothing before it compiles
        variables = jax.eval_shape(lambda: init_variables(config, jax.random.key(0)))
        noisy, level = jnp.zeros((1, height, width, channels)), jnp.zeros(1)
        condition = told(config, unlabelled(1))
        forward = jax.jit(lambda held: config.network.apply(held, noisy, level, condition, train=False))
        counted = forward.lower(variables).cost_analysis()
    assert counted is not None, "XLA counts them for a CPU"
    return float(counted["flops"])


def seconds_a_step(config: Config, out: Path) -> float:
    """The median of a short run beside the real one."""
    probe = out.with_name(f"{out.name}-probe")
    watch = replace(config.watch, validate=0, sample=0, log=4, checkpoint=0)
    mezzotint.train(replace(config, steps=PROBED, watch=watch), probe)
    entries = journal.read(RunFolder(probe).journal)
    return config.batch_size / median(
        entry["seconds"]["images_per_second"] for entry in entries if entry["kind"] == "train"
    )


def measured(out: Path, protocol: dict[str, Any]) -> Report:
    """The report of a run's samples, made as the protocol says."""
    words = [str(out), "--out", str(out / "evaluation"), *map(str, protocol["evaluate"])]
    evaluate.main(words)
    return reports.read(out / "evaluation" / "report.json")


def minutes(out: Path) -> float:
    """That a run has trained, by its journal; validation, pictures and checkpoints do not count."""
    entries = journal.read(RunFolder(out).journal)
    return sum(entry["seconds"]["elapsed"] for entry in entries if entry["kind"] == "train") / 60


def row(options: argparse.Namespace, config: Config, found: Report, trained: float) -> dict[str, Any]:
    """What the table shows."""
    assert config.steps is not None
    images = config.steps * config.batch_size
    return {
        "recipe": options.recipe,
        "tier": options.tier,
        "by": options.by,
        "device": jax.devices()[0].device_kind,
        "steps": config.steps,
        "images": images,
        "minutes": round(trained, 1),
        "teraflops": round(BACKWARD * flops(config) * images / 1e12, 1),
        "numbers": {name: [each.value, each.low, each.high] for name, each in found.numbers.items()},
        "floors": {name: each.floor for name, each in found.numbers.items()},
        "copies": [found.copies.share, found.copies.low, found.copies.high],
    }


def keep(new: dict[str, Any]) -> None:
    """Puts a row in the place of the one before it, and writes the table of its protocol anew."""
    path = HERE / "table.json"
    rows = json.loads(path.read_text()) if path.exists() else []
    rows = [each for each in rows if any(each[name] != new[name] for name in NAMED)] + [new]
    write_whole(path, json.dumps(rows, indent=1) + "\n")
    write_whole(HERE / "table.md", table([each for each in rows if each["protocol"] == new["protocol"]]))


def table(rows: list[dict[str, Any]]) -> str:
    """Rows of one protocol, with the floors of real pictures last."""
    names = list(rows[0]["numbers"])
    heads = ["recipe", "device and budget", "images", "TFLOP", "minutes", *names, "copies"]
    lines = [heads, ["---"] * len(heads), *map(_cells, rows)]
    floors = [f"{rows[-1]['floors'][name]:.3g}" for name in names]
    lines.append(["real photos", "", "", "", "", *floors, ""])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cells(each: dict[str, Any]) -> list[str]:
    figures = [_interval(number) for number in each["numbers"].values()]
    budget = f"{each['device']}, by {each['by']}"
    counted = [f"{each['images']:,}", f"{each['teraflops']:,.0f}", f"{each['minutes']:.0f}"]
    return [each["recipe"], budget, *counted, *figures, _interval(each["copies"])]


def _interval(number: Iterable[float]) -> str:
    value, low, high = number
    return f"{value:.3g} ({low:.3g} to {high:.3g})"


if __name__ == "__main__":
    with in_a_line():
        main()
