"""Several models of one kind as one model, and one of them again.

    members -> ensemble, whose estimates are the means of the members'
    ensemble, i -> member i

A model of an ensemble is a model: it samples, is edited, evaluated and saved as any other. Where pixels are
normalised by batches the members' statistics differ a little, and the ensemble takes their mean.
"""

from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from mezzotint.config import differences
from mezzotint.errors import UserError
from mezzotint.model.model import Model
from mezzotint.networks.ensemble import Ensemble, joined
from mezzotint.networks.ensemble import member as name

# What members have in common, and that all augment or none: a network that is told of it has weights for it.
ALIKE = (
    "network",
    "channels",
    "classes",
    "label_names",
    "image_size",
    "schedule",
    "prediction",
    "level",
    "pixels",
)


def ensemble(models: Sequence[Model]) -> Model:
    """The mean denoiser of some models that were trained alike, their seeds or data aside.

    Args:
        models: two or more, none of them an ensemble; sampling settings are the first one's.

    Raises:
        UserError: they are too few, ensembles themselves, or of different networks or pictures.
    """
    if len(models) < 2:
        raise UserError(f"an ensemble takes two models at least, not {len(models)}")
    first = models[0].config
    if isinstance(first.network, Ensemble):
        raise UserError("a member cannot be an ensemble itself: name the members")
    for model in models[1:]:
        _demand_alike(models[0], model)
    variables = joined([model.variables for model in models])
    pixels = jax.tree.map(
        lambda *each: jnp.mean(jnp.stack(each), axis=0), *(model.pixels for model in models)
    )
    return Model(replace(first, network=Ensemble(first.network, len(models))), variables, pixels)


def member(model: Model, index: int) -> Model:
    """One member of an ensemble, from 0, with the ensemble's pixel statistics.

    Raises:
        UserError: there is no such member.
    """
    members = model.config.members
    if not members:
        raise UserError("this model is no ensemble and has no members: `mezzotint ensemble` makes one")
    if not 0 <= index < members:
        raise UserError(f"there is no member {index}: the ensemble has members 0 to {members - 1}")
    variables = {kind: tree.get(name(index), {}) for kind, tree in model.variables.items()}
    return replace(model, config=model.config.of_a_member, variables=variables)


def disagreement(
    members: Sequence[Float[np.ndarray, "count height width channels"]],
) -> Float[np.ndarray, "count height width 1"]:
    """How far members' pictures from the same noise differ at each pixel, in [0, 1/2].

    It is the root mean square over the channels of the members' deviations from their mean.

    Args:
        members: each member's pictures, in [0, 1].
    """
    return np.sqrt(np.var(np.stack(members), axis=0).mean(-1, keepdims=True))


def _demand_alike(first: Model, other: Model) -> None:
    changed = [field for field in differences(first.config, other.config) if field.split(".")[0] in ALIKE]
    if bool(first.config.augment) != bool(other.config.augment):
        changed.append("augment")
    if changed:
        raise UserError(
            f"members must be of one network and of the same pictures: they differ in {', '.join(changed)}"
        )
