"""Where the pictures of a step come from: read ahead by the host, or resident on the devices.

Both give the same pictures at the same step: batch k is a function of the seed and k alone, see
`data/pipeline.py`.
"""

import time
import warnings
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax.stages import Compiled

from mezzotint.arrays import Bytes
from mezzotint.core.labels import Labels
from mezzotint.data.memory import InMemory
from mezzotint.data.pipeline import Batches, Draw, batches, draws
from mezzotint.devices import cut, sent, whole
from mezzotint.errors import UserError
from mezzotint.processes import anywhere
from mezzotint.training.prepare import Plan
from mezzotint.training.sharding import assembled, jit_step, rows
from mezzotint.training.state import TrainState
from mezzotint.training.step import Metrics, Step

DISPATCH = 16  # steps that a resident feed hands to the devices at once, at most
SHARE = 0.25  # of a device's memory that the pictures may take


class Feed(Protocol):
    """What the loop asks of a feed.

    Attributes:
        place: where the pictures are, for people.
        waited: seconds that the loop has stood still for pictures.
    """

    place: str
    waited: float

    def compile(self, step: Step, state: TrainState) -> Compiled:
        """The training step over what `inputs` gives: (state, *inputs) -> (state, metrics)."""
        ...

    def begin(self, start: int, seed: int) -> None:
        """Get ready for the step after `start`, with pictures in the order of a seed."""
        ...

    def inputs(self, done: int, limit: int) -> tuple[int, tuple[Any, ...]]:
        """A number of steps, `limit` at most, and what they need."""
        ...

    def close(self) -> None:
        """Stop reading ahead."""
        ...


def feed(plan: Plan) -> Feed:
    """The feed that the configuration asks for; `auto` takes the devices where they have the room.

    Raises:
        UserError: the devices are asked for, and the pictures are not all in memory and of one shape.
    """
    asked = plan.config.loader
    can = isinstance(plan.data.train, InMemory) and isinstance(plan.data.train.images, np.ndarray)
    if asked == "device" and not can:
        raise UserError(
            "--loader device needs pictures that fit into memory, all cropped alike: "
            "use --loader host, or another --crop than random"
        )
    if asked == "auto":  # every process is asked, and all take the same way
        return Streamed(plan) if anywhere(not (can and _has_room(plan))) else Resident(plan)
    return Resident(plan) if asked == "device" else Streamed(plan)


def _has_room(plan: Plan) -> bool:
    """Whether an accelerator here has the room; a processor's memory is where the pictures are already."""
    device = plan.mesh.local_devices[0]  # of those of other processes nothing is known here
    limit = (device.memory_stats() or {}).get("bytes_limit", 0) if device.platform != "cpu" else 0
    return len(plan.data.train) * int(np.prod(plan.data.shape)) <= SHARE * limit


class Streamed:
    """Batches that threads of the host read ahead; a step at a time."""

    def __init__(self, plan: Plan) -> None:
        """Nothing is read yet."""
        self.place = plan.data.place
        self.waited = 0.0
        self._plan = plan
        self._source: Batches | None = None

    def compile(self, step: Step, state: TrainState) -> Compiled:
        """(state, images, labels) -> (state, metrics)."""
        size = self._plan.config.batch_size
        images = jax.ShapeDtypeStruct((size, *self._plan.data.shape), "uint8")
        labels = jax.ShapeDtypeStruct((size,), "int32")
        along = cut(self._plan.mesh)
        return _compiled(jit_step(self._plan.mesh, step, state, along, along).lower(state, images, labels))

    def begin(self, start: int, seed: int) -> None:
        """Start the threads, after those that run."""
        self.close()
        config, data = self._plan.config, self._plan.data
        self._source = batches(
            data.train,
            config.batch_size,
            seed=seed,
            start=start,
            flip=config.flip,
            size=config.image_size,
            rows=rows(self._plan.mesh, config.batch_size),
            threads=data.threads,
        )

    def inputs(self, done: int, limit: int) -> tuple[int, tuple[jax.Array, jax.Array]]:
        """One step's images and labels."""
        assert self._source is not None, "begin comes first"
        began = time.monotonic()
        batch = next(self._source)
        self.waited += time.monotonic() - began
        mesh, size = self._plan.mesh, self._plan.config.batch_size
        return 1, (assembled(mesh, batch["image"], size), assembled(mesh, batch["label"], size))

    def close(self) -> None:
        """Stop the threads."""
        if self._source is not None:
            self._source.close()


