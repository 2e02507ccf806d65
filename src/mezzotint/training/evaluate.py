"""How far new pictures are from training pictures, on a small fixed budget: KID, as training goes on."""

import jax
import numpy as np

from mezzotint.data.pipeline import epoch_order, fetch
from mezzotint.evaluation.cache import cached, of_bytes
from mezzotint.metrics.extractors import extractor
from mezzotint.metrics.kernel import Measured, kid
from mezzotint.model import in_turn
from mezzotint.pictures import to_bytes
from mezzotint.processes import added
from mezzotint.training.prepare import Plan
from mezzotint.training.state import TrainState, averaged

BATCH = 64  # pictures made at once
REAL = 4  # training pictures to each new one


class Evaluation:
    """The training pictures of a plan that new ones are held against; the same ones every time."""

    def __init__(self, plan: Plan) -> None:
        """Loads the extractor, and the features of the training pictures where they are in the cache.

        Raises:
            UserError: there is no such extractor, or its weights are missing.
        """
        self._plan, self._watch = plan, plan.config.watch
        self._extractor = extractor(self._watch.extractor)
        order = epoch_order(len(plan.data.train), plan.config.seed, 0)
        rows = order[: REAL * self._watch.evaluate_count].tolist()
        real = fetch(plan.data.train, rows, plan.config.image_size)["image"]
        self._real = cached(self._extractor, real, lambda count: None)

    @property
    def name(self) -> str:
        """KID, and whose features it is of."""
        return f"KID[{self._extractor.name}]"

    def distance(self, state: TrainState) -> Measured:
        """KID of `watch.evaluate_count` pictures of the averaged weights, always of the same noise."""
        return kid(added(self._features(state)), self._real)

    def _features(self, state: TrainState) -> np.ndarray:
        """Those of the pictures that fall to this process, batches in turn; 0 in place of the others'."""
        config, count = self._plan.config, self._watch.evaluate_count
        model, size = averaged(config, self._plan.mesh, state), min(count, BATCH)
        features = np.zeros((count, self._extractor.dimensions), np.float32)
        for start in range(jax.process_index() * size, count, jax.process_count() * size):
            labels = in_turn(range(config.classes or 0), start + size)
            images = model.sample(
                size, seed=config.seed, labels=labels and labels[start:], first=start, batch_size=size
            )[: count - start]
            features[start : start + size] = of_bytes(
                self._extractor, np.asarray(to_bytes(images)), lambda count: None
            )
        return features
