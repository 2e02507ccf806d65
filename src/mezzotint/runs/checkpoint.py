"""Checkpoints of a run: saved whole or not at all, verified on reading, the one before as the fallback.

A checkpoint holds two trees that can be read apart, `state` (weights, optimizer, batch statistics, step)
and `ema` (what is sampled from: averaged weights and statistics, pixel statistics), and JSON beside them:
the version of this format, and what training wants to remember. Orbax writes them under a temporary name
and renames; last of all comes a seal with the digest of every file, without which a checkpoint does not
count and against which it is verified before anything reads it.
"""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orbax.checkpoint import v1

VERSION = 1
SEAL = "seal.json"

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
        ValueError: it was not finished, has changed since, or has another version.
    """
    verify(folder / str(step))
    extra = ocp.checkpointables_metadata(folder / str(step)).custom_metadata
    if extra["version"] != VERSION:
        raise ValueError(f"its format has version {extra['version']}, not {VERSION}")
    found = ocp.load_checkpointables(folder / str(step), abstract)
    return Checkpoint(step, found, extra["training"])


def newest(folder: Path, abstract: dict[str, Tree]) -> tuple[Checkpoint | None, list[Damage]]:
    """The newest checkpoint that can be read, and the damaged ones that were passed over."""
    damaged = []
    for step in steps(folder):
        try:
            return read(folder, step, abstract), damaged
        except (ValueError, OSError) as error:
            damaged.append(Damage(step, first_line(error)))
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
        self.folder = folder
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
            raise OSError(first_line(error)) from error
        seal(self.folder / str(step))

    def close(self) -> None:
        """Waits for the clean-up."""
        self._checkpointer.close()


def first_line(error: Exception) -> str:
    """What an exception says, at most 200 characters of it."""
    return (str(error).splitlines() or [repr(error)])[0][:200]


def seal(checkpoint: Path) -> None:
    """Writes the digests of a checkpoint's files, which ends it."""
    partial = checkpoint / f"{SEAL}.partial"
    partial.write_text(json.dumps(_digests(checkpoint), indent=1), encoding="utf-8")
    partial.replace(checkpoint / SEAL)


def verify(checkpoint: Path) -> None:
    """Raises ValueError where a checkpoint was not finished, or its files are not what they were."""
    if not (checkpoint / SEAL).exists():
        raise ValueError("it was not finished")
    sealed = json.loads((checkpoint / SEAL).read_text(encoding="utf-8"))
    found = _digests(checkpoint)
    for name in sorted({*sealed, *found}):
        if name not in found:
            raise ValueError(f"its file {name} is missing")
        if sealed.get(name) != found[name]:
            raise ValueError(f"its file {name} has changed")


def _digests(checkpoint: Path) -> dict[str, str]:
    """The SHA-256 of each file, by its path within the checkpoint."""
    digests = {}
    for path in sorted(checkpoint.rglob("*")):
        if path.is_file() and not path.name.startswith(SEAL):
            with path.open("rb") as file:
                name = path.relative_to(checkpoint).as_posix()
                digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests
