"""The formats, once: what writes each, what it can do, and which extra it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from mezzotint.errors import UserError, nearest
from mezzotint.export.bundle import node_path
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
        environment: what its runtime must find in the environment.
    """

    about: str
    extra: str = ""
    modules: tuple[str, ...] = ()
    quantize: tuple[Quantize, ...] = ("none",)
    samplers: bool = True
    batch: int | None = None
    environment: Callable[[], dict[str, str]] = dict


FEWER: tuple[Quantize, ...] = ("none", "float16", "int8")

TENSORFLOW = ("tensorflow",)

FORMATS: dict[str, Format] = {
    "stablehlo": Format("JAX's own portable form, for cpu, cuda and tpu"),
    "savedmodel": Format("TensorFlow and TF Serving", "tf", TENSORFLOW),
    "jax2tf": Format("the same by jax2tf, one XlaCallModule", "tf", TENSORFLOW),
    "tflite": Format("LiteRT, on phones and boards", "tflite", (*TENSORFLOW, "ai_edge_litert"), FEWER),
    "tfjs": Format("TensorFlow.js, in browsers", "tf", TENSORFLOW, FEWER, False, None, node_path),
    "onnx": Format("ONNX Runtime and many others", "onnx", ("onnx", "onnxruntime"), FEWER),
    "web": Format("one page that paints by itself", "tf", TENSORFLOW, FEWER, False, 1, node_path),
    "site": Format("the page as a folder for web servers", "onnx", ("onnx",), FEWER, False, None, node_path),
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
