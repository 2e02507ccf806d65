"""The table of numbers: features of samples and of real pictures -> each metric with its 95% interval."""

from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from mezzotint.metrics.features import Classifier, Extractor
from mezzotint.metrics.frechet import frechet_with_interval
from mezzotint.metrics.inception_score import inception_scores
from mezzotint.metrics.intervals import Interval, mean, normal
from mezzotint.metrics.kernel import kid
from mezzotint.metrics.manifold import manifold

PARTS = 10

Features = Float[np.ndarray, "count dimensions"]


def numbers(samples: Features, train: Features, extractor: Extractor, seed: int) -> Mapping[str, Interval]:
    """All metrics of two sets, by name.

    FID and KID take all real pictures. The others depend on how many there are, and take as many of either
    set, drawn by the seed.

    Args:
        samples: of what is evaluated.
        train: of the pictures that were learnt from.
        extractor: that made them; the numbers carry its name.
        seed: of the draw.
    """
    named = {
        "FID": frechet_with_interval(samples, train),
        "KID": kernel_distance(samples, train),
        **manifold(*_as_many(train, samples, seed))._asdict(),
        **classified(samples, extractor),
    }
    return {f"{name}[{extractor.name}]": value for name, value in named.items()}


def classified(samples: Features, extractor: Extractor) -> Mapping[str, Interval]:
    """The Inception Score, where the extractor knows classes; its interval is that of ten parts' mean."""
    if not isinstance(extractor, Classifier) or len(samples) < PARTS:
        return {}
    return {"IS": mean(inception_scores(np.asarray(extractor.logits(jnp.asarray(samples))), PARTS))}


def kernel_distance(samples: Features, real: Features) -> Interval:
    """KID with the interval of its standard error."""
    return normal(*kid(samples, real))


def floor(train: Features, held_out: Features, count: int, seed: int) -> tuple[Features, Features]:
    """Real pictures in the place of as many samples, and the real pictures to hold them against.

    They are held-out pictures where there are enough of them; otherwise training pictures, held against the
    others, half of them at most.
    """
    generator = np.random.default_rng(seed)
    if len(held_out) >= count:
        return held_out[generator.permutation(len(held_out))[:count]], train
    order = generator.permutation(len(train))
    size = min(count, len(train) // 2)
    return train[order[:size]], train[order[size:]]


def _as_many(first: Features, second: Features, seed: int) -> tuple[Features, Features]:
    size, generator = min(len(first), len(second)), np.random.default_rng(seed)
    draw = lambda each: each[generator.permutation(len(each))[:size]]  # noqa: E731
    return draw(first), draw(second)
