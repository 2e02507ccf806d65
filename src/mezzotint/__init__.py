"""Mezzotint: train, sample, measure, edit and deploy image diffusion models in JAX and Flax.

    import mezzotint
    mezzotint.train(mezzotint.recipe("demo"), "runs/demo")
    pictures = mezzotint.load("runs/demo").sample(16, steps=20, seed=0)

The public names are listed here, once; each is imported when it is first used, so that `import mezzotint`
costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mezzotint.bits import bits_per_dimension as bits_per_dimension
    from mezzotint.config import Config as Config
    from mezzotint.errors import UserError as UserError
    from mezzotint.model import Guidance as Guidance
    from mezzotint.model import Model as Model
    from mezzotint.model import load as load
    from mezzotint.recipes import recipe as recipe
    from mezzotint.training.loop import train as train
    from mezzotint.tuning.tune import tune as tune

_HOMES = {
    "Config": "mezzotint.config",
    "Guidance": "mezzotint.model",
    "Model": "mezzotint.model",
    "UserError": "mezzotint.errors",
    "bits_per_dimension": "mezzotint.bits",
    "load": "mezzotint.model",
    "recipe": "mezzotint.recipes",
    "train": "mezzotint.training.loop",
    "tune": "mezzotint.tuning.tune",
}

__version__ = "0.1.0"
__all__ = [
    "Config",
    "Guidance",
    "Model",
    "UserError",
    "bits_per_dimension",
    "load",
    "recipe",
    "train",
    "tune",
]


def __getattr__(name: str) -> Any:
    """Imports a public name on its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mezzotint' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
