"""Training: state, step, loop, and what is kept and shown on the way."""
