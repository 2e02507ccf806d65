"""`mezzotint ensemble RUN RUN ... --out DIR`: several runs as one model, the mean of their estimates."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint.files import demand_free
from mezzotint.model import load
from mezzotint.model.ensemble import ensemble


@dataclass(frozen=True)
class Options:
    """Make one model of runs that differ in their seed: its estimates are the means of theirs.

    Every verb that takes a run takes it; `--member 0` and so on is one of them again.

    Attributes:
        runs: two run folders or more, of one network and of the same pictures.
        out: a new folder for config.json and model.safetensors.
    """

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    out: Path


def main(arguments: list[str]) -> None:
    """Loads the runs, writes the model, and says where it is."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint ensemble")
    out = options.out.expanduser()
    demand_free(out)
    print(ensemble([load(run) for run in options.runs]).save(out))
