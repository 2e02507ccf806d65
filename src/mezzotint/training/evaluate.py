"""How far new pictures are from training pictures, on a small fixed budget: KID, as training goes on."""

import numpy as np

from mezzotint.data.pipeline import epoch_order, fetch
from mezzotint.evaluation.cache import cached, of_bytes
from mezzotint.metrics.extractors import extractor
from mezzotint.metrics.kernel import Measured, kid
from mezzotint.model import in_turn
from mezzotint.pictures import to_bytes
from mezzotint.training.prepare import Plan
from mezzotint.training.state import TrainState, averaged

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
        config, count = self._plan.config, self._watch.evaluate_count
        labels = in_turn(range(config.classes or 0), count)
        images = averaged(config, self._plan.mesh, state).sample(count, seed=config.seed, labels=labels)
        return kid(of_bytes(self._extractor, np.asarray(to_bytes(images)), lambda count: None), self._real)
