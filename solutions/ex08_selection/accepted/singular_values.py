"""Ridge by singular values of the centred features; rows sorted by random keys; powers by cumprod."""

from collections.abc import Sequence

import numpy as np


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
    keys = np.random.default_rng(seed).random(n)
    order = np.argsort(keys)
    n_val, n_test = (int(np.floor(f * n)) for f in fractions[1:])
    return order[n_val + n_test :], order[n_test : n_val + n_test], order[:n_test]


def poly_features(x: np.ndarray, d: int) -> np.ndarray:
    """Powers of x: the columns x, x^2, ..., x^d.

    Args:
        x: numbers, (N,), float64 or whole numbers (int64).
        d: degree, at least 1.

    Returns:
        The powers in this order, (N, d), float64. No column of ones: `ridge` adds it.
    """
    repeated = np.repeat(np.array(x, dtype=np.float64)[:, np.newaxis], d, axis=1)
    return np.cumprod(repeated, axis=1)


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
    mean, std = np.mean(features, 0), np.std(features, 0)
    # The columns are centred, so theta_0 is the mean of y and the others do not depend on it.
    U, s, Vt = np.linalg.svd((features - mean) / std, full_matrices=False)
    slopes = Vt.T @ (s / (s**2 + lam) * (U.T @ (y - np.mean(y))))
    return {"mean": mean, "std": std, "theta": np.concatenate([[np.mean(y)], slopes])}


def predict(model: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Predictions h of a model, for any x.

    Args:
        model: as `fit` returns it. Its mean and std are those of the training data.
        x: new data, (N,), also a single number (1,).

    Returns:
        h, (N,), float64.
    """
    slopes = model["theta"][1:] / model["std"]
    intercept = model["theta"][0] - slopes @ model["mean"]
    return intercept + np.einsum("nk,k->n", poly_features(x, len(slopes)), slopes)


def error(model: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    """Error of a model on some data: J = 1/(2N) times the sum of (h - y)^2, without any regularisation term.

    Source: Ng, Machine Learning, "Advice for applying machine learning".
    """
    return 0.5 * np.var(predict(model, x) - y) + 0.5 * np.mean(predict(model, x) - y) ** 2


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
    errors = np.array([error(fit(xtr, ytr, d, lam), xval, yval) for d in degrees])
    return np.asarray(degrees)[errors == errors.min()][0]


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
    models = {d: fit(x[sets[0]], y[sets[0]], d, lam) for d in degrees}
    table = {d: [error(models[d], x[rows], y[rows]) for rows in sets[:2]] for d in degrees}
    d = sorted(degrees, key=lambda d: table[d][1])[0]
    names = dict(zip(("train_err", "val_err"), table[d], strict=True))
    return {"d": int(d), **names, "test_err": error(models[d], x[sets[2]], y[sets[2]])}
