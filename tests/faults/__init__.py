"""Faults: kills, signals and damage, and the same bytes at the end."""
