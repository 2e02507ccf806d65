"""Networks in flax.linen: (x, level, train) -> array shaped like x. They never see a schedule."""
