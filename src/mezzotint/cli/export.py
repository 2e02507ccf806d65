"""`mezzotint export RUN`: a run's averaged weights leave it, alone or as a program of another runtime."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint.errors import UserError
from mezzotint.export.formats import FORMATS, demand_extra, named
from mezzotint.export.leave import Left, leave
from mezzotint.export.program import Program, denoise, whole_sampler
from mezzotint.export.quantize import Quantize
from mezzotint.files import demand_free
from mezzotint.model import Model, load
from mezzotint.sampling.loop import CAPACITY
from mezzotint.sampling.presets import PRESETS, preset

WEIGHTS = "safetensors"


@dataclass(frozen=True)
class Options:
    """Write a run's model for other programs.

    Every program is run by its own runtime before it gets its name, and its error against JAX is printed.

    Attributes:
        run: a run folder.
        out: the folder to write; new or empty.
        format: safetensors is the weights and config.json, for `mezzotint` itself; the others are programs,
            with mezzotint.json, which says how to sample with them.
        quantize: keep the weights in fewer bits; computation stays float32.
        whole_sampler: export the making of whole pictures in this many steps, not one denoise.
        sampler: the method of `--whole-sampler`; the run's own by default.
    """

    run: Annotated[Path, tyro.conf.Positional]
    out: Path
    format: Annotated[str, tyro.conf.arg(metavar="|".join((WEIGHTS, *FORMATS)))] = WEIGHTS
    quantize: Quantize = "none"
    whole_sampler: Annotated[int | None, tyro.conf.arg(metavar="STEPS")] = None
    sampler: Annotated[str | None, tyro.conf.arg(metavar="|".join(PRESETS))] = None


def main(arguments: list[str]) -> None:
    """Writes the folder and says where it is."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint export")
    check(options)
    model = load(options.run)
    if options.format == WEIGHTS:
        print(model.save(options.out))
    else:
        print(text(leave(program(model, options), options.format, options.out, options.quantize)))


def check(options: Options) -> None:
    """Raises a `UserError` for what can be refused before anything is read."""
    demand_free(options.out)
    if options.whole_sampler is not None and not 1 <= options.whole_sampler <= CAPACITY:
        raise UserError(f"--whole-sampler must be from 1 to {CAPACITY}, not {options.whole_sampler}")
    if options.sampler is not None and options.whole_sampler is None:
        raise UserError("--sampler belongs to --whole-sampler STEPS: give the steps, or leave it out")
    if options.format == WEIGHTS:
        _refuse(options.whole_sampler is not None, "--whole-sampler", options.format)
        _refuse(options.quantize != "none", f"--quantize {options.quantize}", options.format)
        return
    wanted = named(options.format)
    _refuse(options.quantize not in wanted.quantize, f"--quantize {options.quantize}", options.format)
    _refuse(options.whole_sampler is not None and not wanted.samplers, "--whole-sampler", options.format)
    demand_extra(options.format)


def _refuse(refused: bool, option: str, kind: str) -> None:
    if refused:
        raise UserError(f"{option} is not of --format {kind}: leave it out, or take another format")


def program(model: Model, options: Options) -> Program:
    """What is exported."""
    if options.whole_sampler is None:
        return denoise(model)
    sampler = preset(options.sampler) if options.sampler else model.config.sampler
    return whole_sampler(model, sampler, options.whole_sampler)


def text(left: Left) -> str:
    """What a person is told of an export."""
    found = left.found
    return (
        f"{left.path}: {left.size / 1e6:.2f} MB; against JAX, run by its own runtime: "
        f"largest error {found.largest:.1g}, mean {found.mean:.1g}"
    )
