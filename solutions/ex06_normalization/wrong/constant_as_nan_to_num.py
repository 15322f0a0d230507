"""Divides by 0 and replaces what is not a number.

en: np.nan_to_num turns 0/0 into 0 but x/0 into 1.8e308: return 1 for a std of 0, and nothing needs to be replaced.
ko: np.nan_to_num은 0/0을 0으로 바꾸지만 x/0은 1.8e308로 바꿉니다. std가 0인 곳을 1로 반환하면 바꿀 것이 없습니다.
fails: public/test_fit_by_hand, test_constant_stats*, test_all_constant, test_fit_single_row,
  test_constant_standardized
includes: constant_nan
"""

import numpy as np


def fit_standardizer(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each feature of the training set.

    mean[d] = 1/N sum over n of X[n,d], and std[d] = sqrt(1/N sum over n of (X[n,d] - mean[d])^2): the sum is
    divided by N, not by N - 1. Where a feature is constant its std would be 0; it is 1 there.

    Args:
        X: the training set, (N, D) with N >= 1. A mean may be far larger than the std beside it, 1e5 times.

    Returns:
        The tuple (mean, std), both of shape (D,); every std is greater than 0.

    Source: LeCun et al. (1998), Efficient BackProp, section 4.3.
    """
    return X.mean(axis=0), X.std(axis=0)


def standardize(X: np.ndarray, stats: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Standardised features Z = (X - mean) / std.

    Args:
        X: any samples with the features of the training set, (N, D): the training set itself, the test set,
            a single row. Each row is treated as if it were alone.
        stats: the tuple (mean, std) of the training set, as `fit_standardizer` returns it.

    Returns:
        Z, (N, D).

    Source: LeCun et al. (1998), Efficient BackProp, section 4.3.
    """
    mean, std = stats
    with np.errstate(all="ignore"):
        return np.nan_to_num((X - mean) / std)


def inverse(Z: np.ndarray, stats: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The samples in their own units again: the X whose `standardize(X, stats)` is Z.

    Args:
        Z: standardised samples, (N, D).
        stats: the tuple (mean, std) of the training set, as `fit_standardizer` returns it.

    Returns:
        X, (N, D).
    """
    mean, std = stats
    return Z * std + mean


def steps_to_converge(X: np.ndarray, y: np.ndarray, lr: float, max_steps: int = 10_000) -> int:
    """Given, for you to experiment with: how many steps gradient descent takes on a linear model.

    The model is w_0 + sum over d of w_d X[n,d], its loss 1/(2N) times the sum of the squared errors, and w
    starts at zero. It has converged when its mean squared error is at most 1 % of the variance of y above
    that of the best linear model.

    Args:
        X: features, (N, D).
        y: what is to be predicted, (N,).
        lr: learning rate.
        max_steps: where to stop.

    Returns:
        The number of steps; max_steps if it did not converge, or diverged.
    """
    A = np.column_stack([np.ones(len(X)), X])
    w = np.zeros(A.shape[1])
    w_best = np.linalg.lstsq(A, y, rcond=None)[0]
    enough = np.mean((A @ w_best - y) ** 2) + 0.01 * np.var(y)
    with np.errstate(all="ignore"):  # a learning rate that is too large diverges, up to infinity
        for step in range(max_steps):
            error = A @ w - y
            if np.mean(error**2) <= enough:
                return step
            w = w - lr * (A.T @ error) / len(y)
    return max_steps
