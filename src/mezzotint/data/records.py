"""What sets of named fields have in common, wherever they come from: their split strings and fields.

NAME[:VERSION][:SLICE[,SLICE]], where a slice is a split string such as `train[:80%]+test`. Of two
slices the first is trained on and the second held out; of a single one, a tenth is held out by content.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from mezzotint.errors import UserError, nearest

WRITTEN = re.compile(
    r"(?P<name>.*?)(?P<version>:[\d*]+\.[\d*]+\.[\d*]+)?(?::(?P<slices>[^/\\]*))?", re.DOTALL
)


class Slice(NamedTuple):
    """A part of a set: its split string, and the split that it is here, empty for all."""

    text: str
    split: str


def take_apart(path: str) -> tuple[str, str]:
    """A set's name, with its version, and the slices that stand after it, or nothing."""
    found = WRITTEN.fullmatch(path)
    assert found is not None  # `.*?` takes all
    return found["name"] + (found["version"] or ""), found["slices"] or ""


def slices(name: str, asked: str, own: Collection[str]) -> list[Slice]:
    """The parts of a set to read.

    Args:
        name: of the set, for messages.
        asked: as the user wrote them; empty for the set's own: `train`, and `validation` or else
            `test`; a set without `train` is read whole.
        own: the names of the set's splits.

    Raises:
        UserError: more than two slices, or an empty one.
    """
    texts = [text.strip() for text in asked.split(",")]
    if asked and (len(texts) > 2 or not all(texts)):
        raise UserError(f"{name}: write one slice, or two with a comma between them, not {asked!r}")
    if asked:
        names = ("train", "validation") if len(texts) == 2 else ("",)
        return [Slice(text, split) for text, split in zip(texts, names, strict=True)]
    if "train" not in own:
        return [Slice("+".join(own), "")]
    held = [split for split in ("validation", "test") if split in own][:1]
    return [Slice(split, split) for split in ("train", *held)]


def no_slice(name: str, text: str, error: Exception, own: Collection[str]) -> UserError:
    """What to say of a slice that the set does not have."""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
    return UserError(f"{name} has no slice {text!r} ({reason}); its splits are: {', '.join(own)}")


def picture_field(name: str, asked: str | None, found: Collection[str], there: Collection[str]) -> str:
    """The field with the pictures: the one asked for, or the only one.

    Raises:
        UserError: there is no such field, none at all, or more than one.
    """
    field = _field(name, "image", asked, found, there)
    if field is None:
        raise UserError(
            f"{name} has no field of pictures: name it with ?image=FIELD; there are: {', '.join(there)}"
        )
    return field


def label_field(name: str, asked: str | None, found: Collection[str], there: Collection[str]) -> str | None:
    """The field with the labels: the one asked for, or the only one; None for `?label=` or no such field.

    Raises:
        UserError: there is no such field, or more than one.
    """
    return None if asked == "" else _field(name, "label", asked, found, there)


def _field(
    name: str, what: str, asked: str | None, found: Collection[str], there: Collection[str]
) -> str | None:
    if asked is not None and asked not in there:
        raise UserError(f"{name} has no field {asked!r}{nearest(asked, there)}")
    if asked is None and len(found) > 1:
        raise UserError(
            f"{name} has {len(found)} fields that could be the {what} ({', '.join(found)}): "
            f"choose one with ?{what}=FIELD"
        )
    return asked if asked is not None else next(iter(found), None)
