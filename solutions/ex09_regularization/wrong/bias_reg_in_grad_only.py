"""Regularises the bias in the gradient.

en: g regularises θ0, J does not: the first entry of the gradient has no λ term.
ko: J와 달리 g에서는 θ0을 규제했습니다. 기울기의 첫 원소에는 λ항이 없습니다.
fails: public/test_by_hand, test_bias_gradient, test_keeps_inputs
"""

import numpy as np


def fit_ridge(X: np.ndarray, y: np.ndarray, lam: float) -> np.ndarray:
    """Given, not to be changed: the theta (D,) with the smallest J of `ridge_cost_grad`, for lam >= 0.

    It solves the least squares problem of X with the rows sqrt(lam) * e_j, j >= 1, under it. Where several
    theta are best, which happens for lam = 0 and few examples, it is the shortest of them.
    """
    penalty = np.sqrt(lam) * np.eye(X.shape[1])[1:]
    theta, *_ = np.linalg.lstsq(np.vstack([X, penalty]), np.append(y, np.zeros(len(penalty))), rcond=None)
    return theta


def ridge_cost_grad(theta: np.ndarray, X: np.ndarray, y: np.ndarray, lam: float) -> tuple[float, np.ndarray]:
    """Cost of ridge regression and its gradient.

    J = 1 / (2m) * (sum over i of (X[i] theta - y[i])^2  +  lam * sum over j >= 1 of theta[j]^2)

    Args:
        theta: parameters, (D,). theta[0], the bias, is not regularised.
        X, y: m >= 1 examples, (m, D) and (m,).
        lam: strength of the regularisation, >= 0.

    Returns:
        (J, g): a float, and the gradient of J with respect to theta, (D,).

    Source: Ng, Machine Learning (2011), "Regularized Linear Regression"; Hastie et al., The Elements of
    Statistical Learning (2009), section 3.4.1.
    """
    m = len(y)
    error = X @ theta - y
    weights = np.append(0.0, theta[1:])  # the bias is not regularised
    J = (error @ error + lam * weights @ weights) / (2 * m)
    g = (X.T @ error + lam * theta) / m
    return J, g


def _error(theta: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    """J without regularisation: how far the predictions are off."""
    error = X @ theta - y
    return error @ error / (2 * len(y))


def learning_curve(
    Xtr: np.ndarray, ytr: np.ndarray, Xval: np.ndarray, yval: np.ndarray, lam: float
) -> tuple[np.ndarray, np.ndarray]:
    """Training and validation error for growing training sets.

    For i = 1 … m: fit theta with `fit_ridge` and lam to the first i training examples. Then J_train is
    1 / (2i) * sum of the squared errors on those i examples, and J_cv is 1 / (2k) * sum of the squared errors
    on the whole validation set. Both are errors of predictions: without lam.

    Args:
        Xtr, ytr: m >= 1 training examples, in the order in which they are added.
        Xval, yval: k >= 1 validation examples.
        lam: strength of the regularisation when fitting, >= 0.

    Returns:
        (train_err, val_err), (m,) each; entry i - 1 belongs to i examples.

    Source: Ng, Machine Learning (2011), "Learning Curves".
    """
    train_err, val_err = np.zeros(len(ytr)), np.zeros(len(ytr))
    for i in range(1, len(ytr) + 1):
        theta = fit_ridge(Xtr[:i], ytr[:i], lam)
        train_err[i - 1] = _error(theta, Xtr[:i], ytr[:i])
        val_err[i - 1] = _error(theta, Xval, yval)
    return train_err, val_err


def validation_curve(
    Xtr: np.ndarray, ytr: np.ndarray, Xval: np.ndarray, yval: np.ndarray, lams: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Training and validation error for each lambda, fitted to the whole training set; and the best lambda.

    Args:
        Xtr, ytr, Xval, yval: as for `learning_curve`.
        lams: the candidates, (L,), >= 0, in any order.

    Returns:
        (train_err, val_err, best): the errors J_train and J_cv, as in `learning_curve` without lambda, (L,)
        each, in the order of lams; and the candidate with the smallest J_cv (the first, if several have it),
        a float.

    Source: Ng, Machine Learning (2011), "Regularization and Bias/Variance".
    """
    thetas = [fit_ridge(Xtr, ytr, lam) for lam in lams]
    train_err = np.array([_error(theta, Xtr, ytr) for theta in thetas])
    val_err = np.array([_error(theta, Xval, yval) for theta in thetas])
    return train_err, val_err, float(lams[np.argmin(val_err)])


def diagnose(train_err: float, val_err: float, target: float) -> str:
    """What ails a model whose errors should be at most `target`.

    Returns:
        "bias" if the training error is above the target: the model cannot even fit what it has seen, and that
        is to be mended first; else "variance" if the validation error is above it; else "ok".

    Source: Ng, Machine Learning (2011), "Diagnosing Bias vs. Variance".
    """
    if train_err > target:
        return "bias"
    if val_err > target:
        return "variance"
    return "ok"
