"""Which samplers an edit can be made with, by what they state of themselves; the rest are refused by name."""

from mezzotint.errors import UserError
from mezzotint.sampling.method import Sampler, has_single_steps
from mezzotint.sampling.presets import name_of


def can_be_undone(sampler: Sampler) -> bool:
    """Whether `Reversed` can go its steps in the other direction."""
    return sampler.deterministic and has_single_steps(sampler)


def demand_single_steps(sampler: Sampler, edit: str) -> None:
    """Raises a `UserError` for a multistep method."""
    if not has_single_steps(sampler):
        raise UserError(
            f"{edit} needs a sampler of single steps, such as ddim or heun: "
            f"{name_of(sampler)} remembers earlier ones"
        )


def demand_deterministic(sampler: Sampler, edit: str) -> None:
    """Raises a `UserError` for a method that adds noise."""
    if not sampler.deterministic:
        raise UserError(
            f"{edit} needs a sampler that adds no noise, such as ddim or heun: {name_of(sampler)} does"
        )
