"""A source's name -> its pictures, split, in one shape. The table of schemes is here.

A new origin is one file that gives an `Origin`, and one entry in `SCHEMES`.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mezzotint.data import archive, arrays, folder, hub, tfds
from mezzotint.data.disk import OnDisk, inspect
from mezzotint.data.fit import Fit
from mezzotint.data.flowers import open_flowers
from mezzotint.data.memory import InMemory, load
from mezzotint.data.packaged import open_emoji, open_fashion
from mezzotint.data.prepared import open_prepared
from mezzotint.data.source import NO_LABEL, DataSource, Origin, Splits, Unusable
from mezzotint.data.split import Sides, sides
from mezzotint.data.survey import Usable
from mezzotint.data.uri import Uri, parse
from mezzotint.errors import UserError, nearest

MEMORY_LIMIT = 2 * 2**30  # bytes of decoded pixels


@dataclass(frozen=True)
class Scheme:
    """A kind of origin.

    Attributes:
        usage: how it is written.
        help: a line for people.
        open: makes the origin.
        options: name -> a line for people.
        own_splits: whether the origin itself reads what stands after its name, such as `train[:80%]`.
    """

    usage: str
    help: str
    open: Callable[[Uri], Origin]
    options: Mapping[str, str] = field(default_factory=dict)
    own_splits: bool = False


SCHEMES = {
    "fashion": Scheme("fashion", "10,000 packaged pictures of clothes, greyscale 28x28", open_fashion),
    "emoji": Scheme("emoji", "813 packaged faces, animals, plants and food, colour 64x64", open_emoji),
    "folder": Scheme("folder:PATH", "all pictures below a folder", folder.open_folder, folder.OPTIONS),
    "archive": Scheme(
        "archive:PATH", "the pictures in zip and tar archives", archive.open_archive, archive.OPTIONS
    ),
    "npz": Scheme(
        "npz:FILE", "uint8 pictures in one .npz file, such as MedMNIST's", arrays.open_npz, arrays.OPTIONS
    ),
    "flowers": Scheme(
        "flowers:PATH", "Oxford Flowers 102 from its three original files, in a folder", open_flowers
    ),
    "tfds": Scheme(
        "tfds:NAME[:VERSION][:SPLITS]",
        "a set that TensorFlow Datasets has prepared, or its folder; needs mezzotint[tfds]",
        tfds.open_tfds,
        tfds.OPTIONS,
        own_splits=True,
    ),
    "hf": Scheme(
        "hf:NAME[:SPLITS]",
        "a set of Hugging Face's hub, or a local parquet file or folder; needs mezzotint[hf]",
        hub.open_hf,
        hub.OPTIONS,
        own_splits=True,
    ),
    "prepared": Scheme("prepared:PATH", "a folder that `mezzotint data prepare` wrote", open_prepared),
}


def open_source(uri: str, fit: Fit, memory_limit: int = MEMORY_LIMIT) -> Splits:
    """Open a source by name.

    Args:
        uri: as `mezzotint data` lists them; see `uri.py`.
        fit: the shape of the pictures to give; where it leaves the channels open, a folder has 3
            unless every usable picture in it is greyscale.
        memory_limit: bytes; a set that is larger when decoded stays on disk.

    Raises:
        UserError: no such source, or no usable picture in it.
    """
    known = named(uri)
    return split_origin(open_origin(uri), fit, memory_limit, split=known.split)


def named(uri: str) -> Uri:
    """A source's name taken apart, its scheme and options known.

    Raises:
        UserError: there is no such scheme or option.
    """
    found = parse(uri, own_splits={name: scheme.own_splits for name, scheme in SCHEMES.items()})
    if found.scheme not in SCHEMES:
        raise UserError(_unknown(uri, found.scheme))
    scheme = SCHEMES[found.scheme]
    if bool(found.path) != (":" in scheme.usage):
        raise UserError(f"{uri!r} is not a source: write it as {scheme.usage}")
    found.demand_options(scheme.options)
    return found


def open_origin(uri: str) -> Origin:
    """Find a source's pictures; nothing is decoded yet.

    Raises:
        UserError: no such source.
    """
    found = named(uri)
    return SCHEMES[found.scheme].open(found)


def split_origin(origin: Origin, fit: Fit, memory_limit: int = MEMORY_LIMIT, split: str = "") -> Splits:
    """Decode an origin's pictures, or check them where they are too many for memory; split them.

    Args:
        origin: the pictures.
        fit: their shape.
        memory_limit: bytes; a set that is larger when decoded stays on disk.
        split: use this split alone, a tenth of it held out.

    Raises:
        UserError: none of them can be used, or they can only be read in order and are too many for memory.
    """
    if origin.fit is not None:
        _demand_fit(origin.name, origin.fit, fit)
    fit = replace(fit, channels=fit.channels or origin.channels)
    decoded_bytes = len(origin.entries) * fit.size[0] * fit.size[1] * (fit.channels or 3)
    in_memory = decoded_bytes <= memory_limit
    if origin.ordered and not in_memory:
        raise UserError(_only_in_order(origin, decoded_bytes, memory_limit))
    gather = _in_memory if in_memory else _on_disk
    usable, unusable, select, channels = gather(origin, fit)
    unusable = (*origin.unusable, *unusable)
    if not usable:
        raise UserError(_nothing_usable(origin, unusable))
    chosen = _sides(origin, usable, split)
    train, validation = select(chosen.train), select(chosen.validation)
    shape = (*fit.size, channels)
    classes = _classes(origin, usable)
    return Splits(origin.name, train, validation, unusable, shape, in_memory, origin.label_names, classes)


Gathered = tuple[list[Usable], list[Unusable], Callable[[list[int]], DataSource], int]


def _in_memory(origin: Origin, fit: Fit) -> Gathered:
    images, usable, unusable = load(origin.entries, fit, origin.ordered)
    labels = np.array([entry.label for entry in origin.entries], np.int32)
    channels = images[usable[0].row].shape[-1] if usable else 0
    return usable, unusable, lambda rows: InMemory(images, labels, np.array(rows, np.int64)), channels


def _on_disk(origin: Origin, fit: Fit) -> Gathered:
    usable, unusable = _known(origin) if origin.fit is not None else inspect(origin.entries)
    channels = fit.channels or max((found.channels for found in usable), default=3)
    fit, entries = replace(fit, channels=channels), origin.entries
    return usable, unusable, lambda rows: OnDisk([entries[row] for row in rows], fit), channels


def _known(origin: Origin) -> tuple[list[Usable], list[Unusable]]:
    """What was found when the set was prepared: every picture is usable, and in a split."""
    assert origin.channels is not None
    return [Usable(row, origin.channels, b"") for row in range(len(origin.entries))], []


def _demand_fit(name: str, have: Fit, asked: Fit) -> None:
    same = have.size == asked.size and have.crop == asked.crop
    if not same:
        height, width = have.size
        raise UserError(
            f"{name} was prepared at {height}x{width}: use --image-size {height} {width} --crop {have.crop}, "
            f"or prepare it again"
        )


def _classes(origin: Origin, usable: Sequence[Usable]) -> int:
    """As many as there are names, or numbers up to the greatest; 0 where no usable picture has a label."""
    greatest = max(origin.entries[found.row].label for found in usable)
    return 0 if greatest == NO_LABEL else max(len(origin.label_names), greatest + 1)


def _sides(origin: Origin, usable: Sequence[Usable], split: str) -> Sides:
    """The rows to train on, and the rows held out."""
    rows, digests = [found.row for found in usable], [found.digest for found in usable]
    return sides(origin.name, rows, digests, [origin.entries[row].split for row in rows], split)


def _unknown(uri: str, scheme: str) -> str:
    if os.path.isdir(os.path.expanduser(uri)):
        return f"there is no source {uri!r}; did you mean folder:{uri}?"
    return f"there is no source {uri!r}{nearest(scheme, SCHEMES)} (`mezzotint data` lists them)"


def _only_in_order(origin: Origin, decoded_bytes: int, memory_limit: int) -> str:
    return (
        f"{origin.name} is compressed as a whole, so that it can only be read in order, and its "
        f"{len(origin.entries):,} pictures take {decoded_bytes / 2**20:,.1f} MiB decoded, more than the "
        f"{memory_limit / 2**20:,.1f} MiB that are kept in memory: rewrite it once with "
        f"`mezzotint data prepare`, and train from that"
    )


def _nothing_usable(origin: Origin, unusable: Sequence[Unusable]) -> str:
    if not unusable:
        return f"{origin.name} is empty: it has no files"
    reason, count = Counter(each.reason for each in unusable).most_common(1)[0]
    example = next(each.path for each in unusable if each.reason == reason)
    return (
        f"{origin.name} has no usable picture: {len(unusable)} files were left out, {count} of them "
        f"because {reason} (such as {example})"
    )
