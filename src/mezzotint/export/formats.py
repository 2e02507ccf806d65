"""The formats, once: what writes each, what it can do, and which extra it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from mezzotint.errors import UserError, nearest
from mezzotint.export.program import Program
from mezzotint.export.quantize import Quantize

Write = Callable[[Program, Path, Quantize], Path]


@dataclass(frozen=True)
class Format:
    """What an exported program can be.

    Attributes:
        about: for people, after its name.
        extra: the extra of the package with what it needs; empty for none.
        modules: what that brings.
        quantize: how its weights can be kept.
        samplers: whether it can hold a whole sampler.
        batch: the one size of a batch that it takes; None for any.
    """

    about: str
    extra: str = ""
    modules: tuple[str, ...] = ()
    quantize: tuple[Quantize, ...] = ("none",)
    samplers: bool = True
    batch: int | None = None


FEWER: tuple[Quantize, ...] = ("none", "float16", "int8")

FORMATS: dict[str, Format] = {
    "stablehlo": Format("JAX's own portable form, for cpu, cuda and tpu"),
    "onnx": Format("ONNX Runtime and many others", "onnx", ("onnx", "onnxruntime"), FEWER),
}


def named(name: str) -> Format:
    """A format by its name; a `UserError` says what comes near an unknown one."""
    if name not in FORMATS:
        raise UserError(f"there is no format {name!r}{nearest(name, FORMATS)}")
    return FORMATS[name]


def demand_extra(name: str) -> None:
    """Raises a `UserError` where what a format needs is not installed."""
    found = FORMATS[name]
    missing = [module for module in found.modules if find_spec(module) is None]
    if missing:
        raise UserError(
            f"--format {name} needs {' and '.join(missing)}, which is not installed: "
            f"pip install 'mezzotint[{found.extra}]'"
        )


def writer(name: str) -> Write:
    """What writes a format; imported no sooner, for some of what it needs is large."""
    return import_module(f"mezzotint.export.{name}").write
