"""The optimizer of a configuration: AdamW on a named learning-rate schedule, gradients clipped."""

import jax.numpy as jnp
import optax

from mezzotint.config import Optimizer


def learning_rate(settings: Optimizer, steps: int) -> optax.Schedule:
    """Linear warm-up to the highest rate, then the named decay.

    Args:
        settings: the configuration's optimizer.
        steps: the whole run's, where the cosine reaches 0.
    """
    peak, warmup = settings.learning_rate, settings.warmup
    decays = {
        "constant": lambda: optax.constant_schedule(peak),
        "cosine": lambda: optax.cosine_decay_schedule(peak, max(steps - warmup, 1)),
        "inverse-sqrt": lambda: inverse_sqrt(peak, max(warmup, 1)),
    }
    decay = decays[settings.decay]()
    if not warmup:
        return decay
    return optax.join_schedules([optax.linear_schedule(0.0, peak, warmup), decay], [warmup])


def inverse_sqrt(peak: float, warmup: int) -> optax.Schedule:
    """The peak times sqrt(w / (step + w)): Vaswani et al., arXiv:1706.03762, eq. 3, after its warm-up w."""
    return lambda step: peak * jnp.sqrt(warmup / jnp.maximum(step + warmup, warmup))


def adamw(settings: Optimizer, steps: int) -> optax.GradientTransformation:
    """AdamW, after clipping by the global norm where the settings ask for it."""
    update = optax.adamw(
        learning_rate(settings, steps),
        b1=settings.b1,
        b2=settings.b2,
        weight_decay=settings.weight_decay,
    )
    if not settings.clip:
        return update
    return optax.chain(optax.clip_by_global_norm(settings.clip), update)
