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
from mezzotint.files import flush, write_whole
from mezzotint.processes import by_first, first
from mezzotint.runs.seal import SEAL, seal, sealed_loss, verify
from mezzotint.runs.shapes import Shapes, first_unlike, shapes

VERSION = 1
MIB = 2**20
OVERHEAD = MIB // 4  # of a checkpoint beside its arrays: descriptions and digests
PROBE = 2**12  # bytes, by which a disk shows that it takes any
NO_SPACE = os.strerror(errno.ENOSPC)
UNLIKE = {  # of a tree that does not fit: what it is of, and the mend
    "ema": ("another network than config.json", "give the run the config.json back that it was trained with"),
    "state": ("another optimizer than config.json's", "give the run its config.json and its optax back"),
}

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
    """A checkpoint whose files are not what was saved, and why.

    Attributes:
        step: which.
        reason: for people.
        finished: whether it has a seal; what an interrupted save leaves has none.
    """

    step: int
    reason: str
    finished: bool


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
        ValueError: it was not finished, or has changed since.
        UserError: it is whole, and of another network or optimizer, or cannot be read for another reason.
        OSError: its files cannot be opened now.
    """
    found = _found(folder, step, abstract)
    if isinstance(found, Damage):
        raise ValueError(found.reason)
    return found


def newest(folder: Path, abstract: dict[str, Tree]) -> tuple[Checkpoint | None, list[Damage]]:
    """The newest checkpoint that is whole, and the damaged ones that were passed over.

    Raises:
        UserError, OSError: as `read`, which are no damage.
    """
    damaged = []
    for step in by_first(lambda: steps(folder)):
        found = _found(folder, step, abstract)
        if isinstance(found, Checkpoint):
            return found, damaged
        damaged.append(found)
    return None, damaged


def demand_whole(folder: Path, damaged: list[Damage]) -> None:
    """Raises a `UserError` where there were finished checkpoints, and none is left: a run would begin anew.

    Args:
        folder: the run's checkpoints.
        damaged: all that are there.
    """
    lost = [damage for damage in damaged if damage.finished]
    if lost:
        listed = ", ".join(f"{damage.step} ({damage.reason})" for damage in lost)
        raise UserError(
            f"every checkpoint in {folder} is damaged: {listed}; put one back that is whole, or delete that "
            "folder to begin anew"
        )


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
        by_first(lambda: _finish(place, loss))
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


def _found(folder: Path, step: int, abstract: dict[str, Tree]) -> Checkpoint | Damage:
    """A checkpoint as read, or what is wrong with its files, which all processes hear from the first."""
    place = folder.absolute() / str(step)
    fault = by_first(lambda: _fault(place))
    return Damage(step, **fault) if fault else _loaded(place, abstract)


def _fault(place: Path) -> dict[str, Any] | None:
    """What is wrong with a checkpoint's files, as of `Damage`; None where they are what was sealed.

    Raises:
        OSError: they cannot be opened now, for lack of a permission or of file handles, say: only what the
            disk itself fails at is damage.
    """
    try:
        verify(place)
    except (ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EIO:
            raise
        return {"reason": _first_line(error), "finished": (place / SEAL).exists()}
    return None


def _loaded(place: Path, abstract: dict[str, Tree]) -> Checkpoint:
    """A whole checkpoint's trees; whatever fails is a `UserError`, for it must not be taken for damaged."""
    try:
        found = ocp.checkpointables_metadata(place)
        extra = found.custom_metadata
        if extra["version"] != VERSION:
            raise ValueError(f"its format has version {extra['version']}, not {VERSION}")
        for name in sorted(abstract):  # the network's first, which the optimizer's follow
            _demand_fit(place, name, shapes(found.metadata[name]), shapes(abstract[name]))
        return Checkpoint(int(place.name), ocp.load_checkpointables(place, abstract), extra["training"])
    except (ValueError, OSError) as error:
        raise UserError(
            f"checkpoint {place.name} of {place.parent.parent} is whole and cannot be read: "
            f"{_first_line(error)}; mend that, or use the mezzotint and the orbax-checkpoint that saved it"
        ) from error


def _finish(place: Path, loss: float | None) -> None:
    """Seals a checkpoint once the disk has all of it: those before it are dropped next."""
    for path in (*place.rglob("*"), place, place.parent):
        flush(path)
    seal(place, loss)


def _demand_space(folder: Path, trees: Tree) -> None:
    """Raises `OSError` where the disk is too full to begin, or takes nothing.

    Orbax's threads end untidily on such a disk, and other processes would wait for them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    needed = sum(leaf.nbytes for leaf in jax.tree.leaves(trees)) + OVERHEAD
    free = shutil.disk_usage(folder).free
    if free < needed:
        said = f"{NO_SPACE}: it takes {needed / MIB:.1f} MiB and {free / MIB:.1f} MiB are free"
        raise OSError(errno.ENOSPC, said)
    probe = folder / "probe"  # free space says nothing of quotas, nor of a disk that is read only
    write_whole(probe, bytes(PROBE))
    probe.unlink()


def _demand_fit(place: Path, name: str, held: Shapes, asked: Shapes) -> None:
    """Raises a `UserError` where one of a checkpoint's trees has other arrays than are asked for."""
    array = first_unlike(held, asked)
    if array is not None:
        other, mend = UNLIKE[name]
        there, here = held.get(array, "missing"), asked.get(array, "missing")
        raise UserError(
            f"checkpoint {place.name} of {place.parent.parent} is of {other}: {array} is {there} there, and "
            f"{here} here; {mend}, or train into a new folder"
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
