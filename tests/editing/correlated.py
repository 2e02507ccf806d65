"""Pictures whose pixels are normal and correlated: the denoiser, and the rest given a part."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

from mezzotint.core.prediction import Denoiser, with_image
from mezzotint.core.schedule import Schedule

SHAPE = (4, 4, 1)
PLACES = np.stack(np.mgrid[:4, :4], -1).reshape(16, 2)
DISTANCES = np.linalg.norm(PLACES[:, None] - PLACES, axis=-1)


@dataclass(frozen=True)
class Correlated:
    """N(mean, covariance) of a picture of 4x4 pixels in one column.

    Attributes:
        mean: (16,).
        covariance: (16, 16).
    """

    mean: np.ndarray
    covariance: np.ndarray

    def denoiser(self, schedule: Schedule) -> Denoiser:
        """E[image | x], by the eigenvectors of the covariance, and the noise that goes with it."""
        variances, vectors = np.linalg.eigh(self.covariance)

        def denoise(x: Array, t: Array):  # noqa: ANN202
            alpha, sigma = (rate[:, None] for rate in schedule(t))
            centred = (x.reshape(len(x), 16) - alpha * self.mean) @ vectors
            gains = alpha * variances / (alpha**2 * variances + sigma**2)
            image = self.mean + (gains * centred) @ vectors.T
            return with_image(schedule(t), x, image.reshape(x.shape))

        return denoise

    def given(self, matrix: np.ndarray, measured: np.ndarray, std: float) -> "Correlated":
        """The distribution once matrix @ picture + std * noise has been measured."""
        spread = matrix @ self.covariance @ matrix.T + std**2 * np.eye(len(matrix))
        gain = np.linalg.solve(spread, matrix @ self.covariance).T
        mean = self.mean + gain @ (measured - matrix @ self.mean)
        return Correlated(mean, self.covariance - gain @ matrix @ self.covariance)

    def draw(self, count: int) -> Array:
        """Pictures (count, 4, 4, 1)."""
        draws = np.random.default_rng(0).multivariate_normal(self.mean, self.covariance, count)
        return jnp.asarray(draws.reshape(count, *SHAPE))


SMOOTH = Correlated(np.linspace(-0.5, 0.5, 16), 0.6**2 * np.exp(-DISTANCES / 2))
