"""How a run is made again: its recipe, and an option for each setting that differs from it.

    mezzotint train demo --steps 40 --batch-size 16 --out runs/demo

A configuration that no recipe stands behind is trained from Python.
"""

import shlex
from typing import Any

from mezzotint.config import KINDS, UNASKED, Config, flatten, option
from mezzotint.recipes import RECIPES, recipe


def again(config: Config, folder: str) -> str:
    """What to type, unescaped.

    Args:
        config: the run's.
        folder: the name of the run folder.
    """
    if config.recipe not in RECIPES:
        return (
            "import mezzotint\n"
            f"config = mezzotint.load({folder!r}).config\n"
            f"mezzotint.train(config, {folder + '-again'!r})"
        )
    return shlex.join(words(config, folder))


def words(config: Config, folder: str) -> list[str]:
    """The command line of a run whose recipe is known."""
    before, after = flatten(recipe(config.recipe)), flatten(config)
    changed = {name: value for name, value in after.items() if name not in before or before[name] != value}
    options = [
        word for name, value in changed.items() if name not in UNASKED for word in _option(name, value)
    ]
    return ["mezzotint", "train", config.recipe, *options, "--out", f"runs/{folder}"]


def _option(name: str, value: Any) -> list[str]:
    """One setting as command-line words."""
    if isinstance(value, bool):
        head, dot, last = name.rpartition(".")
        return [option(name if value else f"{head}{dot}no_{last}")]
    if value is None and name.rpartition(".")[2] in KINDS:
        return [option(f"{name}.kind"), "None"]
    values = value if isinstance(value, list) else [value]
    return [option(name), *map(str, values)]
