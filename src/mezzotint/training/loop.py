"""The training loop: step, look, save, until the end or until somebody asks to stop.

A run is a pure function of its configuration and its pictures: batch k and the randomness of step k depend
on the seed and k alone, so that a run that is stopped and started again ends with the same bytes.
"""

from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import flax
import jax
import jax.numpy as jnp
from rich.console import Console

from mezzotint import pictures, runtime
from mezzotint.arrays import Key
from mezzotint.config import Config
from mezzotint.core.pixels import PixelStatistics
from mezzotint.data.objects import Items
from mezzotint.errors import UserError
from mezzotint.model import in_turn
from mezzotint.processes import by_first, first, together
from mezzotint.runs import checkpoint, journal
from mezzotint.runs.folder import RunFolder
from mezzotint.training.evaluate import Evaluation
from mezzotint.training.feed import feed
from mezzotint.training.interrupt import Agreement, Interrupt
from mezzotint.training.members import placements, training_step
from mezzotint.training.prepare import Plan, claimed, pixel_statistics, plan
from mezzotint.training.report import Report
from mezzotint.training.rollback import ROW, Memory, data_seed, demand_another
from mezzotint.training.start import advice, first_line, memory, step_bytes
from mezzotint.training.state import TrainState, averaged, create, from_trees, to_trees
from mezzotint.training.validate import Validation

KEPT = 2**29  # bytes of a step, up to which what steps free is kept

Tree = Any


@dataclass(frozen=True)
class Keys:
    """The roots of a run's randomness."""

    init: jax.Array
    training: jax.Array
    validation: jax.Array


def root_keys(seed: int, members: int = 0) -> Keys:
    """Three independent keys of a seed; an ensemble's members have those of the seed and of the next ones."""
    if not members:
        return Keys(*jax.random.split(jax.random.key(seed), 3))
    each = [root_keys((seed + index) % 2**32) for index in range(members)]
    init, training = jnp.stack([keys.init for keys in each]), jnp.stack([keys.training for keys in each])
    return Keys(init, training, each[0].validation)


def train(
    config: Config,
    out: str | Path | None = None,
    console: Console | None = None,
    *,
    data: Items | None = None,
) -> Path:
    """Trains a configuration into a run folder, or goes on where that folder's run stopped.

    Args:
        config: what to train.
        out: the run folder: new, empty, or one that holds this configuration's run; `runs/` and
            the recipe's name by default.
        console: where to speak; standard error by default.
        data: pictures in place of those that `config.data` names: any object with a length and items,
            such as a torch `Dataset`; see `data/objects.py`.

    Returns:
        The run folder.

    Raises:
        UserError: whatever the user can mend.
    """
    runtime.prepare()
    console = (console or Console(stderr=True)) if first() else Console(quiet=True)
    folder = RunFolder(Path("runs", config.recipe) if out is None else Path(out).expanduser())
    say = partial(console.print, highlight=False, markup=False, soft_wrap=True)
    with Interrupt() as interrupt, together(), ExitStack() as held:
        the_plan = plan(config, data)
        by_first(lambda: held.enter_context(claimed(folder.path, the_plan.config, say)) and None)
        Training(the_plan, folder, console).run(interrupt)
        by_first(lambda: None)  # the first may still be at work, and the others must not leave before
    return folder.path


def describe(config: Config) -> tuple[str, Config]:
    """What a run is and takes, for people, and its completed configuration; nothing is written."""
    runtime.prepare()
    the_plan = plan(config)
    keys = root_keys(config.seed, config.members)
    state, the_feed = initial_state(the_plan, keys), feed(the_plan)
    compiled = the_feed.compile(training_step(the_plan.config, keys.training, the_plan.mesh), state)
    lines = [first_line(the_plan, the_feed.place, state, compiled)]
    device = the_plan.mesh.local_devices[0]
    lines += filter(None, [advice(the_plan, step_bytes(compiled), memory(device))])
    return "\n".join(lines), the_plan.config


