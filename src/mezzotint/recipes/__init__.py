"""Recipes: plain functions that return a configuration; the docstring says what it reaches, and when.

The first line of the docstring is what `mezzotint recipes` shows.
"""

from collections.abc import Callable

from mezzotint.config import Config
from mezzotint.errors import UserError, nearest
from mezzotint.recipes.demo import demo, demo_classes
from mezzotint.recipes.flowers import flowers_article, flowers_classes, flowers_small

RECIPES: dict[str, Callable[[], Config]] = {
    "demo": demo,
    "demo-classes": demo_classes,
    "flowers-article": flowers_article,
    "flowers-small": flowers_small,
    "flowers-classes": flowers_classes,
}


def recipe(name: str) -> Config:
    """The configuration of a recipe; a `UserError` with the nearest name for an unknown one."""
    if name not in RECIPES:
        raise UserError(f"there is no recipe {name!r}{nearest(name, RECIPES)}")
    return RECIPES[name]()
