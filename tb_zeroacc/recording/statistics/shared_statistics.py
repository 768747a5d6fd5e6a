"""Statistics of data and outputs, written once for every backend."""

from __future__ import annotations

from tb_zeroacc.recording.statistics.backend import NAN, Backend, Tensor

# The derivative of an activation is under 1 % of its maximum this far from the middle of its
# range: s(1-s) < 0.25 % for the sigmoid s, 1-t² < 1 % for the tangent t. The hard ones are flat at
# their bounds alone.
SIGMOID_EDGE = 0.49749372
EDGES = {  # middle, distance
    "sigmoid": (0.5, SIGMOID_EDGE), "tanh": (0.0, 0.99498744),
    "hard_sigmoid": (0.5, 0.5), "hard_tanh": (0.0, 1.0),
}  # fmt: skip
# Values this near a bound of their activation cannot be told from it: float32's spacing below 1,
# twice.
ROUNDING_STEP = 1.2e-7


def pool(columns: Tensor, backend: Backend) -> Tensor:
    """Joins rows of `column_statistics` of equal counts into one, (1, 7)."""
    mean, std, low, high, zeros, bad, count = (columns[:, i] for i in range(7))
    middle = backend.mean(mean)
    away = mean - middle
    variance = backend.mean(std * std + away * away)
    joined = [
        middle, backend.root(variance), backend.least(low), backend.greatest(high),
        backend.mean(zeros), backend.total(bad), backend.total(count),
    ]  # fmt: skip
    return backend.vector(joined)[None]


def label_statistics(labels: Tensor, units: int, backend: Backend) -> Tensor:
    """A row of the table `labels`, (12,).

    Args:
        labels: Labels of one output, of any shape and dtype.
        units: Size of the last axis; 1 for class ids.
        backend: The labels' own.
    """
    rows = backend.as_rows(labels, units)
    of_all = backend.column_statistics(backend.as_rows(rows, 1))[0]  # (7,)
    least, greatest = of_all[2], of_all[3]
    if units > 1:
        sums = backend.total(rows, axis=1)
        least, greatest = backend.least(sums), backend.greatest(sums)
    integers = backend.share(backend.floor(rows) == rows)
    return backend.concat(
        [
            of_all[:5], backend.vector([integers, least, greatest]),
            of_all[5:], backend.vector([backend.examples(labels), float(units)]),
        ],
        0,
    )  # fmt: skip


def weight_statistics(weights: Tensor, backend: Backend) -> Tensor:
    """A row of the table `sample_weights`, (5,)."""
    rows = backend.as_rows(weights, 1)
    return backend.vector(
        [
            backend.mean(rows), backend.least(rows), backend.greatest(rows),
            backend.share(rows == 0.0), backend.examples(rows),
        ]
    )  # fmt: skip


def output_statistics(rows: Tensor, activation: str | None, backend: Backend) -> Tensor:
    """A row of the table `outputs`, (9,).

    Args:
        rows: Outputs, (rows, units).
        activation: Their activation; None where it is unknown.
        backend: The outputs' own.
    """
    columns = backend.column_statistics(rows)
    mean, std, low, high, _, bad, count = (columns[:, i] for i in range(7))
    return backend.vector(
        [
            backend.mean(mean), backend.mean(std), backend.least(low), backend.greatest(high),
            backend.entropy(rows, activation), bound_share(rows, activation, backend),
            backend.total(bad), count[0], float(rows.shape[1]),
        ]
    )  # fmt: skip


def bound_share(rows: Tensor, activation: str | None, backend: Backend) -> Tensor | float:
    """Share of values at a bound of their activation; NaN for one without bounds."""
    if activation in ("sigmoid", "softmax"):
        return backend.share((rows <= ROUNDING_STEP) | (rows >= 1.0 - ROUNDING_STEP))
    if activation == "tanh":
        return backend.share(abs(rows) >= 1.0 - ROUNDING_STEP)
    return NAN


def saturated_share(rows: Tensor, activation: str, backend: Backend) -> Tensor | float:
    """Share of values whose activation's derivative is under 1 % of its maximum; NaN without one.

    Of softmax the examples count, by p(1-p) of their largest probability p.
    """
    if activation == "softmax":
        return backend.share(backend.greatest(rows, axis=1) > 0.5 + SIGMOID_EDGE)
    if activation not in EDGES:
        return NAN
    middle, edge = EDGES[activation]
    return backend.share(abs(rows - middle) >= edge)


def largest_units(rows: Tensor, backend: Backend) -> Tensor:
    """Index of each row's largest unit, (rows,); NaN where one of them is NaN."""
    ids = backend.as_float(backend.argmax(rows, 1))
    return backend.where(backend.is_nan(backend.total(rows, axis=1)), NAN, ids)


def above(rows: Tensor, edge: float, backend: Backend) -> Tensor:
    """1 for values above an edge, 0 for others, NaN for NaN; a vector."""
    values = backend.flat(rows)
    return backend.where(backend.is_nan(values), NAN, backend.as_float(values > edge))


def ids_of_one_hot(rows: Tensor, backend: Backend, *, certain: bool) -> Tensor:
    """Class ids, (rows,); all NaN, which nothing counts, where a row is not one-hot.

    Args:
        rows: Labels, (rows, classes).
        backend: The labels' own.
        certain: Whether rows are known to be classes.
    """
    ids = backend.as_float(backend.argmax(rows, 1))
    if certain:
        return ids
    is_one_hot = (backend.total(rows, axis=1) == 1.0) & (backend.greatest(rows, axis=1) == 1.0)
    return backend.where(backend.every(is_one_hot), ids, NAN)
