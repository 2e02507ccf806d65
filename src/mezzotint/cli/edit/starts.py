"""Start noises by what people have in hand: a seed, or a picture."""

from collections.abc import Callable
from pathlib import Path

from mezzotint import edits
from mezzotint.cli.edit.reading import read_picture, shape_of
from mezzotint.cli.making import Maker
from mezzotint.editing.sound import can_be_undone
from mezzotint.sampling.method import Sampler


def start_of(maker: Maker, source: str, fitting: bool) -> edits.Noise:
    """The noise from which the maker makes a seed's first picture, or a picture in a file.

    Raises:
        UserError: a seed out of range, or a picture that cannot be used.
    """
    if source.isdecimal():
        return edits.noise(maker.model, int(source))
    return maker.invert(read_picture(Path(source), shape_of(maker.model.config), fitting).pixels)


def suitable(*sources: str) -> Callable[[Sampler], bool]:
    """Whether a sampler can start from such sources: of a picture, it must be able to find the noise."""
    if all(source.isdecimal() for source in sources):
        return lambda sampler: sampler.deterministic
    return can_be_undone
