"""Takes the highest degree.

en: You always take the highest degree: compare the errors on the validation set.
ko: 항상 가장 높은 차수를 고릅니다. 검증 집합의 오차를 비교하세요.
fails: test_select[*], test_select_tie
"""

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


# The functions below rest on these and not on each other, so that a known mistake in one is in that one alone.
def _powers(x: np.ndarray, d: int) -> np.ndarray:
    return np.asarray(x, dtype=np.float64)[:, None] ** np.arange(1, d + 1)


def _fit(x: np.ndarray, y: np.ndarray, d: int, lam: float) -> dict[str, np.ndarray]:
    features = _powers(x, d)
    mean, std = features.mean(axis=0), features.std(axis=0)
    return {"mean": mean, "std": std, "theta": ridge((features - mean) / std, y, lam)}


def _predict(model: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    z = (_powers(x, len(model["mean"])) - model["mean"]) / model["std"]
    return model["theta"][0] + z @ model["theta"][1:]


def _error(model: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean((_predict(model, x) - y) ** 2) / 2)


def _select(
    xtr: np.ndarray, ytr: np.ndarray, xval: np.ndarray, yval: np.ndarray, degrees: Sequence[int], lam: float
) -> int:
    errors = [_error(_fit(xtr, ytr, d, lam), xval, yval) for d in degrees]
    return int(degrees[int(np.argmin(errors))])


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
    order = np.random.default_rng(seed).permutation(n)
    first = round(fractions[0] * n)
    second = first + round(fractions[1] * n)
    return order[:first], order[first:second], order[second:]


def poly_features(x: np.ndarray, d: int) -> np.ndarray:
    """Powers of x: the columns x, x^2, ..., x^d.

    Args:
        x: numbers, (N,), float64 or whole numbers (int64).
        d: degree, at least 1.

    Returns:
        The powers in this order, (N, d), float64. No column of ones: `ridge` adds it.
    """
    return _powers(x, d)


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
    return _fit(x, y, d, lam)


def predict(model: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Predictions h of a model, for any x.

    Args:
        model: as `fit` returns it. Its mean and std are those of the training data.
        x: new data, (N,), also a single number (1,).

    Returns:
        h, (N,), float64.
    """
    return _predict(model, x)


def error(model: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    """Error of a model on some data: J = 1/(2N) times the sum of (h - y)^2, without any regularisation term.

    Source: Ng, Machine Learning, "Advice for applying machine learning".
    """
    return _error(model, x, y)


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
    return int(max(degrees))


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
    d = _select(x[train], y[train], x[val], y[val], degrees, lam)
    model = _fit(x[train], y[train], d, lam)
    train_err, val_err, test_err = (_error(model, x[rows], y[rows]) for rows in (train, val, test))
    return {"d": d, "train_err": train_err, "val_err": val_err, "test_err": test_err}
