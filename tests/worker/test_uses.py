"""What is forbidden is seen in the source and as it runs; what is not forbidden is left alone."""

import textwrap

import pytest

from grader.core.forbidden import expand
from grader.worker import uses

TORCH = expand(["convolution"], torch=True)


def found(source: str, *entries: str) -> list[tuple[str, int, list[str]]]:
    """(what, line, who comes to it) in the source."""
    names = expand(entries or ["convolution"], torch=True).names
    told = uses.Watch([], [], names, [("sub.py", textwrap.dedent(source).encode())]).told()
    return [(what, line, reached) for one in told for what, _, line, reached in one]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import torch\ny = torch.conv2d(1)", "torch.conv2d"),
        ("import torch.nn.functional as G\ny = G.conv2d(1)", "torch.nn.functional.conv2d"),
        ("from torch.nn import functional\ny = functional.conv1d(1)", "torch.nn.functional.conv1d"),
        ("from torch.nn.functional import conv2d as c", "torch.nn.functional.conv2d"),
        ("from torch import nn\nclass C(nn.Conv2d): pass", "torch.nn.Conv2d"),
        ("import torch\ny = torch.ops.aten.convolution.default(1)", "torch.ops.aten.convolution"),
        ("import torch\nF = torch.nn.functional\nf = F.conv2d", "torch.nn.functional.conv2d"),
        ("import torch\ny = getattr(torch, 'conv2d')(1)", "torch.conv2d"),
        ("import torch\ny = getattr(torch, 'con' + 'v2d')(1)", "torch.conv2d"),
        ("import torch\ny = torch.__dict__['conv2d']", "torch.conv2d"),
        ("import torch\ny = vars(torch)['conv2d']", "torch.conv2d"),
        ("import sys\ny = sys.modules['torch'].conv2d", "torch.conv2d"),
        ("import importlib\ny = importlib.import_module('torch').conv2d", "torch.conv2d"),
        ("from importlib import import_module as i\ny = i('torch.nn').Conv2d", "torch.nn.Conv2d"),
        ("y = __import__('torch').conv2d", "torch.conv2d"),
        ("from torch import *\ny = conv2d(1)", "torch.conv2d"),
        (
            "import torch\nfrom operator import attrgetter\ny = attrgetter('nn.Conv2d')(torch)",
            "torch.nn.Conv2d",
        ),
        ("import torch\nclass A:\n  def __init__(s): s.t = torch\n  def f(s): s.t.conv2d", "torch.conv2d"),
        ("import torch\na, b = torch.relu, torch.conv2d", "torch.conv2d"),
        ("import numpy as np\ny = np.convolve(1, 2)", "numpy.convolve"),
        ("from scipy import signal\ny = signal.convolve2d", "scipy.signal"),
    ],
)
def test_each_way_to_name_it_is_seen(source: str, what: str) -> None:
    """Aliases, assignments, strings that stand in the source."""
    assert what in [one for one, _, _ in found(source)]


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ny = torch.nn.functional.unfold(1)",
        "import torch\nclass Conv2d(torch.nn.Module):\n  pass\nlayer = Conv2d()",
        "def conv2d(x):\n  return x\ny = conv2d(1)",
        "from .helper import conv2d",
        "conv2d = 'torch.conv2d'",
        "import mine\ny = mine.conv2d",
        "def broken(:",
        "x = " + "(" * 300 + "1" + ")" * 300,
    ],
    ids=["unfold", "own_class", "own_function", "own_module", "text", "other_module", "syntax", "deep"],
)
def test_what_is_not_forbidden_is_left_alone(source: str) -> None:
    """A student writes functions of those names: that is the task."""
    assert found(source) == []


def test_who_comes_to_it_is_followed() -> None:
    """By name, through functions and aliases; what does not come to it is not named."""
    source = """
    import numpy as np
    fast = np.convolve
    def one(x):
        return fast(x, x)
    def two(x):
        return one(x)
    def other(x):
        return x
    """

    assert ("numpy.convolve", 3, ["fast", "one", "two"]) in found(source)


def test_an_import_that_nobody_uses_reaches_nobody() -> None:
    """It is told, and takes no points."""
    assert found("from numpy import convolve\ndef f(x):\n  return x") == [("numpy.convolve", 1, ["convolve"])]


def test_ways_to_hide_are_told() -> None:
    """Switching torch's hooks off is named where something of torch's is forbidden."""
    source = "from torch.utils._python_dispatch import _disable_current_modes"

    assert found(source)[0][0] == "torch.utils._python_dispatch._disable_current_modes"
    assert expand(["numpy.convolve"], torch=False).names == ("numpy.convolve",)


def test_only_so_much_is_told() -> None:
    """A file full of it makes no large reply."""
    assert len(found("import torch\n" + "torch.conv2d\n" * 500)) == uses.MAX_TOLD