class Resident:
    """All training pictures on every device; batches are gathered there, several steps to a dispatch."""

    def __init__(self, plan: Plan) -> None:
        """Sends the pictures to the devices."""
        assert isinstance(plan.data.train, InMemory)
        self.place = "on the device" if plan.mesh.size == 1 else "on each device"
        self.waited = 0.0
        self._plan = plan
        train = plan.data.train
        self._resident = sent((train.stacked(), train.listed()), whole(plan.mesh))

    def compile(self, step: Step, state: TrainState) -> Compiled:
        """(state, pictures, labels, positions, mirrored, count) -> (state, metrics of each step)."""
        mesh, shape = self._plan.mesh, (DISPATCH, self._plan.config.batch_size)
        shardings = (whole(mesh), whole(mesh), cut(mesh, 1), cut(mesh, 1), whole(mesh))
        positions, mirrored = jax.ShapeDtypeStruct(shape, "int32"), jax.ShapeDtypeStruct(shape, "bool")
        count = jax.ShapeDtypeStruct((), "int32")
        jitted = jit_step(mesh, several(step), state, *shardings)
        return _compiled(jitted.lower(state, *self._resident, positions, mirrored, count))

    def begin(self, start: int, seed: int) -> None:
        """Nothing is read ahead."""
        config, count = self._plan.config, len(self._plan.data.train)
        self._draws = draws(count, config.batch_size, seed=seed, flip=config.flip)

    def inputs(self, done: int, limit: int) -> tuple[int, tuple[jax.Array, ...]]:
        """The pictures with their labels, and which of them each step takes."""
        count = min(limit, DISPATCH)
        drawn = [self._draw(done + min(place, count - 1)) for place in range(DISPATCH)]
        positions = np.stack([draw.positions for draw in drawn]).astype(np.int32)
        mirrored = np.stack([draw.mirrored for draw in drawn])
        mesh = self._plan.mesh
        drawn = sent((positions, mirrored), cut(mesh, 1))
        return count, (*self._resident, *drawn, sent(np.int32(count), whole(mesh)))

    def close(self) -> None:
        """Nothing runs."""

    def _draw(self, batch: int) -> Draw:
        draw = self._draws[batch]
        assert draw is not None, "Grain's type allows for filters"
        return draw


def several(step: Step) -> Any:
    """Many steps as one program: the first `count` rows of positions and marks, one after the other.

    The count is traced, so that every number of steps runs the same program, and a run that is
    stopped between two dispatches ends with the same bytes.
    """

    def steps(
        state: TrainState,
        pictures: Bytes,
        labels: Labels,
        positions: jax.Array,
        mirrored: jax.Array,
        count: jax.Array,
    ) -> tuple[TrainState, Metrics]:
        def body(index: jax.Array, carry: tuple[TrainState, Metrics]) -> tuple[TrainState, Metrics]:
            state, metrics = carry
            images = gathered(pictures, positions[index], mirrored[index])
            state, found = step(state, images, labels[positions[index]])
            return state, jax.tree.map(lambda all, new: all.at[index].set(new), metrics, found)

        size = positions.shape[1]
        shapes = jax.eval_shape(step, state, pictures[:size], labels[:size])[1]
        empty = jax.tree.map(lambda leaf: jnp.zeros((positions.shape[0], *leaf.shape), leaf.dtype), shapes)
        return jax.lax.fori_loop(0, count, body, (state, empty))

    return steps


def gathered(pictures: Bytes, positions: jax.Array, mirrored: jax.Array) -> Bytes:
    """The pictures at some positions (batch,), those that are marked mirrored left to right."""
    images = pictures[positions]
    return jnp.where(mirrored[:, None, None, None], images[:, :, ::-1], images)


def _compiled(lowered: jax.stages.Lowered) -> Compiled:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Some donated buffers were not usable")
        return lowered.compile()
