"""The page that paints as a folder for any web server: index.html, its scripts, ONNX Runtime and the network.

Browsers load each file once and keep it. The page is that of `web.py`, made without TensorFlow.
"""

import shutil
from pathlib import Path

from mezzotint.export import onnx, sidecar
from mezzotint.export.bundle import bundle
from mezzotint.export.markup import Way, heading, markup, reference, source
from mezzotint.export.program import Program
from mezzotint.export.quantize import Quantize

WAY = Way(
    policy="script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'",
    promise="it has loaded the network, and sends nothing",
    runtime="ONNX Runtime (MIT, Microsoft)",
    style='<link rel="stylesheet" href="style.css">',
    scripts='<script src="app.js"></script>',
)


def write(program: Program, folder: Path, quantize: Quantize = "none") -> Path:
    """Writes the folder of a denoiser, its weights kept as `quantize` says.

    Returns:
        Its model.onnx, which everything else lies beside.

    Raises:
        UserError: ONNX has nothing for a primitive, or there is no npm.
    """
    path, scripts = onnx.write(program, folder, quantize), bundle()
    shutil.copy(scripts / "app.js", folder)
    shutil.copytree(scripts / "site", folder, dirs_exist_ok=True)
    (folder / "style.css").write_text(source("style.css"), encoding="utf-8")
    told = sidecar.sidecar(program, "site", path.name, None)
    page = markup(told, reference(program.model), WAY, **heading(program.model))
    (folder / "index.html").write_text(page, encoding="utf-8")
    return path
