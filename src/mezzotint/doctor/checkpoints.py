"""Checkpoints: whole, and of finite numbers."""

import jax
import numpy as np

from mezzotint.doctor.finding import Finding, Verdict
from mezzotint.doctor.record import Record
from mezzotint.runs import checkpoint
from mezzotint.runs.seal import verify

AGAIN = "repeat the training command: it sets damaged ones aside and goes on from the newest whole one"


def whole(record: Record) -> Finding:
    """Whether every checkpoint is what was saved, by its seal."""
    about, folder = "checkpoints", record.folder
    steps = checkpoint.steps(folder.checkpoints)
    aside = checkpoint.steps(folder.damaged)
    if not steps and not aside:
        return Finding(about, Verdict.UNMEASURED, *_missing(record))
    faults = {str(step): fault for step in steps if (fault := _fault(record, step))}
    evidence = {
        "whole": [step for step in steps if str(step) not in faults],
        "damaged": faults,
        "aside": aside,
    }
    if faults:
        listed = "; ".join(f"checkpoint {step}: {fault}" for step, fault in faults.items())
        anew = f"put a whole one back into {folder.checkpoints}, or delete that folder to begin anew"
        do = AGAIN if evidence["whole"] else anew
        return Finding(about, Verdict.WRONG, listed, do, evidence)
    named = ", ".join(f"{step:,}" for step in sorted(steps))
    if aside:
        said = f"{len(aside)} damaged before and set aside; whole: {named or 'none'}"
        do = f"look into the disk, then delete {folder.damaged}"
        return Finding(about, Verdict.DOUBTFUL, said, do, evidence)
    return Finding(about, Verdict.HEALTHY, f"whole: {named}", evidence=evidence)


def finite(record: Record) -> Finding:
    """Whether the averaged weights, statistics included, are finite numbers."""
    about = "weights"
    if record.model is None:
        return Finding(about, Verdict.UNMEASURED, *_missing(record))
    leaves = jax.tree.leaves((record.model.variables, record.model.pixels))
    bad = sum(int((~np.isfinite(np.asarray(leaf))).sum()) for leaf in leaves)
    total = sum(leaf.size for leaf in leaves)
    evidence = {"numbers": total, "not_finite": bad}
    if bad:
        do = "delete the checkpoint, then repeat the training command with --optimizer.clip 1"
        return Finding(about, Verdict.WRONG, f"{bad:,} of {total:,} numbers are not finite", do, evidence)
    return Finding(about, Verdict.HEALTHY, f"all {total:,} numbers are finite", evidence=evidence)


def _missing(record: Record) -> tuple[str, str]:
    """Why there is nothing to look at, and what to do."""
    saved = record.of_kind("checkpoint")
    if not saved:
        return "none was saved yet", "train for longer, or with a smaller --watch.checkpoint"
    said = f"the journal tells of checkpoint {saved[-1]['step']:,}, and none that can be read is here"
    return (
        said,
        f"put them back into {record.folder.checkpoints}; without them the training command begins anew",
    )


def _fault(record: Record, step: int) -> str:
    try:
        verify(record.folder.checkpoints / str(step))
    except (ValueError, OSError) as error:
        return str(error)
    return ""
