"""A source -> batches, by Grain. Batch k of training is a pure function of (seed, k).

    order(epoch)                           =  argsort of N words of Philox(seed, epoch)
    position p of the endless stream      ->  picture order(p // N)[p % N] of N
    batch k                               ->  positions k B to (k + 1) B - 1
    a process                             ->  the rows of it that its devices hold

So the place in the data *is* the step: to resume, start at that batch. Batch numbers pass through
Grain's stages, and a batch's pictures are fetched at once: with Grain's `shuffle().repeat()`, whose
stages are crossed by every picture, the same batch costs three times as much (about 20 us a picture
against 6, all of it under Python's lock). Threads do the reading, never processes.
"""

import math
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

import grain
import numpy as np

from mezzotint.data.source import DataSource
from mezzotint.errors import UserError

PREFETCHED = 8  # batches: Grain counts what the last stage gives

Batch = dict[str, np.ndarray]


class Batches(Protocol):
    """An iterator over batches. `close` stops its threads; a for loop does not."""

    def __iter__(self) -> "Batches":
        """Itself."""
        ...

    def __next__(self) -> Batch:
        """The next batch."""
        ...

    def close(self) -> None:
        """Stop reading ahead. May be called twice."""
        ...


def batches(
    source: DataSource,
    batch_size: int,
    *,
    seed: int,
    start: int = 0,
    flip: bool = False,
    size: tuple[int, int] | None = None,
    rows: np.ndarray | None = None,
    threads: int = 1,
) -> Batches:
    """Endless shuffled batches for training; every epoch has an order of its own.

    Args:
        source: the pictures.
        batch_size: of all processes together.
        seed: in [0, 2^32), decides order and flips.
        start: the number of the first batch to give.
        flip: mirror each picture left to right with probability 1/2.
        size: (height, width) of the parts to give of pictures that are larger; None for whole pictures.
        rows: of each batch that are wanted, ascending; None for all.
        threads: that read ahead, a batch each (`Splits.threads`).

    Returns:
        Batches of `image`, uint8 (rows, H, W, C), and `label`, int32.

    Raises:
        UserError: fewer pictures than a batch.
    """
    _demand_batch(source, batch_size)
    drawn = draws(len(source), batch_size, seed=seed, flip=flip, rows=rows)
    dataset = drawn.map(lambda draw: _drawn(source, draw, size))
    iterator = _reader(dataset, threads)
    grain.experimental.set_next_index(iterator, start)
    return iterator


class Draw(NamedTuple):
    """What is drawn for a batch.

    Attributes:
        positions: (batch,) of its pictures in the source.
        mirrored: (batch,) whether each is mirrored left to right.
        corners: (batch, 2) in [0, 1), where the part that is cut out of it begins.
    """

    positions: np.ndarray
    mirrored: np.ndarray
    corners: np.ndarray


def draws(
    count: int, batch_size: int, *, seed: int, flip: bool = False, rows: np.ndarray | None = None
) -> grain.MapDataset:
    """Every batch's draw by the batch's number; for the arguments see `batches`."""
    order = lru_cache(maxsize=4)(lambda epoch: epoch_order(count, seed, epoch))
    wanted = np.arange(batch_size) if rows is None else rows

    def draw(batch: int, random: np.random.Generator) -> Draw:
        places = (divmod(batch * batch_size + row, count) for row in wanted.tolist())
        mirrored, corners = np.split(random.random((batch_size, 3))[wanted], [1], axis=1)
        positions = np.array([order(epoch)[place] for epoch, place in places])
        return Draw(positions, (mirrored[:, 0] < 0.5) & flip, corners)

    return grain.MapDataset.range(sys.maxsize // batch_size).seed(seed).random_map(draw)


def sequential(
    source: DataSource,
    batch_size: int,
    *,
    size: tuple[int, int] | None = None,
    rows: np.ndarray | None = None,
    threads: int = 1,
) -> Batches:
    """Each picture once, in order, for validation; the middle of it where it is larger than `size`.

    Returns:
        Batches of `image`, `label` and `weight`, float32 (rows,): 1, and 0 for the pictures that are
        repeated from the beginning to fill the last batch; of each batch the rows that are wanted.
    """
    count, wanted = len(source), slice(None) if rows is None else rows

    def weighted(positions: np.ndarray) -> Batch:
        positions = positions[wanted]
        weight = (positions < count).astype(np.float32)
        return {**fetch(source, (positions % count).tolist(), size), "weight": weight}

    padded = math.ceil(count / batch_size) * batch_size
    dataset = grain.MapDataset.range(padded).batch(batch_size, batch_fn=np.array).map(weighted)
    return _reader(dataset, threads)


def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of an epoch's pictures: a permutation of 0 to count - 1.

    Philox's words, unlike `Generator.permutation`, are the same in every version of numpy.
    """
    random = np.random.Philox(key=np.array([seed, epoch], np.uint64))
    return np.argsort(random.random_raw(count), kind="stable")


def _reader(dataset: grain.MapDataset, threads: int) -> grain.DatasetIterator:
    options = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=PREFETCHED)
    return iter(dataset.to_iter_dataset(options))


def _drawn(source: DataSource, draw: Draw, size: tuple[int, int] | None) -> Batch:
    """The batch of a draw."""
    batch = fetch(source, draw.positions.tolist(), size, draw.corners)
    if draw.mirrored.any():
        images = batch["image"]
        columns = np.arange(images.shape[2])[::-1]  # `take` is twice as quick as a negative stride
        images[draw.mirrored] = np.take(images[draw.mirrored], columns, axis=2)
    return batch


def fetch(
    source: DataSource,
    positions: Sequence[int],
    size: tuple[int, int] | None,
    corners: np.ndarray | None = None,
) -> Batch:
    """The pictures at some positions.

    Args:
        source: the pictures.
        positions: of those to fetch.
        size: (height, width) to cut out of them; None for whole pictures.
        corners: (batch, 2) in [0, 1), where the parts begin; None for the middle.
    """
    examples = [source[position] for position in positions]
    images = [example["image"] for example in examples]
    if size is not None:
        at = np.full((len(images), 2), 0.5) if corners is None else corners
        images = [window(image, size, corner) for image, corner in zip(images, at, strict=True)]
    labels = np.array([example["label"] for example in examples], np.int32)
    return {"image": np.stack(images), "label": labels}


def window(image: np.ndarray, size: tuple[int, int], corner: np.ndarray) -> np.ndarray:
    """The part of a picture (H, W, C) of (height, width) `size` that begins at `corner`, in [0, 1)."""
    top, left = (
        int(at * (1 + have - want)) for at, have, want in zip(corner, image.shape, size, strict=False)
    )
    return image[top : top + size[0], left : left + size[1]]


def _demand_batch(source: DataSource, batch_size: int) -> None:
    if batch_size < 1:
        raise UserError(f"A batch of {batch_size} holds nothing: choose a --batch-size above 0.")
    if len(source) < batch_size:
        raise UserError(
            f"There are {len(source)} pictures to train on, fewer than a batch of {batch_size}: "
            f"choose a smaller --batch-size."
        )
