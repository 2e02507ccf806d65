"""All pictures of a source in one shape: to be evaluated, or to hold others against."""

from contextlib import closing
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from mezzotint.data.decode import extent
from mezzotint.data.fit import Fit
from mezzotint.data.open import named, open_origin, split_origin
from mezzotint.data.pipeline import sequential
from mezzotint.data.source import DataSource, Origin, Splits, Undecodable
from mezzotint.errors import UserError

READ = 256  # pictures at once

Pictures = UInt8[np.ndarray, "count height width channels"]


class Reference(NamedTuple):
    """A source's pictures.

    Attributes:
        train: those that are learnt from.
        held_out: those that are not.
    """

    train: Pictures
    held_out: Pictures


def reference(uri: str, fit: Fit) -> Reference:
    """Both splits of a source; one that was prepared keeps the crop that it was prepared with.

    Raises:
        UserError: no such source, or no usable picture in it.
    """
    origin = open_origin(uri)
    opened = split_origin(origin, _settled(origin, fit), split=named(uri).split)
    return Reference(*(_all(each, fit, opened) for each in (opened.train, opened.validation)))


def _settled(origin: Origin, fit: Fit) -> Fit:
    """What gives the same pictures each time: a prepared set's own crop, or the middle for a random one."""
    if origin.fit is not None:
        return replace(fit, crop=origin.fit.crop, background=origin.fit.background)
    return replace(fit, crop="centre") if fit.crop == "random" else fit


def everything(uri: str, size: tuple[int, int] | None = None) -> Pictures:
    """All pictures of a source, or of the one split that its name asks for.

    Args:
        uri: the source.
        size: height and width; None for the pictures' own, which must then be one.

    Raises:
        UserError: no such source, no usable picture in it, or pictures that differ in size.
    """
    found = reference(uri, Fit(size or own_size(open_origin(uri))))
    return np.concatenate([each for each in found if len(each)])


def as_deep(pictures: Pictures, real: Reference) -> Pictures:
    """Pictures with as many channels as the source's: grey ones are spread over three."""
    return np.repeat(pictures, real.train.shape[-1] // pictures.shape[-1], axis=-1)


def own_size(origin: Origin) -> tuple[int, int]:
    """Height and width of all pictures of an origin.

    Raises:
        UserError: they differ.
    """
    first: tuple[tuple[int, int], str] | None = None
    for entry in origin.entries:
        try:
            size = extent(entry.read())
        except Undecodable:
            continue  # which reading it says
        if first is not None and size != first[0]:
            (height, width), name = first
            raise UserError(
                f"the pictures of {origin.name} differ in size: {name} is {width}x{height}, {entry.name} "
                f"{size[1]}x{size[0]}: say --image-size"
            )
        first = first or (size, entry.name)
    if first is None:
        raise UserError(f"{origin.name} has no usable picture")
    return first[0]


def _all(source: DataSource, fit: Fit, of: Splits) -> Pictures:
    """Every picture of a split, decoded by as many threads as suit it, held once."""
    count = len(source)
    whole = np.empty((count, *fit.size, of.shape[-1]), np.uint8)
    with closing(sequential(source, READ, size=fit.size, threads=of.threads)) as batches:
        for start, batch in zip(range(0, count, READ), batches, strict=False):
            whole[start : start + READ] = batch["image"][: count - start]
    return whole
