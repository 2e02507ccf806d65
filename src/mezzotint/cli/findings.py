"""A report on a source as a page of text: the verdict first, then the figures, then what to look into."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from mezzotint.data.duplicates import MAX_PAIRS
from mezzotint.data.report import Group, Pair, Report, Sizes

LABELS = 8  # named, at most
NAMED = 4  # pictures of a group
WIDTH = 10  # of the first column


def text(report: Report, limit: int) -> str:
    """The whole page.

    Args:
        report: what was found.
        limit: how many of each kind of finding to list.
    """
    blocks = [verdict(report), figures(report), *findings(report, limit)]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def verdict(report: Report) -> list[str]:
    """How many pictures can be used, and the one thing that must not be overlooked."""
    left_out = len(report.unusable)
    lines = [f"{report.source}: {pictures(len(report.rows))} usable, {left_out:,} left out"]
    if report.leaked:
        lines.append(
            f"LEAK: {report.leaked:,} held-out {'picture has' if report.leaked == 1 else 'pictures have'} "
            f"a double, exact or near, among those trained on: look at the sheet (doubles flatter validation)"
        )
    return lines


def figures(report: Report) -> list[str]:
    """A line each for splits, labels, sizes, formats and channels."""
    channels = report.channels
    height, width = channels.size
    rows = {
        "splits": listed(report.splits),
        "labels": _labels(report.labels),
        "sizes": _sizes(report.sizes),
        "shapes": _shapes(report.sizes.shapes, len(report.rows)),
        "small": _small(report.sizes, len(report.rows)),
        "formats": listed(report.kinds),
        "mean": f"{_decimals(channels.mean)}, in [0, 1] at {width}x{height}",
        "deviation": _decimals(channels.deviation),
        "flat": f"{pictures(report.flat)} nearly of one grey, not compared" if report.flat else "",
        "doubles": _doubles(report),
    }
    return [f"{name:<{WIDTH}} {value}" for name, value in rows.items() if value]


def findings(report: Report, limit: int) -> list[list[str]]:
    """What to look into: a block each, with up to `limit` examples."""
    reasons = (f"{count:,}: {reason}" for reason, count in report.reasons.items())
    files = (f"{each.path}: {each.reason}" for each in report.unusable)
    contradictions = [each for each in (*report.exact, *report.pairs) if len(each.labels) > 1]
    leaks = [each for each in (*report.exact, *report.pairs) if each.leaks]
    kept = [each for each in report.pairs if not each.leaks]
    return [
        _block("left out, by reason", list(reasons), limit),
        _block("left out", list(files), limit),
        _block("doubles across the splits", [_group(each) for each in leaks], limit),
        _block("doubles with different labels", [_labelled(each) for each in contradictions], limit),
        _block("exact duplicates", [_group(each) for each in report.exact if not each.leaks], limit),
        _block("near duplicates", [_group(each) for each in kept], limit),
    ]


def pictures(count: int) -> str:
    """A number of pictures, in words."""
    return f"{count:,} picture{'' if count == 1 else 's'}"


def listed(counts: Mapping[str, int]) -> str:
    """Each name with its count: `train 5,794, validation 1,449`."""
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _labels(labels: Mapping[str, int]) -> str:
    if not labels:
        return "none"
    if len(labels) <= LABELS:
        return listed(labels)
    counts = list(labels.values())
    if counts[0] == counts[-1]:
        return f"{len(labels)}, of {counts[0]:,} pictures each"
    spread = f"of {counts[-1]:,} to {counts[0]:,} pictures, median {median(counts):,g}"
    return f"{len(labels)}, {spread}; most: {_most(labels)}"


def _sizes(sizes: Sizes) -> str:
    if sizes.width[0] == sizes.width[2] and sizes.height[0] == sizes.height[2]:
        return f"all {sizes.width[0]}x{sizes.height[0]}"
    sides = (
        f"{name} {low} to {high}, median {middle:g}"
        for name, (low, middle, high) in (("width", sizes.width), ("height", sizes.height))
    )
    return f"{'; '.join(sides)}; most: {_most(sizes.frequent)}"


def _most(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in list(counts.items())[:3])


def _shapes(shapes: Mapping[str, int], total: int) -> str:
    return ", ".join(f"{name} {count / total:.0%}" for name, count in shapes.items() if count)


def _small(sizes: Sizes, total: int) -> str:
    """How many have a shorter side under the sides that people train at, as far as that tells anything."""
    told = {side: count for side, count in sizes.below.items() if 0 < count < total}
    return ", ".join(f"{count:,} under {side} px" for side, count in told.items())


def _decimals(values: Iterable[float]) -> str:
    return " ".join(f"{value:.3f}" for value in values)


def _doubles(report: Report) -> str:
    exact, near = len(report.exact), len(report.near)
    stopped = f" (the search stopped at {MAX_PAIRS:,} pairs)" if len(report.pairs) >= MAX_PAIRS else ""
    return f"{_groups(exact)} exact, {_groups(near)} near{stopped}"


def _groups(count: int) -> str:
    return f"{count:,} group{'' if count == 1 else 's'}"


def _group(group: Group) -> str:
    """`a.png (train) = b.png (validation)`: equal, or about equal, or mirrored."""
    sign = " ~ " if isinstance(group, Pair) else " = "
    mirrored = ", mirrored" if isinstance(group, Pair) and group.mirrored else ""
    named = [f"{each.name} ({each.split})" for each in group.pictures[:NAMED]]
    more = len(group.pictures) - len(named)
    return sign.join([*named, f"{more:,} more"] if more else named) + mirrored


def _labelled(group: Group) -> str:
    first = {each.label: each for each in reversed(group.pictures)}  # of each label
    return ", ".join(f"{each.name} ({label or 'none'})" for label, each in sorted(first.items()))


def _block(title: str, lines: Sequence[str], limit: int) -> list[str]:
    if not lines:
        return []
    more = [f"  and {len(lines) - limit:,} more"] if len(lines) > limit else []
    return [f"{title} ({len(lines):,})", *(f"  {line}" for line in lines[:limit]), *more]
