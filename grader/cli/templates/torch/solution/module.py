"""An affine layer on tensors, on any device: each output is a weighted sum of the inputs, plus a bias."""

from torch import Tensor


def affine(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Outputs of the layer for every sample: y = x w + b.

    Args:
        x: samples, one in each row, (N, D), of any floating-point dtype, on any device.
        w: weights, (D, M), dtype and device of x.
        b: biases, (M,), dtype and device of x.

    Returns:
        Outputs, (N, M), dtype and device of x. Gradients flow to x, w and b; the inputs are not changed.

    Source: Goodfellow et al., Deep Learning (2016), section 6.1.
    """
    # BEGIN SOLUTION
    return x @ w + b
    # END SOLUTION
