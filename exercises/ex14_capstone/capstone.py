"""A small image classifier from your own parts, in NumPy.

Images (N, 1, 12, 12), float64, grey values around 4000; labels (N,), int64, from 0 to CLASSES - 1. All
randomness comes from the generators that are given. No function changes the arrays that it is given.
"""

import numpy as np

CLASSES = 4


def build(rng: np.random.Generator) -> "Classifier":
    """A new classifier, not trained yet.

    Args:
        rng: generator for the initial weights.
    """
    raise NotImplementedError("build is not written yet")


class Classifier:
    """What `build` returns. Give it all the attributes, and the module all the functions, that you need."""

    def __init__(self, rng: np.random.Generator) -> None:
        """Random initial weights, such that all classes are about equally probable at first."""
        raise NotImplementedError("__init__ is not written yet")

    def fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        Xval: np.ndarray,
        yval: np.ndarray,
        rng: np.random.Generator,
        max_steps: int,
    ) -> list[float]:
        """Train by mini-batches, and keep the weights that are best on the validation data.

        The accuracy on (Xval, yval) is measured before the first step, at least every 10 steps and after the
        last one; the classifier ends with the weights of the best of these moments. For nothing else is
        (Xval, yval) used.

        Args:
            X, y: training images (N, 1, 12, 12) and labels (N,), in any order, N >= 10.
            Xval, yval: validation images and labels.
            rng: generator for all randomness of the training.
            max_steps: number of steps to take; a step is one update of the weights.

        Returns:
            The loss of each step, a list of max_steps floats: mean cross-entropy of the step's mini-batch
            before the update.
        """
        raise NotImplementedError("fit is not written yet")

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The most probable class of each image.

        What is said of an image does not depend on the other images of the call, nor on earlier calls.

        Args:
            X: images (N, 1, 12, 12).

        Returns:
            Labels (N,), integers.
        """
        raise NotImplementedError("predict is not written yet")
