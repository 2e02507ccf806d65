"""Linear inverse problems: of a picture y = A image + noise is known, and the image is asked.

Moment-matching posterior sampling, Rozet et al., arXiv:2405.13712, section 4.2. Given x, the image is taken
for a Gaussian with the denoiser's estimate D as its mean and, by Tweedie's formula, the covariance

    V = sigma^2 / alpha * dD / dx

so that its mean given y as well is D + V A' v, where (std^2 I + A V A') v = y - A D. The system is solved in
a few iterations, each with a derivative of the denoiser, and V A' v comes with them. For Gaussian pictures it
is exact.
"""

import jax
from jaxtyping import Array

from mezzotint.arrays import Images, Times
from mezzotint.core.prediction import Denoiser, Estimate, with_image
from mezzotint.core.schedule import Schedule, per_image
from mezzotint.editing.measure import Measured, Measurement
from mezzotint.editing.plan import Given, Plan
from mezzotint.editing.solvers import least_residual

ITERATIONS = 3

Std = float | Array  # one, or one for each channel of what is measured


def agree(plan: Plan, measurement: Measurement, measured: Given, std: Std) -> Plan:
    """The plan for pictures that agree with a measurement.

    Args:
        plan: how pictures are made.
        measurement: A.
        measured: y.
        std: of the noise in y, above 0.
    """
    return plan._replace(denoise=matching(plan.denoise, plan.schedule, measurement, measured, std))


def matching(
    denoise: Denoiser, schedule: Schedule, measurement: Measurement, measured: Given, std: Std
) -> Denoiser:
    """A denoiser whose image estimate is given x and y."""

    def informed(x: Images, t: Times) -> Estimate:
        image, pull = jax.vjp(lambda x: denoise(x, t).image, x)
        transposed = jax.linear_transpose(measurement, x)
        alpha, sigma = schedule(t)

        def covariance(v: Measured) -> Images:
            (pulled,) = pull(*transposed(v))  # V A' v
            return per_image(sigma**2 / alpha) * pulled

        def system(v: Measured, pulled: Images) -> Measured:
            return std**2 * v + measurement(pulled)

        moved = least_residual(covariance, system, measured - measurement(image), ITERATIONS)
        return with_image(schedule(t), x, image + moved)

    return informed
