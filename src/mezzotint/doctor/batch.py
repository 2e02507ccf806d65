"""The batch: enough to normalise by, not more than the data has, in parts that the devices divide."""

from mezzotint.doctor.finding import Finding, Verdict, worst
from mezzotint.doctor.record import Record
from mezzotint.model.weights import normalises_batches

# Wu & He (arXiv:1803.08494, table 3): BatchNorm's error on ImageNet with 32, 16, 8, 4 and 2 pictures is
# 23.6, 23.7, 24.8, 27.3 and 34.7 %.
NORMALISED_DOUBTFUL, NORMALISED_WRONG = 8, 4


def batch(record: Record) -> Finding:
    """Whether the batch can work, of what a configuration and a journal tell."""
    config, pictures = record.config, record.training_pictures
    part = config.batch_size // config.optimizer.accumulate
    starts = record.of_kind("start")
    devices = starts[-1].get("devices", 1) if starts else 1
    normalised = normalises_batches(config)
    faults: list[tuple[Verdict, str, str]] = []
    if normalised and part < NORMALISED_DOUBTFUL:
        verdict = Verdict.WRONG if part < NORMALISED_WRONG else Verdict.DOUBTFUL
        said = f"BatchNorm's statistics are those of {part} pictures"
        faults.append(
            (verdict, said, f"a part of {NORMALISED_DOUBTFUL} pictures at least, or --network.kind unet")
        )
    if pictures and config.batch_size > pictures / 2:
        said = f"a batch of {config.batch_size} of {pictures} training pictures has no noise to learn from"
        faults.append((Verdict.DOUBTFUL, said, f"--batch-size {max(1, pictures // 8)} or less"))
    if part % devices:
        said = f"a part of {part} pictures cannot be cut evenly for {devices} devices"
        faults.append((Verdict.DOUBTFUL, said, "a --batch-size that devices times parts divide"))
    evidence = {"batch": config.batch_size, "part": part, "devices": devices, "pictures": pictures}
    if faults:
        verdicts, said, do = zip(*faults, strict=True)
        return Finding("batch size", worst(*verdicts), "; ".join(said), "; ".join(do), evidence)
    known = (
        f"{pictures:,} training pictures" if pictures else "pictures whose number the journal does not say"
    )
    said = f"{config.batch_size} of {known}, {part} at a time on {devices} device{'s' if devices > 1 else ''}"
    return Finding("batch size", Verdict.HEALTHY, said, evidence=evidence)
