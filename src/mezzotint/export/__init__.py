"""A trained model leaves JAX: one traced program, said again in every format, and checked there."""
