"""Editing: what `loop.sample` is given, changed; arrays in, arrays out."""
