"""The samplers that have a name on the command line."""

from mezzotint.errors import UserError, nearest
from mezzotint.sampling.ddim import Ddim
from mezzotint.sampling.dpm import DpmSolver2M, DpmSolver3M
from mezzotint.sampling.heun import Heun
from mezzotint.sampling.method import Sampler
from mezzotint.sampling.multistep import AdamsBashforth
from mezzotint.sampling.unipc import UniPc

PRESETS: dict[str, Sampler] = {
    "ddim": Ddim(),
    "ddpm": Ddim(eta=1.0),
    "heun": Heun(),
    "dpmpp-2m": DpmSolver2M(),
    "dpmpp-2m-sde": DpmSolver2M(eta=1.0),
    "dpmpp-3m": DpmSolver3M(),
    "unipc": UniPc(),
    **{f"ab{order}": AdamsBashforth(order) for order in range(1, 6)},
}


def name_of(sampler: Sampler) -> str:
    """The name on the command line; of a sampler that has none, how it is made."""
    return next((name for name, known in PRESETS.items() if known == sampler), repr(sampler))


def preset(name: str) -> Sampler:
    """The sampler of a name; a `UserError` says what comes near an unknown one."""
    if name not in PRESETS:
        raise UserError(f"there is no sampler {name!r}{nearest(name, PRESETS)}")
    return PRESETS[name]
