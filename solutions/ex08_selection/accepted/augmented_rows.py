"""Ridge as least squares with d more rows; the legacy generator; sets cut by np.split."""

from collections.abc import Sequence

import numpy as np


def _ridge(Z: np.ndarray, y: np.ndarray, lam: float) -> np.ndarray:
    """One more row for each parameter: sqrt(lam) theta_j should be 0."""
    d = Z.shape[1]
    top = np.hstack([np.ones((len(Z), 1)), Z])
    below = np.hstack([np.zeros((d, 1)), np.sqrt(lam) * np.eye(d)])
    return np.linalg.lstsq(np.vstack([top, below]), np.append(y, np.zeros(d)), rcond=None)[0]


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
    order = np.arange(n)
    np.random.RandomState(seed).shuffle(order)  # noqa: NPY002 - the old generator is as good here
    cuts = np.rint(np.cumsum(fractions[:2]) * n).astype(int)
    train, val, test = np.split(order, cuts)
    return train, val, test


def poly_features(x: np.ndarray, d: int) -> np.ndarray:
    """Powers of x: the columns x, x^2, ..., x^d.

    Args:
        x: numbers, (N,), float64 or whole numbers (int64).
        d: degree, at least 1.

    Returns:
        The powers in this order, (N, d), float64. No column of ones: `ridge` adds it.
    """
    return np.vander(np.asarray(x, dtype=float), d + 1, increasing=True)[:, 1:]


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
    features = poly_features(x, d)
    mean = np.average(features, axis=0)
    std = np.sqrt(np.var(features, axis=0))
    return {"theta": _ridge((features - mean) / std, y, lam), "mean": mean, "std": std}


def predict(model: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Predictions h of a model, for any x.

    Args:
        model: as `fit` returns it. Its mean and std are those of the training data.
        x: new data, (N,), also a single number (1,).

    Returns:
        h, (N,), float64.
    """
    z = np.divide(np.subtract(poly_features(x, model["mean"].size), model["mean"]), model["std"])
    return np.hstack([np.ones((len(z), 1)), z]).dot(model["theta"])


def error(model: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    """Error of a model on some data: J = 1/(2N) times the sum of (h - y)^2, without any regularisation term.

    Source: Ng, Machine Learning, "Advice for applying machine learning".
    """
    residual = predict(model, x) - y
    return residual.dot(residual) / residual.size / 2


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
    errors = {d: error(fit(xtr, ytr, d, lam), xval, yval) for d in degrees}
    return min(errors, key=errors.get)


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
    (xtr, ytr), (xval, yval), (xte, yte) = ((x[rows], y[rows]) for rows in sets)
    d = select_degree(xtr, ytr, xval, yval, degrees, lam)
    model = fit(xtr, ytr, d, lam)
    return {
        "d": d,
        "train_err": error(model, xtr, ytr),
        "val_err": error(model, xval, yval),
        "test_err": error(model, xte, yte),
    }
