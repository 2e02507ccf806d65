"""Batches are a function of (seed, number), whoever reads them and from wherever."""

import threading
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mezzotint.data.fit import Fit
from mezzotint.data.memory import InMemory
from mezzotint.data.open import open_source
from mezzotint.data.pipeline import PREFETCHED, Batch, batches, epoch_order, sequential
from mezzotint.errors import UserError

from .pictures import encode, noise, write

COUNT = 50


def source(count: int = COUNT) -> InMemory:
    """Pictures 6x4 whose label is their number; the pixels tell it too, and left from right."""
    images = np.zeros((count, 6, 4, 3), np.uint8)
    images[:, :, 0, 0], images[..., 1] = 255, np.arange(count)[:, None, None]
    return InMemory(images, np.arange(count, dtype=np.int32), np.arange(count))


def take(count: int, batch_size: int = 16, seed: int = 7, flip: bool = False, **options: int) -> list[Batch]:
    reader = batches(source(), batch_size, seed=seed, flip=flip, **options)
    try:
        return list(islice(reader, count))
    finally:
        reader.close()


def labels(taken: list[Batch]) -> list[int]:
    return [int(label) for batch in taken for label in batch["label"]]


def mirrored(taken: list[Batch]) -> np.ndarray:
    return np.concatenate([batch["image"][:, 0, 0, 0] == 0 for batch in taken])


def assert_same(first: list[Batch], second: list[Batch]) -> None:
    assert len(first) == len(second) > 0
    for one, other in zip(first, second, strict=True):
        assert one.keys() == other.keys() == {"image", "label"}
        assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_batch_holds_pictures_with_their_labels() -> None:
    batch = take(1)[0]
    assert batch["image"].shape == (16, 6, 4, 3) and batch["image"].dtype == np.uint8
    assert batch["label"].shape == (16,) and batch["label"].dtype == np.int32
    assert np.array_equal(batch["image"][:, 5, 2, 1], batch["label"])
    assert not mirrored([batch]).any()


def test_an_epoch_covers_every_picture_once_and_the_next_is_shuffled_anew() -> None:
    stream = labels(take(2 * COUNT // 10, batch_size=10))
    first, second = stream[:COUNT], stream[COUNT:]
    assert sorted(first) == sorted(second) == list(range(COUNT))
    assert first != second and first != sorted(first)


def test_an_epoch_ends_in_the_middle_of_a_batch() -> None:
    stream = labels(take(10))
    assert sorted(stream[:COUNT]) == sorted(stream[COUNT : 2 * COUNT]) == list(range(COUNT))


def test_the_order_is_of_the_seed_and_never_changes() -> None:
    assert labels(take(3, seed=1)) != labels(take(3, seed=2))
    assert epoch_order(9, seed=3, epoch=0).tolist() == ORDER_3_0


ORDER_3_0 = [6, 1, 8, 5, 2, 7, 4, 3, 0]


@pytest.mark.parametrize("start", [1, 5, 23])
@pytest.mark.parametrize("threads", [1, 3])
def test_resumed_equals_uninterrupted(start: int, threads: int) -> None:
    whole = take(start + 4, flip=True)
    assert_same(whole[start:], take(4, flip=True, start=start, threads=threads))


def test_far_away_batches_cost_nothing() -> None:
    began = time.perf_counter()
    assert len(labels(take(1, start=10**12))) == 16
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_share_the_batch_that_one_would_read(processes: int) -> None:
    whole = take(8, flip=True)
    held = np.split(np.arange(16), processes)
    shares = [take(8, flip=True, rows=rows) for rows in held]
    for number, batch in enumerate(whole):
        for rows, share in zip(held, shares, strict=True):
            picked = {name: batch[name][rows] for name in batch}
            assert_same([share[number]], [picked])


def test_half_are_flipped_wholly_and_order_does_not_change() -> None:
    flipped, plain = take(40, flip=True), take(40)
    assert labels(flipped) == labels(plain)
    marks = mirrored(flipped)
    assert 0.42 < marks.mean() < 0.58  # 640 draws: four standard deviations
    ours = np.concatenate([batch["image"] for batch in flipped])
    theirs = np.concatenate([batch["image"] for batch in plain])
    assert np.array_equal(ours[marks], theirs[marks][:, :, ::-1])
    assert np.array_equal(ours[~marks], theirs[~marks])


def test_a_picture_is_flipped_in_some_epochs_only() -> None:
    taken = take(COUNT * 8 // 10, batch_size=10, flip=True)
    marks = mirrored(taken)[np.argsort(labels(taken), kind="stable")].reshape(COUNT, 8)
    assert (marks.any(axis=1) & ~marks.all(axis=1)).mean() > 0.9


def test_too_few_pictures() -> None:
    with pytest.raises(UserError, match="50 pictures .* batch of 64: .* smaller --batch-size"):
        batches(source(), 64, seed=0)
    with pytest.raises(UserError, match="above 0"):
        batches(source(), 0, seed=0)
    assert len(take(1, batch_size=COUNT)) == 1


def test_closing_stops_the_threads_and_reading_ahead_is_bounded() -> None:
    class Counting:
        reads = 0

        def __len__(self) -> int:
            return COUNT

        def __getitem__(self, index: int, /) -> dict[str, Any]:
            self.reads += 1
            return source()[index]

    before = set(threading.enumerate())

    def ours() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread not in before]

    counting = Counting()
    reader = batches(counting, 2, seed=0)
    next(reader)
    assert len(ours()) == 1
    time.sleep(0.3)
    assert counting.reads == 2 * (1 + PREFETCHED)
    reader.close()
    reader.close()
    for thread in ours():
        thread.join(timeout=5)
    assert not ours()


def test_a_file_that_goes_bad_is_named_through_the_threads(tmp_path: Path) -> None:
    root = write(tmp_path, {f"{seed}.png": encode(noise(seed)) for seed in range(4)})
    splits = open_source(f"folder:{root}", Fit((8, 8)), memory_limit=0)
    for file in root.iterdir():
        file.write_bytes(b"x")
    reader = batches(splits.train, 2, seed=0, threads=splits.threads)
    with pytest.raises(UserError, match=r"\.png cannot be used"):
        next(reader)
    reader.close()


@pytest.mark.parametrize("batch_size", [7, 10, 50, 64, 120])
def test_sequential_reads_each_once_and_marks_the_padding(batch_size: int) -> None:
    taken = list(sequential(source(), batch_size))
    assert all(len(batch["image"]) == batch_size for batch in taken)
    weights = np.concatenate([batch["weight"] for batch in taken])
    assert weights.dtype == np.float32
    assert np.array_equal(weights, np.arange(len(weights)) < COUNT)
    assert labels(taken)[:COUNT] == list(range(COUNT))
    assert labels(taken) == [row % COUNT for row in range(len(weights))]


def test_sequential_over_nothing() -> None:
    assert list(sequential(source(0), 8)) == []


def test_reading_from_memory_is_quick() -> None:
    reader = batches(open_source("fashion", Fit((28, 28))).train, 64, seed=0, flip=True)
    list(islice(reader, 2 * PREFETCHED))
    began = time.process_time()
    list(islice(reader, 100))
    milliseconds = (time.process_time() - began) * 1000 / 100
    reader.close()
    assert milliseconds < 2
