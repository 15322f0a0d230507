"""Draws the test set first and sorts each set; unscales theta; Horner; ridge by Cholesky."""

from collections.abc import Sequence

import numpy as np


def _ridge(Z: np.ndarray, y: np.ndarray, lam: float) -> np.ndarray:
    d = Z.shape[1]
    lower = np.linalg.cholesky(Z.T @ Z + lam * np.identity(d) - len(Z) * np.outer(Z.mean(0), Z.mean(0)))
    slopes = np.linalg.solve(lower.T, np.linalg.solve(lower, Z.T @ (y - y.mean())))
    return np.r_[y.mean() - Z.mean(0) @ slopes, slopes]


def split(
    n: int, fractions: tuple[float, float, float] = (0.6, 0.2, 0.2), seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of the rows that belong to the training, the validation and the test set.

    Args:
        n: number of rows; they are numbered from 0.
        fractions: of the training, the validation and the test set; their sum is 1.
        seed: of the shuffling: the same one gives the same sets, another one others.

    Returns:
        (train, val, test), arrays of int. Every row is in exactly one of them. The size of each differs by
        less than 2 from its fraction of n; which one gets the rows left over by rounding is up to you.

    Source: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning (2009), section 7.2.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    everything = np.arange(n)
    test = rng.choice(everything, size=round(fractions[2] * n), replace=False)
    rest = np.setdiff1d(everything, test)
    val = rng.choice(rest, size=round(fractions[1] * n), replace=False)
    return np.setdiff1d(rest, val), np.sort(val), np.sort(test)


def poly_features(x: np.ndarray, d: int) -> np.ndarray:
    """Powers of x: the columns x, x^2, ..., x^d.

    Args:
        x: numbers, (N,), float64 or whole numbers (int64).
        d: degree, at least 1.

    Returns:
        The powers in this order, (N, d), float64. No column of ones: `ridge` adds it.
    """
    columns = [np.asarray(x, dtype=np.float64)]
    while len(columns) < d:
        columns.append(columns[-1] * columns[0])
    return np.column_stack(columns)


def fit(x: np.ndarray, y: np.ndarray, d: int, lam: float) -> dict[str, np.ndarray]:
    """Polynomial of degree d, fitted to training data.

    Args:
        x, y: training data, and nothing else.
        d: degree.
        lam: strength of the regularisation.

    Returns:
        model: mean and std of each column of `poly_features(x, d)` (std with ddof=0), and the theta that
        `ridge` finds for the columns after standardising them: minus mean, divided by std.
    """
    columns = poly_features(x, d).T
    mean = np.array([column.mean() for column in columns])
    std = np.array(
        [np.linalg.norm(column - m) / np.sqrt(len(x)) for column, m in zip(columns, mean, strict=True)]
    )
    return {"mean": mean, "std": std, "theta": _ridge(((columns.T - mean) / std), y, lam)}


def predict(model: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Predictions h of a model, for any x.

    Args:
        model: as `fit` returns it. Its mean and std are those of the training data.
        x: new data, (N,), also a single number (1,).

    Returns:
        h, (N,), float64.
    """
    coefficients = model["theta"][1:] / model["std"]
    h = np.zeros(len(x))
    for c in coefficients[::-1]:  # Horner
        h = (h + c) * x
    return h + model["theta"][0] - np.sum(coefficients * model["mean"])


def error(model: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    """Error of a model on some data: J = 1/(2N) times the sum of (h - y)^2, without any regularisation term.

    Source: Ng, Machine Learning, "Advice for applying machine learning".
    """
    return float(np.square(predict(model, x) - y).mean()) / 2


def select_degree(
    xtr: np.ndarray, ytr: np.ndarray, xval: np.ndarray, yval: np.ndarray, degrees: Sequence[int], lam: float
) -> int:
    """The degree with the smallest validation error; of several, the lowest of them.

    Args:
        xtr, ytr: training data, to which each polynomial is fitted.
        xval, yval: validation data, by which they are compared.
        degrees: degrees to try, increasing.
        lam: strength of the regularisation.

    Returns:
        One of degrees, an int.

    Source: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning (2009), section 7.2.
    """
    ranked = sorted((error(fit(xtr, ytr, d, lam), xval, yval), d) for d in degrees)
    return ranked[0][1]


def report(
    x: np.ndarray,
    y: np.ndarray,
    sets: tuple[np.ndarray, np.ndarray, np.ndarray],
    degrees: Sequence[int],
    lam: float,
) -> dict[str, float]:
    """Chooses a degree, and says how good the chosen model is.

    Args:
        x, y: all data.
        sets: (train, val, test), numbers of rows, as `split` returns them.
        degrees: degrees to try, increasing.
        lam: strength of the regularisation.

    Returns:
        A dict of d, the degree chosen, and of train_err, val_err and test_err: the errors, on the three sets,
        of the polynomial of degree d that was fitted to the training set.

    Source: Ng, Machine Learning, "Advice for applying machine learning".
    """
    train, val, test = sets
    d = select_degree(x[train], y[train], x[val], y[val], degrees, lam)
    model = fit(x[train], y[train], d, lam)
    errors = [error(model, x.take(rows), y.take(rows)) for rows in (train, val, test)]
    return dict(zip(["d", "train_err", "val_err", "test_err"], [d, *errors], strict=True))
