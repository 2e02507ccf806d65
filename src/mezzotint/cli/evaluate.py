"""`mezzotint evaluate WHAT --against SOURCE`: how good pictures are, and how many of them are copies."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from mezzotint.cli import making
from mezzotint.cli.making import Maker, Making
from mezzotint.cli.verdict import over_seeds, text
from mezzotint.data.fit import Fit
from mezzotint.errors import UserError
from mezzotint.evaluation import report as reports
from mezzotint.evaluation.evaluate import FEWEST, Subject, evaluate, looks
from mezzotint.evaluation.pictures_of import as_deep, everything, reference
from mezzotint.evaluation.repeats import to_json
from mezzotint.evaluation.report import Report
from mezzotint.evaluation.samples import BLOCK, Pictures, generated
from mezzotint.files import write_whole
from mezzotint.metrics.extractors import EXTRACTORS, OFFLINE, extractor
from mezzotint.metrics.features import Extractor
from mezzotint.model import load
from mezzotint.progress import progress
from mezzotint.studio.evaluation import Shown, page


@dataclass(frozen=True)
class Options:
    """Measure pictures against a source: distances, precision and recall, and copies of training pictures.

    Writes report.json and report.html, and a run's pictures, which are made once. Repeated, each seed has a
    folder of its own, and the means over the seeds are in repeats.json.

    Attributes:
        what: a run, a folder or npz file of pictures, or a source's split such as `fashion:validation`.
        against: the source whose training and held-out pictures they are held against; a run's own by
            default.
        count: how many pictures of a run; at most so many of a source, drawn by the seed.
        repeats: how many times a run is measured, with the seeds from --seed on.
        members: measure each member of an ensemble by itself, each with a seed of its own from --seed on: how
            far numbers move with the seed of the training.
        extractor: makes the features.
        image_size: height and width that all pictures are brought to; by default those that `what` has.
        making: how a run makes its pictures.
        out: the folder for the report and for a run's pictures.
    """

    what: Annotated[str, tyro.conf.Positional]
    against: str | None = None
    count: int = 1000
    repeats: int = 1
    members: bool = False
    extractor: Annotated[str, tyro.conf.arg(metavar="|".join(EXTRACTORS))] = OFFLINE
    image_size: tuple[int, int] | None = None
    making: tyro.conf.OmitArgPrefixes[Making] = Making()
    out: Path = Path("evaluation")


def main(arguments: list[str]) -> None:
    """Measures once, or once for each seed and then over the seeds."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint evaluate")
    check(options)
    makes_features = extractor(options.extractor)
    if options.repeats == 1 and not options.members:
        measure(options, makes_features)
        return
    several = of_each_member(options) if options.members else of_each_seed(options)
    found = [measure(each, makes_features) for each in several]
    write_whole(options.out / "repeats.json", to_json(found))
    print(over_seeds(found))
    print(options.out / "repeats.json")


def measure(options: Options, makes_features: Extractor) -> Report:
    """Makes or reads the pictures, measures, writes the report, and says what it says."""
    subject, against, fit = subject_of(options)
    real = reference(against, fit)
    subject = subject._replace(pictures=as_deep(subject.pictures, real))
    with progress("looking at pictures", looks(subject, real)) as seen:
        found = evaluate(
            subject, against, real, makes_features, options.making.seed, seen, options.out / "features"
        )
    shown = Shown(subject.pictures, *real, found.nearest)
    reports.write(options.out / "report.json", found.report)
    write_whole(options.out / "report.html", page(found.report, shown))
    print(text(found.report))
    print(options.out / "report.html")
    return found.report


def of_each_seed(options: Options) -> list[Options]:
    """The same with each seed, in a folder of its own."""
    seeds = range(options.making.seed, options.making.seed + options.repeats)
    return [
        replace(options, making=replace(options.making, seed=seed), out=options.out / f"seed-{seed}")
        for seed in seeds
    ]


def of_each_member(options: Options) -> list[Options]:
    """The same with each member of an ensemble and a seed of its own, in a folder of its own.

    Raises:
        UserError: it is no ensemble.
    """
    path = Path(options.what).expanduser()
    count = load(path).config.members if _is_run(options.what) else 0
    if not count:
        raise UserError(f"--members is of an ensemble, and {options.what} is none")
    seeds = {index: options.making.seed + index for index in range(count)}
    return [
        replace(
            options,
            making=replace(options.making, member=index, seed=seed),
            out=options.out / f"member-{index}",
        )
        for index, seed in seeds.items()
    ]


def check(options: Options) -> None:
    """Raises a `UserError` for what can be refused before anything is read."""
    making.check(options.making)
    if options.count < FEWEST:
        raise UserError(f"--count must be at least {FEWEST}, not {options.count}: fewer pictures say nothing")
    if options.repeats < 1:
        raise UserError(f"--repeats must be at least 1, not {options.repeats}")
    if options.repeats > 1 and not _is_run(options.what):
        raise UserError(f"--repeats is of a run: the pictures of {options.what} stay the same")
    if options.members and (options.repeats > 1 or options.making.member is not None):
        raise UserError("--members measures every member once: leave --repeats and --member out")
    if options.making.animate is not None:
        raise UserError("--animate is of `mezzotint sample`: an evaluation makes too many pictures to watch")
    if options.image_size is not None and min(options.image_size) < 1:
        raise UserError("--image-size takes a height and a width of at least 1")


def subject_of(options: Options) -> tuple[Subject, str, Fit]:
    """What is evaluated, the source that it is held against, and the shape of all pictures.

    Raises:
        UserError: there is no such run or source, or an option does not go with it.
    """
    path = Path(options.what).expanduser()
    if _is_run(options.what):
        return _run(path, options)
    if options.against is None:
        raise UserError(f"say which source {options.what} is held against: --against SOURCE")
    pictures = _drawn(everything(_source(path, options.what), options.image_size), options)
    height, width, channels = pictures.shape[1:]
    colours = None if channels == 1 else channels  # grey pictures may be held against colour ones
    return Subject(options.what, pictures), options.against, Fit((height, width), colours)


def _is_run(what: str) -> bool:
    return (Path(what).expanduser() / "config.json").exists()


def _run(path: Path, options: Options) -> tuple[Subject, str, Fit]:
    if options.image_size is not None:
        raise UserError("a run's pictures have its own size: leave --image-size out")
    maker = making.maker(path, options.making)
    config = maker.model.config
    if options.against is None and config.data == "object":
        raise UserError("the run was trained on Python objects: name a source of pictures with --against")
    made = maker.described()
    pictures = _generated(maker, made, options)
    fit = replace(config.fit, channels=config.channels)
    return Subject(options.what, pictures, made), options.against or config.data, fit


def _generated(maker: Maker, made: dict[str, Any], options: Options) -> Pictures:
    make, folder = partial(maker.part, count=BLOCK), options.out / "samples"
    with progress("making pictures", options.count) as seen:
        return generated(folder, options.count, made, make, seen)


def _source(path: Path, what: str) -> str:
    """A folder's or an npz file's path as a source's name; any other name as it is."""
    scheme = "folder" if path.is_dir() else "npz" if path.is_file() and path.suffix == ".npz" else ""
    return f"{scheme}:{path}" if scheme else what


def _drawn(pictures: Pictures, options: Options) -> Pictures:
    """At most `count` of the pictures."""
    order = np.random.default_rng(options.making.seed).permutation(len(pictures))
    return pictures[np.sort(order[: options.count])]
