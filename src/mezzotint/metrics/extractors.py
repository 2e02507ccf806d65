"""The extractors by name. A new one is a file, and an entry here."""

from collections.abc import Callable

from mezzotint.errors import UserError, nearest
from mezzotint.metrics import efficientnet_weights, inception_weights, keras_inception_weights
from mezzotint.metrics.features import Extractor

OFFLINE = "efficientnet-lite0"  # needs no network

EXTRACTORS: dict[str, Callable[[], Extractor]] = {
    OFFLINE: efficientnet_weights.load,
    "inception": inception_weights.load,
    "keras-inception-75": keras_inception_weights.load,
}


def extractor(name: str) -> Extractor:
    """The extractor of a name, its weights loaded; a `UserError` where there is none, or no weights."""
    if name not in EXTRACTORS:
        raise UserError(f"there is no extractor {name!r}{nearest(name, EXTRACTORS)}")
    return EXTRACTORS[name]()
