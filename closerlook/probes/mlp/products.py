"""Matrix products in float32, by the library that is fastest for their size.

On AMD processors, MKL, which torch multiplies matrices with, reaches half the speed of oneDNN, which torch also has;
on Intel's they are equal. For small matrices oneDNN takes too long to start.
"""

import torch

LARGE = 64 * 128  # entries of the smaller matrix from which oneDNN is faster
_LINEAR = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if torch.backends.mkldnn.is_available() else None


def product(a, b):
    """The product of two matrices, (m, k) and (k, n), either of which may be a transposed view."""
    if _LINEAR is None or a.is_cuda or a.numel() < LARGE:
        return torch.mm(a, b)
    return _LINEAR(a, b.T, None, "none", [], "")


def products(a, b):
    """The products of g pairs of matrices, (g, m, k) and (g, k, n)."""
    if _LINEAR is None or a.is_cuda or a[0].numel() < LARGE:
        return torch.bmm(a, b)
    return product(a[0], b[0])[None] if len(a) == 1 else torch.stack([product(x, y) for x, y in zip(a, b)])
