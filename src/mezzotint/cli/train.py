"""`mezzotint train RECIPE --out DIR`: train, or go on with what is there."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from mezzotint import processes, runtime
from mezzotint.cli.options import parse
from mezzotint.config import to_json
from mezzotint.errors import UserError
from mezzotint.networks.ensemble import several
from mezzotint.processes import ANSWER, Cluster
from mezzotint.recipes import RECIPES, recipe
from mezzotint.runs import checkpoint
from mezzotint.runs.folder import RunFolder
from mezzotint.training.loop import describe, train


@dataclass(frozen=True)
class Options:
    """Train a recipe into a run folder, or go on where that folder's run stopped.

    Attributes:
        recipe: the recipe, which decides every default below; `mezzotint recipes` lists them.
        out: the run folder: new, empty, or one to go on with; runs/RECIPE by default.
        ensemble: members that are trained side by side from different keys, as one model of their mean; one
            network by default.
        dry_run: say what would be trained, with the whole configuration, and train nothing.
        coordinator: HOST:PORT of process 0, where several processes train together; SLURM, Open MPI and
            Kubernetes are found without.
        processes: how many processes there are.
        process: which of them this is, from 0.
        wait: seconds that process 0, or the last of the processes, may take to come.
        stopped_exit_code: the exit code where training was asked to stop before its last step; a scheduler
            that starts again what has failed needs one, such as 75.
    """

    recipe: Annotated[str, tyro.conf.Positional]
    out: Path | None = None
    ensemble: int | None = None
    dry_run: bool = False
    coordinator: str | None = None
    processes: int = 1
    process: int = 0
    wait: int = ANSWER
    stopped_exit_code: int = 0

    def __post_init__(self) -> None:
        """Refuses a time that is none, and what no process can end with."""
        if self.wait < 1:
            raise UserError(f"--wait {self.wait} must be at least 1, in seconds")
        if not 0 <= self.stopped_exit_code < 256:
            raise UserError(f"--stopped-exit-code {self.stopped_exit_code} must be from 0 to 255")

    @property
    def cluster(self) -> Cluster | None:
        """Where the processes meet, where that is said."""
        if self.coordinator is None and self.processes != 1:
            raise UserError(f"--processes {self.processes} needs --coordinator HOST:PORT, where they meet")
        return Cluster(self.coordinator, self.processes, self.process) if self.coordinator else None


def main(arguments: list[str]) -> None:
    """Trains, or says what would be trained."""
    if not arguments or arguments[0].startswith("-"):
        asked_for_help = {"-h", "--help"} & set(arguments)
        if not asked_for_help:
            raise UserError(f"name a recipe first: mezzotint train {'|'.join(RECIPES)} --out DIR")
        arguments = ["demo", *arguments]
    runtime.prepare()
    options, config = parse(recipe(arguments[0]), Options, arguments, "mezzotint train")
    if options.ensemble is not None:
        config = replace(config, network=several(config.network, options.ensemble))
    processes.join(options.cluster, options.wait)
    if options.dry_run:
        line, complete = describe(config)
        print(line)
        sys.stdout.write(to_json(complete))
    else:
        run = RunFolder(train(config, options.out, Console(stderr=True)))
        if options.stopped_exit_code and stopped(run):
            raise SystemExit(options.stopped_exit_code)


def stopped(run: RunFolder) -> bool:
    """Whether a run has steps left to train, which process 0 says to all."""

    def left() -> bool:
        wanted = run.read_config().steps
        assert wanted is not None  # it was completed before training
        return max(checkpoint.steps(run.checkpoints), default=0) < wanted

    with processes.together():
        return processes.by_first(left)
