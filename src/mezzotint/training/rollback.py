"""Back to the last good checkpoint, after too many steps in a row whose gradients were not finite.

A single such step is skipped: the state stays what it was. After a return the pictures come in another
order, and how often that has happened is kept in every later checkpoint, so that a run that is stopped
and started again takes the same way.
"""

from dataclasses import dataclass, field

import jax

from mezzotint.errors import UserError

MOST = 3  # returns, after which training gives up
ROW = "{} steps in a row before step {} had gradients that are not finite"


@dataclass(frozen=True)
class Memory:
    """What a checkpoint remembers beside the state.

    Attributes:
        window: the figures since the last line of the journal.
        skipped: steps in a row, up to this one, that were skipped.
        rollbacks: how often training has gone back.
    """

    window: dict[str, list[float]] = field(default_factory=dict)
    skipped: int = 0
    rollbacks: int = 0


def data_seed(seed: int, rollbacks: int) -> int:
    """The seed of the pictures' order: the run's own, and another one after each return."""
    if not rollbacks:
        return seed
    return int(jax.random.bits(jax.random.fold_in(jax.random.key(seed), rollbacks)))


def demand_another(rollbacks: int, skips: int, step: int, checkpoint: int) -> None:
    """Raises a `UserError` where training has gone back often enough.

    Args:
        rollbacks: how often already.
        skips: steps in a row that were skipped.
        step: where that was noticed.
        checkpoint: the last good one, 0 for none.
    """
    if rollbacks < MOST:
        return
    kept = f"checkpoint {checkpoint} is good" if checkpoint else "there is no checkpoint"
    raise UserError(
        f"{ROW.format(skips, step)}, after {MOST} returns to an earlier checkpoint; {kept}; a lower "
        "--optimizer.learning-rate, --optimizer.clip 1 or --network.dtype float32 may help"
    )
