"""Tests of the model: its pictures, its labels and guidance, its files."""
