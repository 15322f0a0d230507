"""Python loops and lists; the random numbers are those of the module random."""

import random
from collections.abc import Sequence

import numpy as np


def ridge(Z: np.ndarray, y: np.ndarray, lam: float) -> np.ndarray:
    """Given, nothing to write: the best linear model of y, kept small by lam.

    Args:
        Z: features, (N, d), without a column of ones.
        y: targets, (N,).

    Returns:
        theta, (d + 1,): h = theta[0] + Z theta[1:] has the smallest sum of (h - y)^2 + lam theta_j^2, j >= 1.
    """
    A = np.column_stack([np.ones(len(Z)), Z])
    penalty = lam * np.eye(A.shape[1])
    penalty[0, 0] = 0.0
    return np.linalg.solve(A.T @ A + penalty, A.T @ y)


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
    rows = list(range(n))
    random.Random(seed).shuffle(rows)
    n_train, n_val = int(fractions[0] * n), int(fractions[1] * n)
    train, rest = rows[:n_train], rows[n_train:]
    return np.array(train, dtype=int), np.array(rest[:n_val], dtype=int), np.array(rest[n_val:], dtype=int)


def poly_features(x: np.ndarray, d: int) -> np.ndarray:
    """Powers of x: the columns x, x^2, ..., x^d.

    Args:
        x: numbers, (N,), float64 or whole numbers (int64).
        d: degree, at least 1.

    Returns:
        The powers in this order, (N, d), float64. No column of ones: `ridge` adds it.
    """
    features = np.ones((len(x), d))
    for i, value in enumerate(x):
        power = 1.0
        for k in range(d):
            power = power * float(value)
            features[i, k] = power
    return features


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
    n = len(x)
    mean, std = np.zeros(d), np.zeros(d)
    for k in range(d):
        column = features[:, k].tolist()
        mean[k] = sum(column) / n
        std[k] = (sum((value - mean[k]) ** 2 for value in column) / n) ** 0.5
        for i in range(n):
            features[i, k] = (features[i, k] - mean[k]) / std[k]
    return {"mean": mean, "std": std, "theta": ridge(features, y, lam)}


def predict(model: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Predictions h of a model, for any x.

    Args:
        model: as `fit` returns it. Its mean and std are those of the training data.
        x: new data, (N,), also a single number (1,).

    Returns:
        h, (N,), float64.
    """
    theta, mean, std = model["theta"], model["mean"], model["std"]
    h = []
    for value in x:
        total = theta[0]
        for k in range(len(mean)):
            total = total + theta[k + 1] * (float(value) ** (k + 1) - mean[k]) / std[k]
        h.append(total)
    return np.array(h)


def error(model: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    """Error of a model on some data: J = 1/(2N) times the sum of (h - y)^2, without any regularisation term.

    Source: Ng, Machine Learning, "Advice for applying machine learning".
    """
    total = 0.0
    for guess, right in zip(predict(model, x), y, strict=True):
        total += float(guess - right) ** 2
    return total / (2 * len(y))


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
    chosen, smallest = 0, float("inf")
    for d in degrees:
        j = error(fit(xtr, ytr, d, lam), xval, yval)
        if j < smallest:
            chosen, smallest = d, j
    return chosen


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
    parts = [(x[rows], y[rows]) for rows in sets]
    d = select_degree(*parts[0], *parts[1], degrees, lam)
    model = fit(*parts[0], d, lam)
    result: dict[str, float] = {"d": d}
    for name, (inputs, targets) in zip(("train_err", "val_err", "test_err"), parts, strict=True):
        result[name] = error(model, inputs, targets)
    return result
