"""Quality against network evaluations: every sampler on one trained run, beside real pictures.

    python benchmarks/samplers.py RUN --out DIR [--count 256] [--grid run] [--samplers ddim,heun]

For each sampler and number of network evaluations, `--count` pictures are made of the same noises, and
measured twice:

- distance: the root mean squared difference, in levels of 255, from the solution: the pictures of 1,000
  steps of DPM-Solver++ 2M on the same grid. Samplers that add noise follow no such solution.
- KID[efficientnet-lite0], with its standard error, of the pictures rounded to 8 bits as files are, against
  `--real` pictures of the run's own source, training and held-out ones mixed.

Beside them stand the article's sampler, DDIM at 80 uniform steps, and the floor: other real pictures in place
of made ones. How much a KID exceeds the article's has an error of its own, smaller than either's, since the
noises and the real pictures are the same.

`DIR/rows.jsonl` gets a line for each measurement, and what stands there is not measured again. `report.md`,
`kid.svg` and `distance.svg` are written from it at the end.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

import mezzotint
from mezzotint import Model, pictures
from mezzotint.config import Config
from mezzotint.core.grid import Grid, KarrasGrid, Uniform, UniformLogSnr
from mezzotint.data.open import open_source
from mezzotint.data.pipeline import epoch_order, window
from mezzotint.evaluation.cache import of_bytes
from mezzotint.files import write_whole
from mezzotint.metrics import efficientnet_weights
from mezzotint.metrics.features import Extractor
from mezzotint.metrics.kernel import kid, kid_difference
from mezzotint.sampling.ddim import Ddim
from mezzotint.sampling.method import Sampler
from mezzotint.sampling.presets import PRESETS
from samplers_report import ARTICLE, FLOOR, write

EVALUATIONS = (2, 3, 5, 8, 10, 20, 50, 80)
GRIDS: dict[str, Grid] = {"uniform": Uniform(), "log-snr": UniformLogSnr(), "karras": KarrasGrid()}
SOLVER, SOLVED = PRESETS["dpmpp-2m"], 1000  # AB2's 1,000 steps end 0.002 of a level away, DDIM's 0.15
COMPARED = 32  # pictures whose distance from it is measured
STEPS = 80  # of the article's sampler

Row = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What the rows of a file have in common.

    Attributes:
        weights: a digest of the model's variables.
        grid: the sampling times.
        extractor: its name and version.
        count: pictures made for each KID.
        real: real pictures that they are compared with.
        seed: of the noises, and of which real pictures.
    """

    weights: str
    grid: str
    extractor: str
    count: int
    real: int
    seed: int


@dataclass(frozen=True)
class Bench:
    """What measuring needs.

    Attributes:
        model: with the grid that was asked for.
        extractor: makes the features.
        settings: counts and seed.
        real: (real, dimensions) features of the real pictures to compare with.
        others: (count, dimensions) features of other real pictures.
        article: (count, dimensions) features of the article's sampler.
        solution: (COMPARED, ...) in [0, 1].
    """

    model: Model
    extractor: Extractor
    settings: Settings
    real: np.ndarray
    others: np.ndarray
    article: np.ndarray
    solution: np.ndarray

    def row(self, name: str, sampler: Sampler, evaluations: int) -> Row:
        """The row of a sampler with at most so many evaluations a picture."""
        times = (evaluations - 1) // sampler.evaluations + 1
        began = time.perf_counter()
        made = self.model.sample(self.settings.count, times, self.settings.seed, sampler=sampler)
        seconds = round(time.perf_counter() - began, 1)
        spent = sampler.evaluations * (times - 1) + 1
        row = {"sampler": name, "evaluations": evaluations, "spent": spent, "seconds": seconds}
        compared = sampler.deterministic
        distance = rms(made[:COMPARED] - self.solution[: len(made)]) if compared else None
        return {**row, **self.distances(features_of(self.extractor, made)), "distance": distance}

    def distances(self, made: np.ndarray) -> Row:
        """KID of features from those of the real pictures, and how far it exceeds the article's."""
        value, error = kid(made, self.real)
        excess, excess_error = kid_difference(made, self.article, self.real)
        return {"kid": value, "error": error, "excess": excess, "excess_error": excess_error}


def on_grid(model: Model, grid: Grid) -> Model:
    """The model with other sampling times."""
    return replace(model, config=replace(model.config, grid=grid))


def rms(difference: np.ndarray) -> float:
    """Root mean square of differences of pictures in [0, 1], in levels of 255."""
    return float(255 * np.sqrt(np.mean(np.square(difference, dtype=np.float64))))


def features_of(extractor: Extractor, images: np.ndarray) -> np.ndarray:
    """The features of pictures in [0, 1], rounded to 8 bits."""
    return of_bytes(extractor, pictures.to_bytes(images), lambda count: None)


