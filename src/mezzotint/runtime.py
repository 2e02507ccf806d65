"""What is set before JAX starts: XLA's flags, and the compilation cache on disk.

Nothing happens on import: `prepare` is called where work begins. A user's own XLA_FLAGS or
JAX_COMPILATION_CACHE_DIR stay as they are.
"""

import os
from importlib.metadata import version

from platformdirs import user_cache_path

# Measured with jaxlib 0.10 (benchmarks/train_step.py); another version might not know the flag, and XLA
# ends the process for one that it does not know.
CPU_FLAGS = {"0.10": "--xla_cpu_experimental_ynn_fusion_type=dot,eltwise,reduce"}


def prepare() -> None:
    """Sets the flags that help on this version, and turns the compilation cache on."""
    if "XLA_FLAGS" not in os.environ:
        flags = CPU_FLAGS.get(_minor(version("jaxlib")))
        if flags:
            os.environ["XLA_FLAGS"] = flags
    _turn_cache_on()


def _minor(full: str) -> str:
    return ".".join(full.split(".")[:2])


def _turn_cache_on() -> None:
    import jax  # noqa: PLC0415  the flags must stand before

    if jax.config.jax_compilation_cache_dir:  # pyright: ignore[reportAttributeAccessIssue]
        return
    folder = user_cache_path("mezzotint") / f"jax-{version('jaxlib')}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError:
        return  # a cache that cannot be kept costs time, nothing else
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