class Training:
    """One start of a run: what is compiled and open between its steps."""

    def __init__(self, plan: Plan, folder: RunFolder, console: Console) -> None:
        """Compiles the step, makes or restores the state, and says what the run is."""
        self.plan, self.folder, self.console = plan, folder, console
        self.watch = plan.config.watch
        self.keys = root_keys(plan.config.seed, plan.config.members)
        self.feed = feed(plan)
        state = initial_state(plan, self.keys)
        self.step = self.feed.compile(training_step(plan.config, self.keys.training, plan.mesh), state)
        if step_bytes(self.step) <= KEPT:
            runtime.keep_memory()
        self._say_first_line(state)
        self.state, self.start, memory = self._restored(state)
        self._rewind_journal(self.start)
        self.report = Report(folder, console, self.start, plan.steps, plan.config.batch_size, self.watch.log)
        self.rollbacks = memory.rollbacks
        self.report.rewind(self.start, memory.window, memory.skipped)
        self.policy = checkpoint.Policy(self.watch.keep_latest, self.watch.keep_every, self.watch.keep_best)
        self.validation = Validation(plan, self.keys.validation)
        self.saved = self.start
        self.evaluation = Evaluation(plan) if self.watch.evaluate else None
        self.stop = Agreement(plan.mesh)
        self.score: dict[int, float] = {}  # by which checkpoints are the best, of the last step that has one

    def run(self, interrupt: Interrupt) -> None:
        """Trains to the end, or until the interrupt asks to stop."""
        self.report.entry("start", self.start, **self._versions())
        try:
            done = self._loop(interrupt)
            if self.saved != done:
                self._save(done)
            self._farewell(done)
        finally:
            self.report.close()

    def _loop(self, interrupt: Interrupt) -> int:
        done = self.start
        self.feed.begin(done, data_seed(self.plan.config.seed, self.rollbacks))
        try:
            while done < self.plan.steps and not self.stop.reached(interrupt.asked):
                count, inputs = self.feed.inputs(done, self._until_due(done))
                self.state, metrics = self.step(self.state, *inputs)
                self.report.steps(done + 1, count, metrics, self.feed.waited)
                done += count
                self._look(done)
                if self._stuck(done):
                    done = self._rolled_back(done)
            self.report.settle()
        finally:
            self.feed.close()
        return done

    def _stuck(self, done: int) -> bool:
        """Whether too many steps in a row were skipped, as far as figures are read; at the end all are."""
        if done == self.plan.steps:
            self.report.settle()
        return self.report.longest >= self.plan.config.optimizer.skips

    def _rolled_back(self, done: int) -> int:
        """Takes the last good checkpoint's state, and from there the pictures in another order."""
        demand_another(self.rollbacks, self.report.longest, done, self.saved)
        self.rollbacks += 1
        skips = self.report.longest
        state, start, memory = self._restored(initial_state(self.plan, self.keys))
        self.state = from_trees(self.state, to_trees(state))  # what is compiled knows this one's optimizer
        self._rewind_journal(start)
        self.report.rewind(start, memory.window, 0)
        seed = data_seed(self.plan.config.seed, self.rollbacks)
        # an entry of the first step that is done anew: a run that goes on from before it will write it again
        self.report.entry("rollback", start + 1, rollbacks=self.rollbacks, data_seed=seed)
        self._say(f"warning: {ROW.format(skips, done)}: other pictures from step {start} on")
        self.feed.begin(start, seed)
        return start

    def _until_due(self, done: int) -> int:
        """Steps until something is due."""
        watch = self.watch
        intervals = (watch.log, watch.validate, watch.evaluate, watch.sample, watch.checkpoint)
        return min([self.plan.steps - done, *(every - done % every for every in intervals if every)])

    def _look(self, done: int) -> None:
        """Whatever is due after a step: validation, evaluation, pictures, a checkpoint."""
        last = done == self.plan.steps
        if due(self.watch.validate, done, last) and self.validation.possible:
            with self.report.pause():
                self._validate(done)
        if self.evaluation and due(self.watch.evaluate, done, last):
            with self.report.pause():
                self._evaluate(done, self.evaluation)
        if due(self.watch.sample, done, last):
            with self.report.pause():
                self._draw(done)
        if due(self.watch.checkpoint, done, last):
            with self.report.pause():
                self._save(done)

    def _validate(self, done: int) -> None:
        loss = self.validation.loss(self.state)
        if not self.evaluation:
            self.score = {done: loss}
        self.report.entry("validation", done, loss=loss)

    def _evaluate(self, done: int, evaluation: Evaluation) -> None:
        found = evaluation.distance(self.state)
        self.score = {done: found.value}
        self.report.entry("evaluation", done, **{evaluation.name: found.value}, error=found.error)

    def _draw(self, done: int) -> None:
        model = averaged(self.plan.config, self.plan.mesh, self.state)
        count, classes = self.watch.sample_count, self.plan.config.classes or 0
        labels = in_turn(range(classes), count)
        if not first():
            return
        images = model.sample(count, seed=self.plan.config.seed, labels=labels)
        sheet = pictures.grid(images, period=classes)
        path = self.folder.grid(done)
        self.report.picture(done, sheet, lambda: pictures.save_png(sheet, path))

    def _save(self, done: int) -> None:
        unsure = self.report.skipped > 0 and done < self.plan.steps
        if unsure or self._stuck(done):
            return  # training may go back behind it, and so it starts again before those steps
        folder = self.folder.checkpoints
        memory = Memory(self.report.window, self.report.skipped, self.rollbacks)
        try:
            checkpoint.save(folder, done, to_trees(self.state), asdict(memory), self.score.get(done))
            by_first(lambda: checkpoint.prune(folder, self.policy))
        except OSError as error:
            kept = f"checkpoint {self.saved} stays" if self.saved else "there is none yet"
            said = f"checkpoint {done} could not be saved ({error.strerror or error}); {kept}"
            if done == self.plan.steps:
                raise UserError(f"{said}; free some space, then repeat the command") from None
            self.report.say(f"warning: {said}; training goes on")
            return
        self.saved = done
        self.report.entry("checkpoint", done)

    def _restored(self, state: TrainState) -> tuple[TrainState, int, Memory]:
        """The newest whole checkpoint's state, its step, and what it remembers; as given where there is none.

        Raises:
            UserError: there are finished ones, and none is whole or fits; nothing was moved.
        """
        abstract = jax.tree.map(
            lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=a.sharding), to_trees(state)
        )
        by_first(lambda: checkpoint.clear_unfinished(self.folder.checkpoints))
        found, damaged = checkpoint.newest(self.folder.checkpoints, abstract)
        if found is None:
            checkpoint.demand_whole(self.folder.checkpoints, damaged)
        for damage in damaged:
            self._say(f"warning: checkpoint {damage.step} is damaged ({damage.reason}); set aside")
        by_first(lambda: checkpoint.set_aside(self.folder.checkpoints, damaged, self.folder.damaged))
        if found is None:
            return state, 0, Memory()
        self._say(f"going on from checkpoint {found.step}")
        return from_trees(state, found.trees), found.step, Memory(**found.extra)

    def _rewind_journal(self, step: int) -> None:
        """Drops what the journal tells of later steps; where the disk does not take that, it keeps them."""
        try:
            by_first(lambda: journal.rewind(self.folder.journal, step))
        except OSError as error:
            said = f"journal.jsonl keeps what came after step {step} ({error.strerror or error})"
            self._say(f"warning: {said}; training goes on")

    def _say_first_line(self, state: TrainState) -> None:
        self._say(first_line(self.plan, self.feed.place, state, self.step))
        for unusable in self.plan.data.unusable[:10]:
            self._say(f"left out: {unusable.path}: {unusable.reason}")
        if len(self.plan.data.unusable) > 10:
            self._say(f"left out: {len(self.plan.data.unusable) - 10} more files")

    def _farewell(self, done: int) -> None:
        if done < self.plan.steps:
            kept = "saved" if self.saved == done else f"saved up to step {self.saved}"
            self._say(f"stopped at step {done}, {kept}; repeat the command to go on")
        else:
            self._say(f"trained to step {done}: {self.folder.path}")

    def _say(self, text: str) -> None:
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _versions(self) -> dict[str, Any]:
        return {
            "version": journal.VERSION,
            "devices": self.plan.mesh.size,
            "processes": jax.process_count(),
            "platform": self.plan.mesh.devices.flat[0].platform,
            "training_pictures": len(self.plan.data.train),
            "jax": jax.__version__,
            "flax": flax.__version__,
        }


def initial_state(plan: Plan, keys: Keys) -> TrainState:
    """The state before the first step, placed on the mesh."""
    statistics = pixel_statistics(plan.data.train, plan.config.image_size)

    def make(statistics: PixelStatistics, key: Key) -> TrainState:
        one = partial(create, plan.config.of_a_member, plan.steps, statistics)
        return jax.vmap(one)(key) if plan.config.members else one(key)

    placed = placements(plan.config, plan.mesh, jax.eval_shape(make, statistics, keys.init))
    return jax.jit(make, out_shardings=placed)(statistics, keys.init)


def due(every: int, done: int, last: bool) -> bool:
    """Whether something that happens every so many steps (0: never) happens after this one."""
    return every > 0 and (done % every == 0 or last)
