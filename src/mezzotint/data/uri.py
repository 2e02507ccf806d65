"""How a source is written in one word: SCHEME[:PATH][:SPLIT][?OPTION=VALUE&...].

fashion:train     folder:~/photos?labels=folders     tfds:mnist:train[:80%]?data_dir=/data
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from mezzotint.errors import UserError, nearest

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Uri:
    """A source's name, taken apart.

    Attributes:
        text: as it was written.
        scheme: what kind of origin.
        path: what stands after the scheme's colon, without the split and the options.
        split: one of `SPLITS`, or empty for all.
        options: what stands after the question mark.
    """

    text: str
    scheme: str
    path: str = ""
    split: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    def demand_options(self, known: Mapping[str, str]) -> None:
        """Raises a `UserError` for an option that the scheme does not have."""
        for name in self.options:
            if name not in known:
                there = nearest(name, known) if known else f"; {self.scheme} has no options"
                raise UserError(f"{self.text!r} has an unknown option {name!r}{there}")


def parse(text: str, *, own_splits: Mapping[str, bool]) -> Uri:
    """Take a source's name apart.

    Args:
        text: as the user wrote it.
        own_splits: scheme -> whether its origin reads what stands after the name itself, such as
            `train[:80%]`; then `path` keeps it and `split` is empty.
    """
    name, mark, query = text.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if mark and not options:  # a question mark in a file's name
        name = text
    scheme, _, path = name.partition(":")
    split = ""
    if not own_splits.get(scheme, True):
        before, _, last = path.rpartition(":")
        path, split = (before, last) if last in SPLITS else (path, "")
    return Uri(text, scheme, path, split, options)
