"""What is set before JAX starts, XLA's flags and the compilation cache on disk; and how memory is kept.

Nothing happens on import: `prepare` is called where work begins, and `keep_memory` where a small step is
taken again and again. A user's own XLA_FLAGS, MALLOC_... variables or JAX_COMPILATION_CACHE_DIR stay as they
are.
"""

import ctypes
import os
from collections.abc import Mapping
from importlib.metadata import version

from platformdirs import user_cache_path

# Measured with jaxlib 0.10 (benchmarks/train_step.py); another version might not know the flag, and XLA
# ends the process for one that it does not know.
CPU_FLAGS = {"0.10": "--xla_cpu_experimental_ynn_fusion_type=dot,eltwise,reduce"}

# mallopt's parameters, from glibc's malloc.h, and their values
ONE_HEAP = {-8: 1}  # M_ARENA_MAX: it can grow without a bound
KEEP_MEMORY = {
    -4: 0,  # M_MMAP_MAX: no block is a mapping of its own
    -1: -1,  # M_TRIM_THRESHOLD: nothing is given back
    -2: 64 * 2**20,  # M_TOP_PAD: bytes that the heap grows by at least
}


def prepare() -> None:
    """Sets the flags that help on this version, and turns the compilation cache on."""
    _mallopt(ONE_HEAP)
    if "XLA_FLAGS" not in os.environ:
        flags = CPU_FLAGS.get(_minor(version("jaxlib")))
        if flags:
            os.environ["XLA_FLAGS"] = flags
    _turn_cache_on()


def _minor(full: str) -> str:
    return ".".join(full.split(".")[:2])


def keep_memory() -> None:
    """Lets the process keep what it frees, where its C library is glibc.

    XLA's CPU backend frees its work space after every step. glibc gives such large blocks back to the
    kernel, which clears every page again for the next step: on two cores that was a fifth of all
    processor time of the `demo` recipe. The price is memory, several times a step's, because what is kept
    falls to pieces: `flowers-article` took 15 GiB for steps of 3.
    """
    _mallopt(KEEP_MEMORY)


def _mallopt(settings: Mapping[int, int]) -> None:
    """Sets parameters of the C library's allocator, where that is glibc and the user has set none."""
    if any(name.startswith("MALLOC_") for name in os.environ):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return  # another C library, or another system
    for parameter, value in settings.items():
        mallopt(parameter, value)


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
