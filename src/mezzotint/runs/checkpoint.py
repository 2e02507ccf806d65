"""Checkpoints of a run: saved whole or not at all, verified on reading, the one before as the fallback.

A checkpoint holds two trees that can be read apart, `state` (weights, optimizer, batch statistics, step)
and `ema` (what is sampled from: averaged weights and statistics, pixel statistics), and JSON beside them:
the version of this format, the digests of the trees, and what training wants to remember.
Orbax writes them under a temporary name and renames; the digests find every change that it does not.
"""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from orbax.checkpoint import v1

VERSION = 1

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


def steps(folder: Path) -> list[int]:
    """The steps of the finished checkpoints in a folder, newest first."""
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
        Exception: whatever is wrong with a damaged one; ValueError for a digest that differs.
    """
    extra = ocp.checkpointables_metadata(folder / str(step)).custom_metadata
    if extra["version"] != VERSION:
        raise ValueError(f"its format has version {extra['version']}, not {VERSION}")
    found = ocp.load_checkpointables(folder / str(step), abstract)
    for name, tree in found.items():
        if digest(tree) != extra["digests"][name]:
            raise ValueError(f"the digest of its {name} differs")
    return Checkpoint(step, found, extra["training"])


def newest(folder: Path, abstract: dict[str, Tree]) -> tuple[Checkpoint | None, list[Damage]]:
    """The newest checkpoint that can be read, and the damaged ones that were passed over."""
    damaged = []
    for step in steps(folder):
        try:
            return read(folder, step, abstract), damaged
        except Exception as error:  # noqa: BLE001  damage shows as almost any exception
            damaged.append(Damage(step, (str(error).splitlines() or [repr(error)])[0][:200]))
    return None, damaged


def set_aside(folder: Path, damaged: list[Damage], into: Path) -> None:
    """Moves damaged checkpoints out of the way, so that their steps can be saved again."""
    for damage in damaged:
        into.mkdir(exist_ok=True)
        place = into / str(damage.step)
        shutil.rmtree(place, ignore_errors=True)
        (folder / str(damage.step)).rename(place)


class Writer:
    """Saves checkpoints and keeps those that the policy names."""

    def __init__(self, folder: Path, latest: int, every: int, best: int) -> None:
        """Opens a folder.

        Args:
            folder: the run's checkpoints; made where it is missing.
            latest: how many of the newest are kept.
            every: multiples of this many steps are kept for good; 0 for none.
            best: how many of the lowest validation losses are kept.
        """
        policies = ocp.training.preservation_policies
        kept = [
            policies.LatestN(max(latest, 1)),
            policies.BestN(
                get_metric_fn=lambda metrics: metrics["validation_loss"],
                reverse=True,
                n=best,
                keep_checkpoints_without_metrics=False,
            ),
        ]
        if every:
            kept.append(policies.EveryNSteps(every))
        self._checkpointer = ocp.training.Checkpointer(
            folder,
            save_decision_policy=ocp.training.save_decision_policies.AnySavePolicy([]),
            preservation_policy=policies.AnyPreservationPolicy(kept),
            cleanup_tmp_directories=True,
        )

    def save(self, step: int, trees: dict[str, Tree], training: dict[str, Any], loss: float | None) -> None:
        """Saves one checkpoint and drops those that the policy does not keep.

        Raises:
            OSError: the disk does not take it; what was there before is untouched.
        """
        extra = {
            "version": VERSION,
            "digests": {name: digest(tree) for name, tree in trees.items()},
            "training": training,
        }
        metrics = None if loss is None else {"validation_loss": loss}
        try:
            self._checkpointer.save_checkpointables(
                step,
                trees,
                force=True,
                overwrite=True,
                metrics=metrics,
                custom_metadata=extra,
            )
        except ValueError as error:  # how the array store reports a full disk
            raise OSError((str(error).splitlines() or [repr(error)])[0]) from error

    def close(self) -> None:
        """Waits for the clean-up."""
        self._checkpointer.close()


def digest(tree: Tree) -> str:
    """SHA-256 of a tree's arrays: their paths, types, shapes and bytes."""
    total = hashlib.sha256()
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        array = np.ascontiguousarray(leaf)
        total.update(f"{jax.tree_util.keystr(path)} {array.dtype} {array.shape} ".encode())
        total.update(array.tobytes())
    return total.hexdigest()
