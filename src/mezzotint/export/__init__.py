"""Export: the model in formats that need neither Mezzotint nor JAX."""
