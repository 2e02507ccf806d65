"""`mezzotint export RUN`: the averaged weights leave the run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint.errors import UserError
from mezzotint.model import load


@dataclass(frozen=True)
class Options:
    """Write a run's averaged weights as model.safetensors and config.json.

    Attributes:
        run: a run folder.
        out: the folder to write; new or empty.
    """

    run: Annotated[Path, tyro.conf.Positional]
    out: Path


def main(arguments: list[str]) -> None:
    """Writes the two files and says where they are."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint export")
    if options.out.exists() and (not options.out.is_dir() or any(options.out.iterdir())):
        raise UserError(f"--out {options.out} exists already: give a folder that is new or empty")
    print(load(options.run).save(options.out))
