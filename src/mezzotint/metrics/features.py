"""Features of pictures: a vector each, in which distances mean more than in pixels.

A number made from features belongs to its extractor, and carries its name: "KID[efficientnet-lite0]".
Every batch is cut along the mesh of all local devices, on each of which an extractor's weights are whole.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Protocol, runtime_checkable

import jax
import numpy as np
from jax.sharding import NamedSharding
from jaxtyping import Array, Float

from mezzotint.arrays import Images
from mezzotint.devices import cut, local_mesh
from mezzotint.errors import UserError

# Pictures at once on a device. A CPU is quickest with so few that their channels stay in its caches.
AT_ONCE = {"cpu": 4}
OTHERWISE = 64

Picture = Float[np.ndarray, "height width channels"]
Features = Float[np.ndarray, "count dimensions"]


@runtime_checkable
class Extractor(Protocol):
    """Pictures -> vectors."""

    @property
    def name(self) -> str:
        """What every number made with it is marked with."""
        ...

    @property
    def version(self) -> str:
        """Changes where the same pictures get other features."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        ...

    def __call__(self, images: Images) -> Float[Array, "batch {self.dimensions}"]:
        """The features of pictures in [0, 1], of any extent, with one channel or three."""
        ...


@runtime_checkable
class Classifier(Extractor, Protocol):
    """An extractor that knows classes."""

    def logits(self, features: Float[Array, "count dimensions"]) -> Float[Array, "count classes"]:
        """How much pictures with these features belong to each class."""
        ...


def features(
    extractor: Extractor, pictures: Iterable[Picture], at_once: int | None = None
) -> Float[np.ndarray, "count {extractor.dimensions}"]:
    """The features of pictures, in their order; no picture is kept.

    Args:
        extractor: makes the vectors.
        pictures: float32 in [0, 1], all of one shape; read once, a few at a time.
        at_once: how many make a batch on a device; None for what suits it.

    Raises:
        UserError: the pictures differ in shape.
    """
    mesh = local_mesh()
    size = mesh.size * (at_once or AT_ONCE.get(jax.default_backend(), OTHERWISE))
    along = cut(mesh)
    batches = (_of_batch(extractor, batch, size, along) for batch in _batches(pictures, size))
    vectors = (vector for batch in batches for vector in batch)
    return np.fromiter(vectors, np.dtype((np.float32, extractor.dimensions)))


def _of_batch(extractor: Extractor, batch: list[Picture], size: int, along: NamedSharding) -> Features:
    """A batch that is too short is filled with its last picture, so that one program serves all."""
    filled = np.stack(batch + batch[-1:] * (size - len(batch)))
    return np.asarray(extractor(jax.device_put(filled, along)))[: len(batch)]


def _batches(pictures: Iterable[Picture], size: int) -> Iterator[list[Picture]]:
    checked = _alike(pictures)
    while batch := list(islice(checked, size)):
        yield batch


def _alike(pictures: Iterable[Picture]) -> Iterator[Picture]:
    shape = None
    for index, picture in enumerate(pictures):
        shape = picture.shape if shape is None else shape
        if picture.shape != shape:
            raise UserError(
                f"picture {index} has the shape {picture.shape}, those before it {shape}: bring them to one"
            )
        yield picture
