"""`mezzotint likelihood RUN`: bits per dimension on held-out pictures, with a standard error."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

import tyro

from mezzotint.bits import STEPS, Bits, Pictures, bits_per_dimension
from mezzotint.config import Config
from mezzotint.data.open import open_source
from mezzotint.data.pipeline import epoch_order, fetch
from mezzotint.errors import UserError
from mezzotint.model import load
from mezzotint.progress import progress


@dataclass(frozen=True)
class Options:
    """Say how many bits a run's model takes for each value of pictures that it was not trained on.

    Attributes:
        run: a run folder, or a folder with config.json and model.safetensors.
        data: another source than the run's; its held-out pictures are measured.
        count: how many pictures, drawn by the seed; all of them where there are fewer.
        probes: of the trace, for each picture and evaluation.
        steps: Runge-Kutta steps of the flow, four network evaluations each.
        seed: of the choice of pictures, of noise and of probes.
    """

    run: Annotated[Path, tyro.conf.Positional]
    data: str | None = None
    count: int = 256
    probes: int = 1
    steps: int = STEPS
    seed: int = 0


def main(arguments: list[str]) -> None:
    """Measures, and prints the mean with its standard error."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint likelihood")
    check(options)
    model = load(options.run)
    source = options.data or model.config.data
    held = held_out(model.config, source, options.count, options.seed)
    with progress("measuring pictures", len(held.pictures)) as seen:
        found = bits_per_dimension(
            model, *held, steps=options.steps, probes=options.probes, seed=options.seed, seen=seen
        )
    print(text(found, source))


class Held(NamedTuple):
    """Held-out pictures, and their classes where the model knows them."""

    pictures: Pictures
    labels: list[int] | None


def held_out(config: Config, source: str, count: int, seed: int) -> Held:
    """At most `count` of a source's held-out pictures, drawn by the seed, in the run's shape.

    Their labels are given where the model was trained with labels and the source calls its own the same.
    """
    if source == "object":
        raise UserError("the run was trained on Python objects: name a source of pictures with --data")
    data = open_source(source, config.fit)
    rows = epoch_order(len(data.validation), seed, 0)[:count]
    if len(rows) < 2:
        raise UserError(f"{source} has {len(rows)} held-out pictures, and a standard error takes at least 2")
    found = fetch(data.validation, rows.tolist(), config.image_size)
    same = config.classes and data.label_names == config.label_names
    return Held(found["image"], found["label"].tolist() if same else None)


def text(found: Bits, source: str) -> str:
    """The mean and its standard error; what it is made of, and what it took."""
    return (
        f"{found.mean:.4f} \u00b1 {found.error:.4f} bits/dim, at most, on {len(found.noisy):,} held-out "
        f"pictures of {source}\n"
        f"{found.noisy.mean():.4f} for the noisy picture at t = 0, {found.last.mean():.4f} for the last "
        f"denoise; {found.evaluations:,} network evaluations a picture"
    )


def check(options: Options) -> None:
    """Raises a `UserError` for a number out of range."""
    if options.count < 2:
        raise UserError(f"--count must be at least 2, for a standard error, not {options.count}")
    if options.probes < 1 or options.steps < 1:
        raise UserError("--probes and --steps must be at least 1")
    if not 0 <= options.seed < 2**32:
        raise UserError(f"--seed must be from 0 to {2**32 - 1}, not {options.seed}")
