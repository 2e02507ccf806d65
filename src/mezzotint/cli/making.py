"""The options of every verb that makes pictures with a run, and how they are carried out."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import tyro
from jaxtyping import Float

from mezzotint import animation, pictures
from mezzotint.cli import grids, guiding
from mezzotint.cli.grids import GridName
from mezzotint.cli.guiding import Guiding
from mezzotint.core.grid import Grid
from mezzotint.editing.plan import Edits
from mezzotint.edits import Noise
from mezzotint.errors import UserError
from mezzotint.model import Guidance, Model, in_turn, load
from mezzotint.model.ensemble import member
from mezzotint.model.model import BATCH
from mezzotint.sampling.ddim import Ddim
from mezzotint.sampling.loop import CAPACITY
from mezzotint.sampling.method import Sampler
from mezzotint.sampling.presets import PRESETS, name_of, preset

Images = Float[np.ndarray, "count height width channels"]


@dataclass(frozen=True)
class Making:
    """How pictures are made and shown.

    Attributes:
        steps: sampling times of a picture: as many network evaluations, or twice as many less one with
            heun; the run's own number by default.
        seed: of the noise: the same seed gives the same pictures.
        sampler: the method; the run's own by default.
        eta: DDIM with noise added back at each step: 0 adds none, 1 is ddpm.
        grid: the sampling times: the run's own, tuned ones (`mezzotint tune`), or a standard grid's;
            tuned ones by default where the run has them for the sampler and the steps.
        member: one member of an ensemble, from 0; the mean of all by default.
        guiding: which classes, and how they are guided.
        scale: each pixel is drawn as a square of this side.
        animate: show as well how the pictures come out of the noise: a .gif, an .mp4, or a .png of all steps.
    """

    steps: int | None = None
    seed: int = 0
    sampler: Annotated[str | None, tyro.conf.arg(metavar="|".join(PRESETS))] = None
    eta: float | None = None
    grid: GridName | None = None
    member: int | None = None
    guiding: tyro.conf.OmitArgPrefixes[Guiding] = Guiding()
    scale: int = 1
    animate: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None


class Maker(NamedTuple):
    """A model, and what the options say of how it makes pictures.

    Attributes:
        model: the model.
        making: the options.
        sampler: the method.
        grid: the sampling times.
        guidance: how estimates are guided.
        classes: they come in turn; none for pictures of no class in particular.
    """

    model: Model
    making: Making
    sampler: Sampler
    grid: Grid
    guidance: Guidance
    classes: list[int]

    def make(self, count: int, edits: Edits = (), batch_size: int = BATCH) -> Images:
        """Pictures in [0, 1]; how they come out of the noise is written where that is asked for."""
        how = {
            "steps": self.making.steps,
            "seed": self.making.seed,
            "sampler": self.sampler,
            "grid": self.grid,
        }
        what = {"labels": in_turn(self.classes, count), "guidance": self.guidance, "edits": edits}
        if self.making.animate is None:
            return self.model.sample(count, batch_size=batch_size, **how, **what)
        noisy, estimates = self.model.trajectory(count, **how, **what)
        sheets = [self.sheet(images) for images in (*noisy, estimates[-1])]
        animation.save(np.stack(sheets), self.making.animate, self.making.scale)
        return estimates[-1]

    def part(self, first: int, count: int) -> Images:
        """The `count` pictures from `first` on of those that `make` gives."""
        labels = in_turn(self.classes, first + count)
        return self.model.sample(
            count,
            self.making.steps,
            self.making.seed,
            sampler=self.sampler,
            grid=self.grid,
            labels=None if labels is None else labels[first:],
            guidance=self.guidance,
            first=first,
        )

    def described(self) -> dict[str, Any]:
        """All that the pictures are functions of, for JSON; weights by their digest."""
        asked, weaker = asdict(self.making.guiding), self.guidance.weaker
        return {
            "weights": self.model.digest,
            "sampler": name_of(self.sampler),
            "steps": self.making.steps or self.model.config.sampling_steps,
            "grid": repr(self.grid),
            "seed": self.making.seed,
            **{name: value for name, value in asked.items() if value not in (None, ())},
            **({} if weaker is None else {"weaker_weights": weaker.digest}),
        }

    def invert(self, picture: Float[np.ndarray, "height width channels"]) -> Noise:
        """The start noise of a picture, of the first class that is asked for."""
        return self.model.invert(
            picture[None],
            self.making.steps,
            self.sampler,
            labels=in_turn(self.classes, 1),
            guidance=self.guidance,
            grid=self.grid,
        )

    def sheet(self, images: Images, columns: int | None = None) -> pictures.Pixels:
        """One picture of many; those of a class in a row, unless the columns are given."""
        return pictures.grid(images, columns, period=0 if columns else len(self.classes))

    def write(self, images: Images, out: Path, columns: int | None = None) -> None:
        """Writes a grid where the name ends in .png, otherwise a folder with a PNG each, and says so."""
        if out.suffix.lower() == ".png":
            pictures.save_png(self.sheet(images, columns), out, self.making.scale)
        else:
            for index, image in enumerate(images):
                path = out / f"{self.making.seed}_{index:05d}.png"
                pictures.save_png(pictures.to_bytes(image), path, self.making.scale)
        print(out)


def anything(sampler: Sampler) -> bool:
    """Suits work that can be done with any sampler."""
    return True


def maker(run: Path, making: Making, suits: Callable[[Sampler], bool] = anything) -> Maker:
    """Loads what the options name.

    Args:
        run: the run, or the folder of a model.
        making: the options, checked.
        suits: whether the work can be done with a sampler; where it cannot with the run's own, and no other
            is asked for, DDIM does it.

    Raises:
        UserError: no such run or class, or a weaker model that cannot be.
    """
    model = load(run) if making.member is None else member(load(run), making.member)
    own = model.config.sampler if suits(model.config.sampler) else PRESETS["ddim"]
    sampler = chosen(making) or own
    classes = guiding.classes(making.guiding, model.config)
    grid = grids.chosen(model, making.grid, sampler, making.steps)
    return Maker(model, making, sampler, grid, guiding.guidance(making.guiding, run), classes)


def chosen(making: Making) -> Sampler | None:
    """The sampler that the options ask for; None for the run's own."""
    if making.eta is not None:
        return Ddim(making.eta)
    return None if making.sampler is None else preset(making.sampler)


def check(making: Making, count: int = 1) -> None:
    """Raises a `UserError` for what can be refused before anything is read."""
    guiding.check(making.guiding)
    if count < 1 or making.scale < 1:
        raise UserError("--count and --scale must be at least 1")
    if making.steps is not None and not 1 <= making.steps <= CAPACITY:
        raise UserError(f"--steps must be from 1 to {CAPACITY}, not {making.steps}")
    if not 0 <= making.seed < 2**32:
        raise UserError(f"--seed must be from 0 to {2**32 - 1}, not {making.seed}")
    if making.eta is not None and making.sampler not in (None, "ddim"):
        raise UserError(f"--eta belongs to ddim: leave it out, or --sampler {making.sampler}")
    if making.eta is not None and not 0 <= making.eta <= 1:
        raise UserError(f"--eta must be from 0 to 1, not {making.eta:g}")
    _ = chosen(making)
    if making.animate is not None:
        animation.encoder(making.animate)
