"""Images per second of reading photos, beside tf.data, torch's DataLoader and datasets, in one run.

    python benchmarks/loader.py [--photos 400] [--rounds 15]

JPEGs of 500 x 667 pixels, cut from `tests/data/photos`, become batches of 64 pictures of 64 x 64: decoded,
cropped to the centred square, resized by the antialiased bilinear filter. Every contender has a process of
its own, made and warmed up before the clock runs, on the same two processors; they take turns, round by
round, so that a noisy machine slows all, and what counts is the median of the rounds' ratios. Beside it
stand the fastest rounds, which tell more where other work comes and goes.

The rows marked + are what an expert might write: the peer, told to decode at a fraction of the size as
Mezzotint does by itself. Peers that are not installed are named and left out.
"""

import argparse
import importlib.util
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PHOTOS = Path(__file__).parents[1] / "tests/data/photos"
SIDE, BATCH, WORKERS, CORES = 64, 64, 2, 2
CACHED_EPOCHS = 10
EXTENT = (500, 667)  # width and height of half the photos; the others lie

Epoch = Callable[[], Iterable[Any]]  # one pass over the photos: batches of (n, 64, 64, 3)


@dataclass(frozen=True)
class Contender:
    """One row of the table.

    Attributes:
        title: what the table calls it.
        needs: the module that must be installed.
        make: a folder of photos -> what runs an epoch. Called in the contender's own process.
    """

    title: str
    needs: str
    make: Callable[[Path], Epoch]


def write_photos(folder: Path, count: int) -> None:
    """Random pieces of the real photos, at quality 90."""
    random = np.random.default_rng(0)
    originals = [Image.open(path).convert("RGB") for path in sorted(PHOTOS.glob("*.jpg"))]
    originals = [photo for photo in originals if min(photo.size) >= 250]
    for number in range(count):
        photo = originals[number % len(originals)]
        width, height = EXTENT if number % 2 else EXTENT[::-1]
        zoom = min(photo.width / width, photo.height / height) * random.uniform(0.5, 1.0)
        left, top = random.uniform(0, (photo.width - zoom * width, photo.height - zoom * height))
        box = (left, top, left + zoom * width, top + zoom * height)
        piece = photo.resize((width, height), Image.Resampling.BICUBIC, box=box)
        piece.save(folder / f"{number:05}.jpg", quality=90)


def first_epoch(folder: Path) -> Epoch:
    """Mezzotint as one meets it: open the folder, which decodes it, and go through it once."""
    from mezzotint.data.fit import Fit  # noqa: PLC0415
    from mezzotint.data.open import open_source  # noqa: PLC0415
    from mezzotint.data.pipeline import sequential  # noqa: PLC0415

    def epoch() -> Iterator[np.ndarray]:
        splits = open_source(f"folder:{folder}", Fit((SIDE, SIDE), 3))
        for batch in chain(sequential(splits.train, BATCH), sequential(splits.validation, BATCH)):
            yield batch["image"][batch["weight"] > 0]

    return epoch


