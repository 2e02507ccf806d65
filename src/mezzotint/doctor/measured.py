"""What only the pictures can tell: whether averaging makes the network better or worse.

The loss on held-out pictures, as training measures it, of the averages and of the weights of the same step.
"""

import jax

from mezzotint.doctor.finding import Finding, Verdict, graded
from mezzotint.doctor.record import Record
from mezzotint.runs import checkpoint
from mezzotint.training.loop import initial_state, root_keys
from mezzotint.training.prepare import Plan, plan
from mezzotint.training.state import TrainState, from_trees, to_trees
from mezzotint.training.validate import Validation

ABOUT = "average against the weights"
# The same noise and times for both. The averages of four healthy runs, whose learning rate had fallen to 0 so
# that averaging could gain nothing, were 0.1 to 0.2 % above.
DOUBTFUL, WRONG = 0.01, 0.05


def unasked(record: Record) -> Finding:
    """In its place where nobody asked for it, because it opens the pictures."""
    said = "whether the averages do better than the weights takes the pictures"
    return Finding(ABOUT, Verdict.UNMEASURED, said, f"mezzotint doctor {record.folder.path} --measure")


def averages(record: Record) -> Finding:
    """The loss of the averages against that of the weights they are averages of."""
    the_plan = plan(record.config)
    state, validation = (
        _newest(record, the_plan),
        Validation(the_plan, root_keys(record.config.seed, record.config.members).validation),
    )
    if state is None or not validation.possible:
        said = "it takes a checkpoint that can be read, and pictures that are held out"
        return Finding(ABOUT, Verdict.UNMEASURED, said, "see the finding on checkpoints")
    raw = {"params": state.params, "batch_stats": state.batch_stats}
    averaged, last = validation.loss(state), validation.loss(state.replace(averages=raw))
    worse = averaged / last - 1
    side = "above" if worse > 0 else "below"
    said = f"a loss of {averaged:.4g} on held-out pictures, {abs(worse):.1%} {side} the weights', {last:.4g}"
    evidence = {"averaged": averaged, "last": last, "worse": worse, "limits": [DOUBTFUL, WRONG]}
    verdict = graded(worse, DOUBTFUL, WRONG)
    do = "" if verdict is Verdict.HEALTHY else "train for longer, or with a lower --average.decay"
    return Finding(ABOUT, verdict, said, do, evidence)


def _newest(record: Record, the_plan: Plan) -> TrainState | None:
    state = initial_state(the_plan, root_keys(record.config.seed, record.config.members))
    place = lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=leaf.sharding)  # noqa: E731
    found, _ = checkpoint.newest(record.folder.checkpoints, jax.tree.map(place, to_trees(state)))
    return None if found is None else from_trees(state, found.trees)
