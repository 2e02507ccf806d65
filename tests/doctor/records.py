"""Records of runs that never were: healthy ones, to plant faults into."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from mezzotint.config import Config, Optimizer
from mezzotint.core.pixels import DatasetPixels, PixelStatistics
from mezzotint.doctor.record import Record
from mezzotint.evaluation.report import Copies, Number, Report
from mezzotint.model import Model
from mezzotint.model.weights import abstract_ema
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.pictures import grid, save_png
from mezzotint.runs.folder import RunFolder

STEPS = 2000
CONFIG = Config(
    data="fashion",
    image_size=(8, 8),
    channels=3,
    steps=STEPS,
    batch_size=32,
    network=ArticleUNet(widths=(8, 8), depth=1, stem=8, embedding=8),
    pixels=DatasetPixels(),
    optimizer=Optimizer(learning_rate=1e-3),
)
MEAN, DEVIATION = 0.4, 0.2


def healthy(folder: Path) -> Record:
    """A run of 2,000 steps whose loss falls, with some noise; 512 pictures, 1 % of the time spent on data."""
    steps, random = np.arange(10, STEPS + 1, 10), np.random.default_rng(0)
    losses = (0.3 + 0.5 * np.exp(-steps / 200)) * random.normal(1, 0.015, len(steps))
    seconds = {"elapsed": 2.0, "waiting_on_data": 0.01}
    entries: list[dict[str, Any]] = [{"kind": "start", "step": 0, "devices": 1, "training_pictures": 512}]
    for step, loss in zip(steps.tolist(), losses.tolist(), strict=True):
        entries.append(
            {"kind": "train", "step": step, "loss": loss, "gradient_norm": 0.5, "seconds": seconds}
        )
    for step in range(500, STEPS + 1, 500):
        entries.append({"kind": "validation", "step": step, "loss": 0.32 + 50 / step / 10})
        entries.append({"kind": "evaluation", "step": step, "KID[x]": 0.1 * 500 / step, "error": 0.005})
    return Record(RunFolder(folder), CONFIG, tuple(entries), model(), {folder / "report.json": report()})


def changed(record: Record, kind: str, first: int, **figures: Any) -> Record:
    """The record with other figures in its lines of a kind from a step on."""
    change = lambda entry: entry["kind"] == kind and entry["step"] >= first  # noqa: E731
    return replace(record, entries=tuple({**e, **figures} if change(e) else e for e in record.entries))


def with_config(record: Record, **fields: Any) -> Record:
    """The record of a run of another configuration."""
    return replace(record, config=replace(record.config, **fields))


def model() -> Model:
    """Weights of 0.1, and the colours that `with_grids` draws by default."""
    variables = jax.tree.map(lambda leaf: jnp.full(leaf.shape, 0.1), abstract_ema(CONFIG)["variables"])
    return Model(CONFIG, variables, PixelStatistics(jnp.full(3, MEAN), jnp.full(3, DEVIATION**2)))


def report(**fields: Any) -> Report:
    """An evaluation of 2,000 samples without a fault."""
    number = Number(0.02, 0.019, 0.021, 0.0)
    copies = Copies(0.002, 0.0, 0.006, 0.003, 2.0, 0.5)
    whole = Report(
        what="run",
        against="fashion",
        count=2000,
        train=9000,
        held_out=2500,
        floor_count=2000,
        floor_of="held-out",
        shape=(8, 8, 3),
        extractor="efficientnet-lite0",
        extractor_version="1",
        seed=0,
        made=None,
        numbers={"KID[efficientnet-lite0]": number},
        copies=copies,
        pairs=(),
        warnings=(),
    )
    return replace(whole, **fields)


def with_grids(
    record: Record, means: dict[int, tuple[float, float, float]], deviation: float = DEVIATION
) -> Record:
    """The record with a grid of 16 noisy pictures of these mean colours at each step."""
    random = np.random.default_rng(1)
    for step, colour in means.items():
        noise = random.normal(0, deviation, (16, 8, 8, 3))
        pictures = np.clip(noise + np.array(colour), 0, 1).astype(np.float32)
        save_png(grid(pictures), record.folder.grid(step))
    entries = tuple({"kind": "sample", "step": step} for step in means)
    watch = replace(record.config.watch, sample_count=16)
    return replace(with_config(record, watch=watch), entries=record.entries + entries)