def cached_epoch(folder: Path) -> Epoch:
    """Mezzotint's later epochs, several at once: shuffled batches from memory."""
    from mezzotint.data.fit import Fit  # noqa: PLC0415
    from mezzotint.data.open import open_source  # noqa: PLC0415
    from mezzotint.data.pipeline import batches  # noqa: PLC0415

    splits = open_source(f"folder:{folder}", Fit((SIDE, SIDE), 3))

    def epoch() -> Iterator[np.ndarray]:
        reader = batches(splits.train, BATCH, seed=0, threads=splits.threads)
        for batch in islice(reader, CACHED_EPOCHS * len(splits.train) // BATCH):
            yield batch["image"]
        reader.close()

    return epoch


def disk_epoch(folder: Path) -> Epoch:
    """Mezzotint on a set that is too large for memory: every epoch decodes."""
    from mezzotint.data.fit import Fit  # noqa: PLC0415
    from mezzotint.data.open import open_source  # noqa: PLC0415
    from mezzotint.data.pipeline import sequential  # noqa: PLC0415

    splits = open_source(f"folder:{folder}", Fit((SIDE, SIDE), 3), memory_limit=0)

    def epoch() -> Iterator[np.ndarray]:
        for source in (splits.train, splits.validation):
            for batch in sequential(source, BATCH, threads=splits.threads):
                yield batch["image"][batch["weight"] > 0]

    return epoch


def tf_data(folder: Path, ratio: int = 1) -> Epoch:
    """The article's pipeline, its maps parallel by AUTOTUNE; `ratio` is that of `decode_jpeg`."""
    import tensorflow as tf  # noqa: PLC0415  # pyright: ignore[reportMissingImports, reportMissingModuleSource]

    def read(path: Any) -> Any:
        image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3, ratio=ratio)
        height, width = tf.shape(image)[0], tf.shape(image)[1]
        side = tf.minimum(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        square = tf.image.crop_to_bounding_box(image, top, left, side, side)
        resized = tf.image.resize(square, (SIDE, SIDE), antialias=True)
        return tf.clip_by_value(resized / 255.0, 0.0, 1.0)

    paths = tf.data.Dataset.from_tensor_slices(names(folder))
    batches = paths.map(read, num_parallel_calls=tf.data.AUTOTUNE).batch(BATCH).prefetch(tf.data.AUTOTUNE)
    return lambda: batches


def small(image: Image.Image) -> np.ndarray:
    """The centred square of a picture, resized, by Pillow: uint8 (64, 64, 3)."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    box = (left, top, left + side, top + side)
    return np.array(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box))


@dataclass(frozen=True)
class Pictures:
    """A torch map-style dataset of files; `least` is what `draft` must leave, 0 to decode whole."""

    paths: list[str]
    least: int

    def __len__(self) -> int:
        """The number of files."""
        return len(self.paths)

    def __getitem__(self, index: int) -> np.ndarray:
        """One picture, uint8 (64, 64, 3)."""
        with Image.open(self.paths[index]) as image:
            if self.least:
                image.draft("RGB", (self.least, self.least))
            return small(image)


def torch_loader(folder: Path, least: int = 0) -> Epoch:
    """A DataLoader with two lasting workers, Pillow in each."""
    from torch.utils.data import DataLoader  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    dataset: Any = Pictures(names(folder), least)
    loader = DataLoader(dataset, BATCH, num_workers=WORKERS, persistent_workers=True)
    return lambda: loader


def small_batch(examples: dict[str, list]) -> dict[str, list]:
    """`small` for `with_transform`, which hands over a batch."""
    return {"image": [small(image) for image in examples["image"]]}


def hf_datasets(folder: Path) -> Epoch:
    """A dataset of images with `with_transform`, through a DataLoader with two lasting workers."""
    from datasets import Dataset  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    from datasets import Image as Feature  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    from torch.utils.data import DataLoader  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    files = Dataset.from_dict({"image": names(folder)}).cast_column("image", Feature())
    dataset: Any = files.with_transform(small_batch)
    loader = DataLoader(dataset, BATCH, num_workers=WORKERS, persistent_workers=True)
    return lambda: (batch["image"] for batch in loader)


def names(folder: Path) -> list[str]:
    """The photos' paths, in order."""
    return sorted(str(path) for path in folder.iterdir())


OURS, CACHED = "mezzotint, first epoch", "mezzotint, cached"
CONTENDERS = (
    Contender(OURS, "mezzotint", first_epoch),
    Contender("mezzotint, from disk", "mezzotint", disk_epoch),
    Contender(CACHED, "mezzotint", cached_epoch),
    Contender("tf.data", "tensorflow", tf_data),
    Contender("torch DataLoader", "torch", torch_loader),
    Contender("datasets with_transform", "datasets", hf_datasets),
    Contender("+ tf.data, ratio=2", "tensorflow", partial(tf_data, ratio=2)),
    Contender("+ tf.data, ratio=4", "tensorflow", partial(tf_data, ratio=4)),
    Contender("+ torch DataLoader, draft", "torch", partial(torch_loader, least=3 * SIDE)),
)


def levels(batch: np.ndarray) -> np.ndarray:
    """Pixels in 255 levels, from those or from floats in [0, 1]."""
    return batch if batch.dtype == np.uint8 else 255 * batch


def serve(contender: Contender, folder: Path, link: Connection) -> None:
    """In the contender's process: warm up, say the pixels' mean, then an epoch for every message."""
    epoch = contender.make(folder)
    means = [(levels(np.asarray(batch)).mean(), len(batch)) for batch in epoch()]
    link.send(sum(mean * count for mean, count in means) / sum(count for _, count in means))
    while link.recv():
        began = time.perf_counter()
        count = sum(len(batch) for batch in epoch())
        link.send(count / (time.perf_counter() - began))


@contextmanager
def process(contender: Contender, folder: Path) -> Iterator[Connection]:
    """The contender's process, warmed up; what is sent there starts an epoch."""
    context = multiprocessing.get_context("spawn")
    link, other = context.Pipe()
    child = context.Process(target=serve, args=(contender, folder, other))
    child.start()
    other.close()
    print(f"{contender.title:<26} ready; its pixels' mean is {link.recv():.2f} of 255", flush=True)
    try:
        yield link
    finally:
        link.send(False)
        child.join()


def speed(link: Connection) -> float:
    """Images per second of one epoch."""
    link.send(True)
    return link.recv()


def one_round(links: dict[str, Connection], turned: bool) -> dict[str, float]:
    """The speed of each, in the order given or turned round."""
    order = reversed(links) if turned else iter(links)
    return {title: speed(links[title]) for title in order}


def report(rounds: list[dict[str, float]]) -> None:
    """Prints the table, and what must hold."""
    medians = {title: statistics.median(each[title] for each in rounds) for title in rounds[0]}
    fastest = {title: max(each[title] for each in rounds) for title in medians}
    ratios = {title: sorted(each[OURS] / each[title] for each in rounds) for title in medians}
    print(f"\n{'images/s':<27}{'median':>8}{'fastest':>9}   {OURS!r} / this: median (quartiles)")
    for title, median in medians.items():
        low, middle, high = statistics.quantiles(ratios[title], n=4)
        print(f"{title:<27}{median:8.0f}{fastest[title]:9.0f}   {middle:8.3f}  ({low:.3f}, {high:.3f})")
    peers = [title for title in medians if not title.startswith(("mezzotint", "+"))]
    if peers:
        best = min(peers, key=lambda title: statistics.median(ratios[title]))
        print(
            f"best peer: {best}; ratio {statistics.median(ratios[best]):.2f}, of the fastest rounds "
            f"{fastest[OURS] / fastest[best]:.2f}, required 1.3"
        )
    print(f"cached / first epoch: {1 / statistics.median(ratios[CACHED]):.0f}, required 20")


def installed() -> list[Contender]:
    """The contenders that can run; names the others."""
    missing = sorted({each.needs for each in CONTENDERS if importlib.util.find_spec(each.needs) is None})
    for module in missing:
        print(f"{module} is not installed: its rows are left out")
    return [each for each in CONTENDERS if each.needs not in missing]


def main() -> None:
    """Prints all speeds and ratios."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--photos", type=int, default=400)
    options.add_argument("--rounds", type=int, default=15)
    asked = options.parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        write_photos(Path(folder), asked.photos)
        size = sum(path.stat().st_size for path in Path(folder).iterdir()) / asked.photos
        print(f"{asked.photos} JPEGs of 500 x 667, {size / 1000:.0f} kB each on average")
        links = {each.title: stack.enter_context(process(each, Path(folder))) for each in installed()}
        report([one_round(links, turned=bool(index % 2)) for index in range(asked.rounds)])
    print("load before and since: " + " ".join(f"{load:.1f}" for load in os.getloadavg()))


if __name__ == "__main__":
    main()
