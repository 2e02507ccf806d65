"""Rematerialisation: a network's blocks run again on the way back, and nothing within them is kept.

    kept: the input of each block, a direct child of the network;   memory: inputs of all + inside of one

Chen et al., arXiv:1604.06174. The networks know nothing of it: linen lets calls be intercepted.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import flax.linen as nn
import jax


def rematerialised(apply: Callable[..., Any]) -> Callable[..., Any]:
    """A network's `apply`, which keeps nothing of the inside of a block for the way back."""
    running: list[nn.Module] = []

    def run(*args: Any, **kwargs: Any) -> Any:
        with nn.intercept_methods(partial(_by_block, running)):
            return apply(*args, **kwargs)

    return run


def _by_block(
    running: list[nn.Module], call: Callable[..., Any], args: tuple, kwargs: dict, context: Any
) -> Any:
    """A call of a method, which is rematerialised where it is a block's and not yet running so."""
    block: nn.Module = context.module
    inside = any(frame is block for frame in running)
    if inside or len(block.path) != 1 or context.method_name != "__call__":
        return call(*args, **kwargs)
    leaves, structure = jax.tree.flatten((args, kwargs))

    def run(block: nn.Module, arrays: list[jax.Array]) -> Any:
        given = iter(arrays)
        filled = [next(given) if isinstance(leaf, jax.Array) else leaf for leaf in leaves]
        args, kwargs = jax.tree.unflatten(structure, filled)
        running.append(block)
        try:
            return type(block).__call__(block, *args, **kwargs)
        finally:
            running.pop()

    return nn.remat(run)(block, [leaf for leaf in leaves if isinstance(leaf, jax.Array)])