def real_pictures(config: Config, count: int, seed: int) -> np.ndarray:
    """Some of the training and held-out pictures, in [0, 1], in an order of the seed's."""
    splits = open_source(config.data, config.fit)
    train, held_out = splits.train, splits.validation
    total = len(train) + len(held_out)
    if total < count:
        raise SystemExit(f"{config.data} has {total} pictures: lower --real and --count, together {count}")
    order = [int(place) for place in epoch_order(total, seed, 0)[:count]]
    chosen = (train[place] if place < len(train) else held_out[place - len(train)] for place in order)
    return np.stack([window(each["image"], config.image_size, np.full(2, 0.5)) for each in chosen]) / 255


def kept(path: Path, make: Callable[[], np.ndarray]) -> np.ndarray:
    """An array that is made once and then lies in a file."""
    if not path.exists():
        partial = path.with_suffix(".partial.npy")
        np.save(partial, make())
        partial.replace(path)
    return np.load(path, allow_pickle=False)


def digest(tree: Any) -> str:
    """Of all the arrays of a tree, in order."""
    content = b"".join(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(tree))
    return hashlib.sha256(content).hexdigest()[:16]


def bench(model: Model, asked: argparse.Namespace) -> Bench:
    """Everything made ready, or read from `--out`."""
    model = model if asked.grid == "run" else on_grid(model, GRIDS[asked.grid])
    extractor = efficientnet_weights.load()
    named = f"{extractor.name} {extractor.version}"
    weights, grid = digest((model.variables, model.pixels)), repr(model.config.grid)
    settings = Settings(weights, grid, named, asked.count, asked.real, asked.seed)
    demand_same(asked.out, settings)

    def sample(model: Model, count: int, sampler: Sampler, steps: int) -> np.ndarray:
        return model.sample(count, steps, asked.seed, sampler=sampler)

    def real() -> np.ndarray:
        return features_of(extractor, real_pictures(model.config, asked.real + asked.count, asked.seed))

    def article() -> np.ndarray:
        return features_of(extractor, sample(on_grid(model, Uniform()), asked.count, Ddim(), STEPS))

    solution = kept(asked.out / "solution.npy", lambda: sample(model, COMPARED, SOLVER, SOLVED))
    compared, others = np.split(kept(asked.out / "real.npy", real), [asked.real])
    made = kept(asked.out / "article.npy", article)
    return Bench(model, extractor, settings, compared, others, made, solution)


def demand_same(out: Path, settings: Settings) -> None:
    """Ends the program where the folder holds the rows of other settings."""
    path, written = out / "settings.json", json.dumps(asdict(settings), indent=2)
    if path.exists() and path.read_text() != written:
        raise SystemExit(f"{out} holds rows of other settings, see settings.json there: give another --out")
    write_whole(path, written)


def recorded(path: Path) -> list[Row]:
    """The rows that are there; a last line that was cut short is dropped."""
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    whole = [line for line in lines if line.endswith("\n")]
    write_whole(path, "".join(whole))
    return [json.loads(line) for line in whole]


def missing(
    bench: Bench, rows: Sequence[Row], samplers: Sequence[str], evaluations: Sequence[int]
) -> Iterator[Row]:
    """Measures what is asked for and not there."""
    there = {(row["sampler"], row["evaluations"]) for row in rows}
    for name, of_pictures in ((FLOOR, bench.others), (ARTICLE, bench.article)):
        if (name, 0) not in there:
            value, error = kid(of_pictures, bench.real)
            yield {"sampler": name, "evaluations": 0, "kid": value, "error": error}
    for name in samplers:
        for number in evaluations:
            if (name, number) not in there:
                yield bench.row(name, PRESETS[name], number)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("run", type=Path, help="a run folder, or what `mezzotint export` wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=256, help="pictures made for each KID")
    parser.add_argument("--real", type=int, default=2000, help="real pictures that they are compared with")
    parser.add_argument("--grid", choices=("run", *GRIDS), default="run")
    parser.add_argument("--samplers", default=",".join(PRESETS))
    parser.add_argument("--evaluations", default=",".join(map(str, EVALUATIONS)))
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Measures what is missing, then writes the report."""
    asked = options()
    samplers, numbers = asked.samplers.split(","), [int(each) for each in asked.evaluations.split(",")]
    made_ready = bench(mezzotint.load(asked.run), asked)
    path = asked.out / "rows.jsonl"
    rows = recorded(path)
    for row in missing(made_ready, rows, samplers, numbers):
        rows.append(row)
        with path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(row, flush=True)
    write(asked.out, rows, list(PRESETS), f"{asked.count} pictures against {asked.real} real ones")
    print((asked.out / "report.md").read_text())


if __name__ == "__main__":
    main()
