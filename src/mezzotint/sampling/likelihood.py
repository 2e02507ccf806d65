"""How probable images are under the probability-flow ODE: log-densities, by Hutchinson's trace estimator.

Divided by the length of its rates every schedule is the same circle,

    z = x / hypot(alpha, sigma) = cos(a) * image + sin(a) * noise,      tan(a) = sigma / alpha,

on which the flow is the velocity, dz/da = cos(a) * noise - sin(a) * image at the denoiser's estimates,
and sampling starts from z ~ N(0, I) at t = 1 (`loop.initial_noise`). The density of what the flow makes
of that at t = 0 is therefore exactly (Song et al., arXiv:2011.13456, eq. 39)

    log p(z_0) = log N(z_1; 0, I) + integral from t = 0 to 1 of the divergence of the flow.

The divergence is the trace of a Jacobian J, and probe' J probe has that trace as its mean for probes of
random signs (their eq. 40). As the probes do not move z, each evaluation can have fresh ones: the errors
of a path then average out along it. Time runs in log(sigma / alpha), in which nothing is stiff at
either end.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from einops import reduce
from jaxtyping import Array, Float, Int

from mezzotint.arrays import Images, Keys
from mezzotint.core.prediction import Denoiser
from mezzotint.core.schedule import Schedule, log_snr

# The classical Runge-Kutta method: how far into the step each slope is taken, led there by the one before,
# and its weight.
STAGES = np.array([(0.0, 1 / 6), (0.5, 1 / 3), (0.5, 1 / 3), (1.0, 1 / 6)])
EVALUATIONS = len(STAGES)  # of the network, a step

Field = Callable[[Images], Images]
Probes = Float[Array, "probes batch height width channels"]
Each = Float[Array, "probes batch"]


class Path(NamedTuple):
    """Where the flow has come to, and the integral of its divergence on the way, by each probe."""

    z: Images
    divergence: Each


def log_density(
    denoise: Denoiser, schedule: Schedule, z: Images, keys: Keys, steps: Int[Array, ""], probes: int
) -> Each:
    """The log-density of z at t = 0, in nats: but for the steps' error without bias, by each probe.

    Args:
        denoise: the model.
        schedule: its schedule.
        z: x / hypot(alpha, sigma) at t = 0.
        keys: of the probes, one an image.
        steps: Runge-Kutta steps of EVALUATIONS each; traced, so that another number runs the same program.
        probes: how many there are.
    """
    end = flow(denoise, schedule, z, keys, steps, probes)
    return log_normal(end.z) + end.divergence


def flow(
    denoise: Denoiser, schedule: Schedule, z: Images, keys: Keys, steps: Int[Array, ""], probes: int
) -> Path:
    """From t = 0 to t = 1, in steps of equal log-SNR."""
    first, last = -log_snr(schedule(jnp.array([0.0, 1.0]))) / 2
    width = (last - first) / steps

    def step(index: Array, path: Path) -> Path:
        def stage(carry: tuple[Path, Images], at: tuple[Array, Array]) -> tuple[tuple[Path, Images], None]:
            (end, slope), (number, (place, weight)) = carry, at
            velocity = _velocity(denoise, schedule, first + (index + place) * width)
            signs = _signs(keys, index * EVALUATIONS + number, z.shape[1:], probes)
            slope, divergence = with_divergence(velocity, path.z + place * width * slope, signs)
            moved = end.z + weight * width * slope, end.divergence + weight * width * divergence
            return (Path(*moved), slope), None

        stages = jnp.arange(EVALUATIONS), jnp.asarray(STAGES, z.dtype)
        (end, _), _ = jax.lax.scan(stage, (path, jnp.zeros_like(z)), stages)
        return end

    return jax.lax.fori_loop(0, steps, step, Path(z, jnp.zeros((probes, len(z)), z.dtype)))


def _velocity(denoise: Denoiser, schedule: Schedule, log_ratio: Array) -> Field:
    """The flow per unit of log(sigma / alpha) as a function of z: sin(a) cos(a) dz/da."""

    def velocity(z: Images) -> Images:
        t = jnp.clip(schedule.time(-2 * log_ratio), 0, 1)
        rates = schedule(t)
        length = jnp.hypot(*rates)
        cosine, sine = rates.alpha / length, rates.sigma / length
        image, noise = denoise(length * z, jnp.full(z.shape[:1], t))
        return sine * cosine * (cosine * noise - sine * image)

    return velocity


def with_divergence(field: Field, z: Images, probes: Probes) -> tuple[Images, Each]:
    """field(z), and its divergence within each image by each probe: Song et al., eq. 40."""
    push = jax.vmap(lambda probe: jax.jvp(field, (z,), (probe,)), out_axes=(None, 0))
    value, pushed = push(probes)
    return value, reduce(probes * pushed, "k b h w c -> k b", "sum")


def _signs(keys: Keys, index: Array, shape: tuple[int, ...], probes: int) -> Probes:
    """Probes for one evaluation: a function of each image's key alone."""
    fresh = jax.vmap(jax.random.fold_in, (0, None))(keys, index)
    draw = lambda key: jax.random.rademacher(key, (probes, *shape), jnp.result_type(float))  # noqa: E731
    return jax.vmap(draw, out_axes=1)(fresh)


def log_normal(z: Images) -> Float[Array, " batch"]:
    """The log of N(z; 0, I), in nats."""
    return reduce(-(z**2 + jnp.log(2 * jnp.pi)) / 2, "b h w c -> b", "sum")
