"""Checkpoints of a run: saved whole or not at all, verified on reading, the one before as the fallback.

A checkpoint holds two trees that can be read apart, `state` (weights, optimizer, batch statistics, step)
and `ema` (what is sampled from: averaged weights and statistics, pixel statistics), and JSON beside them:
the version of this format, and what training wants to remember. Orbax writes them under a temporary name
and renames; last of all comes a seal with the digest of every file (`runs/seal.py`), without which a
checkpoint does not count and against which it is verified before anything reads it.
"""

import errno
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
from orbax.checkpoint import v1

from mezzotint.errors import UserError
from mezzotint.processes import anywhere, by_first, first
from mezzotint.runs.seal import seal, sealed_loss, verify
from mezzotint.runs.shapes import Shapes, first_unlike, shapes

VERSION = 1
MIB = 2**20
OVERHEAD = MIB // 4  # of a checkpoint beside its arrays: descriptions and digests
NO_SPACE = os.strerror(errno.ENOSPC)

Tree = Any
ocp: Any = v1  # its annotations refuse what its documentation shows


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as read: the trees that were asked for, and what training remembered."""

    step: int
    trees: dict[str, Tree]
    extra: dict[str, Any]


@dataclass(frozen=True)
class Damage:
    """A checkpoint that could not be read, and why."""

    step: int
    reason: str


@dataclass(frozen=True)
class Policy:
    """Which checkpoints are kept.

    Attributes:
        latest: so many of the newest, at least 1.
        every: multiples of this many steps, for good; 0 for none.
        best: so many of the lowest scores: validation losses, or distances.
    """

    latest: int = 2
    every: int = 0
    best: int = 1

    def kept(self, losses: dict[int, float | None]) -> set[int]:
        """The steps to keep, of these steps with their scores; the lower the better."""
        newest = sorted(losses, reverse=True)[: max(self.latest, 1)]
        multiples = [step for step in losses if self.every and step % self.every == 0]
        measured = [(loss, step) for step, loss in losses.items() if loss is not None]
        best = [step for _, step in sorted(measured)[: self.best]]
        return {*newest, *multiples, *best}


def steps(folder: Path) -> list[int]:
    """The steps of the checkpoints in a folder, newest first."""
    if not folder.is_dir():
        return []
    names = [child.name for child in folder.iterdir() if child.is_dir()]
    return sorted((int(name) for name in names if name.isdecimal()), reverse=True)


def read(folder: Path, step: int, abstract: dict[str, Tree]) -> Checkpoint:
    """One checkpoint's trees, shaped and placed like `abstract`.

    Args:
        folder: the run's checkpoints.
        step: which.
        abstract: {"ema": ...} or {"state": ..., "ema": ...}, of `jax.ShapeDtypeStruct`s.

    Raises:
        ValueError: it was not finished, has changed since, or has another version.
        UserError: it is whole, and of another network.
    """
    place = folder.absolute() / str(step)
    by_first(lambda: verify(place))
    found = ocp.checkpointables_metadata(place)
    extra = found.custom_metadata
    if extra["version"] != VERSION:
        raise ValueError(f"its format has version {extra['version']}, not {VERSION}")
    _demand_fit(place, shapes(found.metadata["ema"]), shapes(abstract["ema"]))
    return Checkpoint(step, ocp.load_checkpointables(place, abstract), extra["training"])


def newest(folder: Path, abstract: dict[str, Tree]) -> tuple[Checkpoint | None, list[Damage]]:
    """The newest checkpoint that can be read, and the damaged ones that were passed over."""
    damaged = []
    for step in by_first(lambda: steps(folder)):
        found, reason = None, ""
        try:
            found = read(folder, step, abstract)
        except (ValueError, OSError) as error:
            reason = _first_line(error)
        if found and not anywhere(bool(reason)):
            return found, damaged
        damaged.append(Damage(step, reason or "another process could not read it"))
    return None, damaged


def save(
    folder: Path, step: int, trees: dict[str, Tree], training: dict[str, Any], loss: float | None
) -> None:
    """Saves one checkpoint, all processes together; one of the same step is replaced.

    Args:
        folder: the run's checkpoints; made where it is missing.
        step: which.
        trees: {"state": ..., "ema": ...}.
        training: what training wants to remember, as JSON.
        loss: the score of this step, its validation loss or its KID, where there is one.

    Raises:
        OSError: the disk does not take it; nothing of it is left, and the others are untouched.
    """
    by_first(lambda: _demand_space(folder, trees))
    place = folder.absolute() / str(step)
    extra = {"version": VERSION, "training": training}
    try:
        with _orbax_quiet():
            ocp.save_checkpointables(place, trees, overwrite=True, custom_metadata=extra)
        by_first(lambda: seal(place, loss))
    except (OSError, ValueError) as error:  # the array store reports a full disk as a ValueError
        if first():
            shutil.rmtree(place, ignore_errors=True)
            clear_unfinished(folder)
        raise OSError(_full_disk(error) or _first_line(error)) from error


def prune(folder: Path, policy: Policy) -> None:
    """Drops the checkpoints that the policy does not keep."""
    losses = {step: sealed_loss(folder / str(step)) for step in steps(folder)}
    for step in set(losses) - policy.kept(losses):
        dropped = folder / f"{step}.dropped"
        (folder / str(step)).rename(dropped)
        shutil.rmtree(dropped, ignore_errors=True)


def clear_unfinished(folder: Path) -> None:
    """Drops what interrupted saves and clean-ups have left."""
    for child in folder.glob("*") if folder.is_dir() else ():
        if child.is_dir() and not child.name.isdecimal():
            shutil.rmtree(child, ignore_errors=True)


def set_aside(folder: Path, damaged: list[Damage], into: Path) -> None:
    """Moves damaged checkpoints out of the way, so that their steps can be saved again."""
    for damage in damaged:
        into.mkdir(exist_ok=True)
        place = into / str(damage.step)
        shutil.rmtree(place, ignore_errors=True)
        (folder / str(damage.step)).rename(place)


def _demand_space(folder: Path, trees: Tree) -> None:
    """Raises `OSError` where the disk is too full to begin: Orbax's threads end untidily on one."""
    folder.mkdir(parents=True, exist_ok=True)
    needed = sum(leaf.nbytes for leaf in jax.tree.leaves(trees)) + OVERHEAD
    free = shutil.disk_usage(folder).free
    if free < needed:
        said = f"{NO_SPACE}: it takes {needed / MIB:.1f} MiB and {free / MIB:.1f} MiB are free"
        raise OSError(errno.ENOSPC, said)


def _demand_fit(place: Path, held: Shapes, asked: Shapes) -> None:
    """Raises a `UserError` where a checkpoint's averages are not those of the configuration's network."""
    name = first_unlike(held, asked)
    if name is not None:
        there, here = held.get(name, "missing"), asked.get(name, "missing")
        raise UserError(
            f"checkpoint {place.name} of {place.parent.parent} is of another network than config.json: "
            f"{name} is {there} there, and {here} in the network; give the run the config.json back that "
            "it was trained with, or train into a new folder"
        )


def _first_line(error: Exception) -> str:
    """What an exception says, at most 200 characters of it."""
    return (str(error).splitlines() or [repr(error)])[0][:200]


def _full_disk(error: Exception) -> str | None:
    """The system's words for a full disk, where an exception says them among many others."""
    return NO_SPACE if NO_SPACE in str(error) else None


@contextmanager
def _orbax_quiet() -> Iterator[None]:
    """Orbax logs every failure of every thread with its trace; the caller says it in a line.

    After a failure it stays quiet: threads of the save may still be failing.
    """
    logger = logging.getLogger("absl")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    yield
    logger.setLevel(before)
