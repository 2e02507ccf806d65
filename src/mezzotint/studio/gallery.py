"""A run as one HTML page that needs nothing else: no request leaves it, every picture is inside.

    model, its run folder, fresh pictures -> HTML

The page's frame is in frame.html, its looks in style.css; each section is a function.
"""

import re

import jax

from mezzotint.config import Config, kind_of
from mezzotint.model import Model
from mezzotint.runs.folder import RunFolder
from mezzotint.studio import record as records
from mezzotint.studio.again import again
from mezzotint.studio.frame import framed
from mezzotint.studio.losses import losses
from mezzotint.studio.markup import Pictures, escape, image, paragraph, plural, scale, sheet
from mezzotint.studio.progress import progress
from mezzotint.studio.record import Record
from mezzotint.studio.settings import settings
from mezzotint.studio.trajectory import trajectory

MOST_PIXELS = 2**18  # of the final pictures together, so that the page stays small


def page(model: Model, folder: RunFolder, images: Pictures, steps: int, seed: int) -> str:
    """The gallery of a run.

    Args:
        model: the run's.
        folder: where its journal and its grids are.
        images: pictures of the model, in [0, 1], its classes in turn.
        steps: network evaluations that a picture took.
        seed: of the pictures' noise.
    """
    config, record = model.config, records.read(folder)
    sections = {
        ("samples", "Pictures"): samples(images, config, steps, seed),
        ("progress", "As training went on"): progress(record, config),
        ("losses", "Loss"): losses(record),
        ("trajectory", "From noise to picture"): trajectory(model, steps, seed),
        ("speed", "Speed"): speed(record),
        ("settings", "Settings"): settings(config),
        ("again", "Make it again"): command(again(config, folder.path.resolve().name)),
    }
    return framed("gallery", config.recipe, summary(model, record), sections)


def summary(model: Model, record: Record) -> str:
    """One line: recipe, data, parameters, steps, devices."""
    config, count = model.config, sum(x.size for x in jax.tree.leaves(model.variables["params"]))
    height, width = config.image_size
    colour = "colour" if config.channels == 3 else "greyscale"
    return (
        f"Recipe {config.recipe} on {config.data}: {colour} pictures of {height}×{width}, "
        f"{kind_of(config.network)} with {plural(count, 'parameter')}, {_length(config, record)}"
        f"{_devices(record)}."
    )


def samples(images: Pictures, config: Config, steps: int, seed: int) -> str:
    """The grid of final pictures: as many of them as the page has room for."""
    shown = images[: max(1, MOST_PIXELS // (images.shape[1] * images.shape[2]))]
    drawn = sheet(shown, period=config.classes or 0)
    made = f"{plural(steps, 'sampling step')}, seed {seed}"
    first = f"The first {len(shown):,} of " if len(shown) < len(images) else ""
    words = f"{first}{plural(len(images), 'picture')} from the averaged weights: {made}.{classes(config)}"
    alt = f"{plural(len(shown), 'picture')} that the model made"
    return paragraph(words) + image(drawn, alt, scale(drawn.shape[1]))


def classes(config: Config) -> str:
    """Which classes the pictures have, as another sentence; nothing where there are none."""
    named = f": {', '.join(config.label_names)}" if config.label_names else ""
    return f" The {config.classes} classes come in turn{named}." if config.classes else ""


def speed(record: Record) -> str:
    """The median speed of the training, and on what."""
    if record.speed is None:
        return paragraph("No speed was recorded.")
    start = record.start
    used = ", ".join(f"{name} {start[name]}" for name in ("jax", "flax") if name in start)
    text = f"{record.speed:,.0f} images/s in training{_devices(record)}, the median over the run"
    return paragraph(f"{text} ({used})." if used else f"{text}.")


def command(line: str) -> str:
    """A command line as a block."""
    return f"<pre><code>{phrases(line)}</code></pre>"


def phrases(command: str) -> str:
    """A command line that breaks before its options only."""
    return " ".join(f"<span>{escape(phrase)}</span>" for phrase in re.split(" (?=--)", command))


def _devices(record: Record) -> str:
    count = record.start.get("devices")
    return f" on {plural(count, 'device')}" if isinstance(count, int) else ""


def _length(config: Config, record: Record) -> str:
    batch = f"of {plural(config.batch_size, 'picture')}"
    if config.steps is None:
        return f"trained in steps {batch}"
    if record.trained is None:
        return f"from a run of {plural(config.steps, 'step')} {batch}"
    if record.trained == config.steps:
        return f"trained for {plural(config.steps, 'step')} {batch}"
    return f"trained for {record.trained:,} of {plural(config.steps, 'step')} {batch}"
