"""The labels that people ask for, by name or number, as one number a picture."""

from collections.abc import Sequence
from itertools import cycle, islice

import numpy as np
from jaxtyping import Int

from mezzotint.config import Config
from mezzotint.core.labels import NONE
from mezzotint.errors import UserError, nearest

Label = str | int | np.integer | None


def chosen(config: Config, labels: Label | Sequence[Label], count: int) -> Int[np.ndarray, " count"]:
    """One number a picture, -1 for none.

    Args:
        config: which knows the classes and what they are called.
        labels: one for all pictures, or one for each; a name, a number, or None or -1 for none.
        count: how many pictures.

    Raises:
        UserError: an unknown class, a number of labels that is not `count`, or a model without classes.
    """
    if labels is None or isinstance(labels, str | int | np.integer):
        return np.full(max(count, 0), number(config, labels), np.int32)
    if len(labels) != count:
        raise UserError(f"{count} pictures need {count} labels, one each, or one for all; not {len(labels)}")
    numbers = {label: number(config, label) for label in set(labels)}
    return np.array([numbers[label] for label in labels], np.int32)


def number(config: Config, label: Label) -> int:
    """The number of a class, -1 for none; its name is looked up first, then it is read as a number.

    Raises:
        UserError: there is no such class.
    """
    if label is None or label == NONE:
        return NONE
    if not config.classes:
        raise UserError(f"there is no class {label!r}: this model was trained without classes")
    if label in config.label_names:
        return config.label_names.index(str(label))
    digits = str(label)
    if digits.isascii() and digits.isdigit() and int(digits) < config.classes:
        return int(digits)
    close = isinstance(label, str) and not digits.isdigit() and config.label_names
    known = nearest(digits, config.label_names) if close else f": they go from 0 to {config.classes - 1}"
    raise UserError(f"there is no class {label!r}{known}")


def in_turn(classes: Sequence[int], count: int) -> list[int] | None:
    """A label for each of `count` pictures: these classes in order, again and again; None for no classes."""
    return list(islice(cycle(classes), count)) if classes else None
