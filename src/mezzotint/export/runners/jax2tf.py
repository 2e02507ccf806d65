"""saved_model/ that jax2tf wrote, by TensorFlow, as any other."""

from mezzotint.export.runners.savedmodel import load

__all__ = ["load"]
