"""The mathematics of diffusion: arrays in, arrays out; no Flax, no files."""
