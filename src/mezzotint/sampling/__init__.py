"""Samplers: one loop, and one method a file."""
