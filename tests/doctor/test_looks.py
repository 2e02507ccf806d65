"""Every look fires on its planted fault, says the figures that were planted, and is silent without one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mezzotint.config import Average, Optimizer
from mezzotint.core.pixels import BatchPixels
from mezzotint.doctor import average, batch, checkpoints, colour, loader, losses, memorisation, metric, sheets
from mezzotint.doctor.examine import LOOKS, examine
from mezzotint.doctor.finding import Verdict, graded
from mezzotint.doctor.record import Record
from mezzotint.evaluation.report import Copies, Number
from mezzotint.networks.unet import UNet
from tests.doctor.records import MEAN, STEPS, changed, healthy, report, with_config, with_grids

GREY = (MEAN, MEAN, MEAN)


@pytest.fixture
def run(tmp_path: Path) -> Record:
    return healthy(tmp_path)


def test_a_healthy_run_is_healthy_in_every_look_but_its_missing_checkpoints(run: Record) -> None:
    found = examine(with_grids(run, {1000: GREY, 2000: GREY}), LOOKS)
    assert len(found) == len(LOOKS) == len({each.about for each in found})
    unmeasured = [each.about for each in found if each.verdict is not Verdict.HEALTHY]
    assert unmeasured == ["checkpoints"]  # there are no files in this folder
    assert not any(each.do for each in found if each.verdict is Verdict.HEALTHY)


def test_an_empty_run_is_told_what_to_do_in_every_look_that_cannot_tell(run: Record) -> None:
    found = examine(replace(run, entries=(), model=None, reports={}))
    verdicts = {each.about: each.verdict for each in found}
    assert set(verdicts.values()) <= {Verdict.UNMEASURED, Verdict.HEALTHY, Verdict.WRONG}
    assert all(each.do for each in found if each.verdict is Verdict.UNMEASURED)
    assert verdicts["loss spikes"] is verdicts["weights"] is Verdict.UNMEASURED


def test_a_jump_that_the_loss_came_back_from(run: Record) -> None:
    found = losses.spikes(_jumping(run, 1000, 3))
    assert found.verdict is Verdict.DOUBTFUL
    assert "at step 1,000 to 40 at step 1,020 and was calm again from step 1,030" in found.says
    assert "--optimizer.clip 1 (it is off)" in found.do and "norm of 0.5" in found.do
    clipped = with_config(_jumping(run, 1000, 3), optimizer=Optimizer(clip=1.0))
    assert "--optimizer.clip 0.5" in losses.spikes(clipped).do


def test_a_jump_that_the_loss_did_not_come_back_from(run: Record) -> None:
    found = losses.spikes(_jumping(run, 1000, 200))
    assert found.verdict is Verdict.WRONG and "was not calm for 10 lines since" in found.says


def test_calm_lines_between_do_not_end_a_jump(run: Record) -> None:
    twice = _jumping(_jumping(run, 1000, 3), 1080, 3)
    assert len(found := losses.jumps(twice.series("train", "loss"))) == 1
    assert (found[0].start, found[0].peak_step, found[0].end) == (1000, 1020, 1110)


def test_noise_is_no_jump() -> None:
    random, lines = np.random.default_rng(2), np.arange(10, 20_001, 10)
    for spread in (0.01, 0.03, 0.05):  # of the loss; healthy runs have 0.01 to 0.02
        noisy = losses.Series(lines, random.normal(1, spread, len(lines)))
        assert losses.jumps(noisy) == []


def test_a_loss_that_is_not_finite(run: Record) -> None:
    found = losses.spikes(changed(run, "train", 1500, loss=float("nan")))
    assert found.verdict is Verdict.WRONG and "the loss at step 1,500 is not finite" in found.says


def test_steps_that_were_skipped(run: Record) -> None:
    entries = tuple({**e, "skipped": 3} if e["step"] in (1000, 1200) else e for e in run.entries)
    found = losses.skipped(replace(run, entries=entries))
    assert found.verdict is Verdict.DOUBTFUL and "6 of 2,000 steps" in found.says
    back = ({"kind": "rollback", "step": 1001, "rollbacks": 1, "data_seed": 7},)
    found = losses.skipped(replace(run, entries=entries + back))
    assert (
        found.verdict is Verdict.WRONG
        and "went back 1 times" in found.says
        and "--optimizer.clip" in found.do
    )


@pytest.mark.parametrize(
    ("rise", "verdict"), [(0.02, Verdict.HEALTHY), (0.07, Verdict.DOUBTFUL), (0.2, Verdict.WRONG)]
)
def test_a_loss_that_creeps_up(run: Record, rise: float, verdict: Verdict) -> None:
    calm = changed(run, "train", 1000, loss=0.3)
    found = losses.end(changed(calm, "train", 1700, loss=0.3 * (1 + rise)))
    assert found.verdict is verdict and f"{rise:.1%} above" in found.says


def test_held_out_pictures_get_worse_while_training_pictures_get_better(run: Record) -> None:
    falling = changed(run, "train", 1800, loss=0.2)
    found = memorisation.overfitting(changed(falling, "validation", 2000, loss=0.4))
    assert found.verdict is Verdict.WRONG and "lowest at step 1,500" in found.says
    assert "step 1,500" in found.do and "--flip" in found.do
    together = changed(changed(run, "train", 1800, loss=0.5), "validation", 2000, loss=0.4)
    assert memorisation.overfitting(together).verdict is Verdict.HEALTHY  # not memorisation: see the loss


@pytest.mark.parametrize(
    ("copies", "verdict"),
    [
        (Copies(0.05, 0.04, 0.06, 0.003, -9.0, 0.9), Verdict.WRONG),
        (Copies(0.002, 0.0, 0.006, 0.003, -4.0, 0.7), Verdict.DOUBTFUL),
        (Copies(0.002, 0.0, 0.006, 0.003, -1.0, 0.5), Verdict.HEALTHY),
    ],
)
def test_copies(run: Record, copies: Copies, verdict: Verdict) -> None:
    reports = {run.folder.path: report(copies=copies)}
    assert memorisation.copies(replace(run, reports=reports)).verdict is verdict


def test_copies_among_few_held_out_pictures_may_be_chance(run: Record) -> None:
    """Three of 1,000 samples, none of 80 held-out pictures: at 0.3% that is so in 3 of 4 cases."""
    chance = report(copies=Copies(0.003, 0.001, 0.009, 0.0, -1.0, 0.5), count=1000, held_out=80)
    assert memorisation.copies(replace(run, reports={run.folder.path: chance})).verdict is Verdict.HEALTHY
    certain = replace(chance, copies=replace(chance.copies, share=0.2, low=0.17, high=0.23))
    assert memorisation.copies(replace(run, reports={run.folder.path: certain})).verdict is Verdict.WRONG


def test_an_evaluation_of_earlier_weights_says_nothing_of_these(run: Record) -> None:
    assert run.model is not None
    now = run.model.digest
    copied = report(copies=Copies(0.05, 0.04, 0.06, 0.003, -9.0, 0.9), made={"weights": now}, count=500)
    earlier = report(made={"weights": "of another step"}, count=5000)
    both = {run.folder.path / "a": earlier, run.folder.path / "b": copied}
    assert memorisation.copies(replace(run, reports=both)).verdict is Verdict.WRONG
    found = memorisation.copies(replace(run, reports={run.folder.path / "a": earlier}))
    assert found.verdict is Verdict.UNMEASURED and "other weights" in found.says


def test_what_is_not_a_number_is_wrong() -> None:
    assert graded(float("nan"), 0.1, 0.2) is Verdict.WRONG


def test_held_is_what_an_average_holds() -> None:
    decays = np.random.default_rng(3).uniform(0.1, 0.99, 20)
    share = np.zeros(21)  # of the value before the first step, then of each step
    share[0] = 1
    for step, decay in enumerate(decays, 1):
        share *= decay
        share[step] += 1 - decay
    found = average.held(decays)
    np.testing.assert_allclose(found.first, share[0], rtol=1e-12)
    np.testing.assert_allclose(found.age, share @ np.arange(20, -1, -1), rtol=1e-12)


def test_an_average_that_lags(run: Record) -> None:
    long = average.weights(with_config(run, average=Average(decay=0.9999, warmup=0)))
    assert long.verdict is Verdict.WRONG and f"{0.9999**STEPS:.2%} of the first" in long.says
    assert "--average.decay 0.995 or --average.warmup 10" in long.do
    late = average.weights(with_config(run, average=Average(decay=0.999, warmup=2)))
    assert late.verdict is Verdict.DOUBTFUL  # warmed up slowly: half the run behind, nothing of the first
    assert (
        average.weights(with_config(run, average=Average(decay=0.995, warmup=0))).verdict is Verdict.HEALTHY
    )


def test_batch_statistics_that_are_still_the_first(run: Record) -> None:
    short = replace(run, entries=tuple(e for e in run.entries if e["step"] <= 100))
    found = average.statistics(short)
    assert found.verdict is Verdict.WRONG and f"{0.99**100:.2%}" in found.says and "459 steps" in found.do
    steady = with_config(short, network=UNet(widths=(8, 8), heads=1))
    assert average.statistics(steady).verdict is Verdict.HEALTHY
    assert average.statistics(with_config(short, pixels=BatchPixels())).verdict is Verdict.WRONG


def test_colours_that_drift(run: Record) -> None:
    drifting = with_grids(run, {500: GREY, 2000: (MEAN + 0.1, MEAN, MEAN)})
    found = colour.drift(drifting)
    assert found.verdict is Verdict.DOUBTFUL
    assert found.evidence["shift"] == pytest.approx(0.5, abs=0.05)  # 0.1 of a deviation of 0.2
    assert found.evidence["shifts"]["500"] == 0
    assert colour.drift(with_grids(run, {2000: (MEAN + 0.3,) * 3})).verdict is Verdict.WRONG


def test_contrast_that_is_lost(run: Record) -> None:
    found = colour.drift(with_grids(run, {2000: GREY}, deviation=0.1))
    assert found.verdict is Verdict.DOUBTFUL and found.evidence["spread"] == pytest.approx(0.5, rel=0.05)


def test_samples_of_one_colour(run: Record) -> None:
    found = sheets.blank(with_grids(run, {1000: GREY, 2000: (0, 0, 0)}, deviation=0.0))
    assert found.verdict is Verdict.WRONG and "16 of 16 at step 2,000" in found.says


def test_a_damaged_grid_is_passed_over(run: Record) -> None:
    drawn = with_grids(run, {1000: GREY, 2000: GREY})
    drawn.folder.grid(2000).write_bytes(b"no PNG")
    assert list(sheets.sheets(drawn)) == [1000]


@pytest.mark.parametrize(("waiting", "verdict"), [(0.05, "HEALTHY"), (0.3, "DOUBTFUL"), (0.8, "WRONG")])
def test_a_loader_that_starves_the_devices(run: Record, waiting: float, verdict: str) -> None:
    seconds = {"elapsed": 2.0, "waiting_on_data": waiting}
    found = loader.starvation(changed(run, "train", 20, seconds=seconds))
    assert found.verdict is Verdict[verdict] and f"{waiting:.1%}" in found.says


def test_the_line_that_compiles_does_not_count(run: Record) -> None:
    first = {"elapsed": 2.0, "waiting_on_data": 0.0}
    starved = changed(run, "train", 20, seconds={"elapsed": 1.0, "waiting_on_data": 0.3})
    entries = tuple(
        {**e, "seconds": {**first, "elapsed": 1e6}} if e["step"] == 10 else e for e in starved.entries
    )
    assert loader.starvation(replace(starved, entries=entries)).verdict is Verdict.DOUBTFUL


def test_too_few_samples_for_a_metric(run: Record) -> None:
    few = replace(run, reports={run.folder.path: report(count=500, floor_count=400)})
    found = metric.samples(few)
    assert found.verdict is Verdict.DOUBTFUL
    assert "FID of 500 pictures in 1,280 dimensions" in found.says and "400 real pictures" in found.says
    vague = report(numbers={"KID[efficientnet-lite0]": Number(0.02, 0.01, 0.03, 0.0)})
    assert "0.02 give or take 0.01" in metric.samples(replace(run, reports={run.folder.path: vague})).says


def test_distances_that_cannot_tell_checkpoints_apart(run: Record) -> None:
    found = metric.scores(changed(run, "evaluation", 0, error=0.06))
    assert found.verdict is Verdict.DOUBTFUL and "--watch.evaluate-count 512" in found.do


def test_batches_that_cannot_work(run: Record) -> None:
    small = with_config(run, optimizer=Optimizer(accumulate=16))
    assert batch.batch(small).verdict is Verdict.WRONG and "2 pictures" in batch.batch(small).says
    assert batch.batch(with_config(small, network=UNet(widths=(8, 8), heads=1))).verdict is Verdict.HEALTHY
    assert batch.batch(with_config(run, batch_size=4)).verdict is Verdict.DOUBTFUL
    large = batch.batch(changed(run, "start", 0, training_pictures=40))
    assert large.verdict is Verdict.DOUBTFUL and "32 of 40" in large.says
    assert "3 devices" in batch.batch(changed(run, "start", 0, devices=3)).says


def test_weights_that_are_not_finite(run: Record) -> None:
    assert run.model is not None
    pixels = run.model.pixels._replace(mean=run.model.pixels.mean.at[0].set(np.nan))
    found = checkpoints.finite(replace(run, model=replace(run.model, pixels=pixels)))
    assert found.verdict is Verdict.WRONG and "1 of " in found.says


def _jumping(record: Record, first: int, lines: int) -> Record:
    """The record with losses of 20, 30, 40, ... in some lines of the journal."""
    jump = {first + 10 * line: 20.0 + 10 * line for line in range(lines)}
    figures = lambda e: {**e, "loss": jump[e["step"]]} if e["kind"] == "train" and e["step"] in jump else e  # noqa: E731
    return replace(record, entries=tuple(map(figures, record.entries)))
