"""Whether arrays are those that are asked for: by their names and shapes."""

from collections.abc import Mapping
from typing import Any

from jax.tree_util import keystr, tree_leaves_with_path

Shapes = Mapping[str, tuple[int, ...]]


def shapes(tree: Any) -> Shapes:
    """Of the arrays in a tree: {"params/stem/kernel": (3, 3, 3, 8), "opt_state/0/count": (), ...}."""
    leaves = tree_leaves_with_path(tree)
    return {keystr(path, simple=True, separator="/"): tuple(leaf.shape) for path, leaf in leaves}


def first_unlike(held: Shapes, asked: Shapes) -> str | None:
    """The first name that is only in one of them, or has another shape; None where they are the same."""
    return next((name for name in sorted({*held, *asked}) if held.get(name) != asked.get(name)), None)
