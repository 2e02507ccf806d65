"""Whether arrays are those that are asked for: by their names and shapes."""

from collections.abc import Mapping
from typing import Any, cast

from flax.traverse_util import flatten_dict

Shapes = Mapping[str, tuple[int, ...]]


def shapes(tree: Mapping[str, Any]) -> Shapes:
    """Of arrays in nested dictionaries: {"params/stem/kernel": (3, 3, 3, 8), ...}."""
    flat = cast("dict[str, Any]", flatten_dict(tree, sep="/"))
    return {name: tuple(leaf.shape) for name, leaf in flat.items()}


def first_unlike(held: Shapes, asked: Shapes) -> str | None:
    """The first name that is only in one of them, or has another shape; None where they are the same."""
    return next((name for name in sorted({*held, *asked}) if held.get(name) != asked.get(name)), None)
