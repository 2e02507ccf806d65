"""A page that paints: one HTML file with the network, TensorFlow.js and the page's own scripts inside.

TensorFlow.js graph model, sidecar -> HTML

No request leaves it, and its Content-Security-Policy would let none leave.
"""

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from mezzotint.export import sidecar, tfjs
from mezzotint.export.bundle import bundle
from mezzotint.export.markup import Json, Way, heading, inlined, markup, reference, source
from mezzotint.export.program import Program
from mezzotint.export.quantize import Quantize

FILE = "page.html"
BATCH = 1
POLICY = "script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; worker-src blob:; style-src 'unsafe-inline'"


def write(program: Program, folder: Path, quantize: Quantize = "none") -> Path:
    """Writes the page of a denoiser, its weights kept as `quantize` says.

    Raises:
        UserError: TensorFlow is not installed, TF.js has nothing for an operation, or there is no npm.
    """
    graph = tfjs.model(program, quantize, BATCH)
    page = build(
        graph.topology,
        graph.specs,
        graph.weights,
        sidecar.sidecar(program, "web", FILE, BATCH),
        reference(program.model),
        signature=graph.signature,
        **heading(program.model),
    )
    path = folder / FILE
    path.write_text(page, encoding="utf-8")
    return path


def build(
    topology: Json,
    weight_specs: Sequence[Json],
    weights: bytes,
    told: Json,
    reference: Json | None = None,
    *,
    signature: Json,
    title: str = "A page that paints",
    summary: str = "Pictures out of noise, by a diffusion model.",
) -> str:
    """The page.

    Args:
        topology: the `modelTopology` of a TensorFlow.js graph model that takes a batch of 1.
        weight_specs: the `weights` of its manifest, of all groups in order.
        weights: their bytes.
        told: what `mezzotint.json` holds.
        reference: what the page is compared with, as `markup.reference` gives it.
        signature: the graph model's `signature`, which names the tensors x, t and, where there are classes,
            label among its inputs, image and noise among its outputs.
        title: of the page.
        summary: one line below it.

    Raises:
        UserError: the page's scripts could not be built.
    """
    network = inlined({"topology": topology, "specs": weight_specs, "signature": signature})
    scripts = bundle()
    engine, app = ((scripts / name).read_text(encoding="utf-8") for name in ("web/engine.js", "app.js"))
    way = Way(
        policy=POLICY,
        promise="the network is inside it, and no request leaves it",
        runtime="TensorFlow.js (Apache-2.0, Google)",
        style=f"<style>\n{source('style.css')}\n</style>",
        scripts=f"""\
<script type="application/json" id="network">{network}</script>
<script type="text/plain" id="weights">{b64encode(weights).decode()}</script>
<script type="text/plain" id="engine">{engine}</script>
<script>{app}</script>""",
    )
    return markup(told, reference, way, title=title, summary=summary)
