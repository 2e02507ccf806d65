"""`mezzotint recipes`: the recipes with a line each."""

import inspect

import tyro

from mezzotint.recipes import RECIPES


def main(arguments: list[str]) -> None:
    """Lists the recipes."""
    tyro.cli(show, args=arguments, prog="mezzotint recipes")


def show() -> None:
    """List the recipes with a line each."""
    for name, make in RECIPES.items():
        print(f"{name:<18}{(inspect.getdoc(make) or '').splitlines()[0]}")
