"""Torch in a worker: tensors cross and come back, gradients are taken there, nothing is imported late."""

import textwrap
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from grader.core.course import Limits
from grader.core.forbidden import Forbidden
from grader.core.record import Outcome
from grader.judge import Gradients, Mismatch, StudentError, Tensor, gradients, items, tensor
from grader.judge.faults import CheckFault
from grader.judge.proxy import Far, Submission
from grader.judge.transport import Live, Pool
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.protocol import Config
from grader.worker import wire

LIMITS = Limits(call_s=20, check_s=60, import_s=20, total_s=200, memory_mib=1024, reply_mib=8)
HEAD = (
    "import os, sys, threading\nimport numpy as np\nimport torch\nfrom torch import nn\nF = nn.functional\n"
)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Workers with torch for the whole module."""
    pool = Pool(LinuxSandbox(Config(packages=("numpy", "torch"), limits=LIMITS)), LIMITS)
    yield pool
    pool.close()


Load = Callable[..., Submission]


@pytest.fixture
def load(pool: Pool) -> Iterator[Load]:
    """Loads a source into a worker of its own, under watch where something is forbidden."""
    lives: list[Live] = []

    def load(source: str, forbidden: Forbidden | None = None) -> Submission:
        text = HEAD + textwrap.dedent(source)
        live = Live(pool, LIMITS, [("sub.py", text.encode())], 1, forbidden)
        lives.append(live)
        live.begin()
        return Submission(Far(live))

    yield load
    for live in lives:
        live.close()


IDENTITY = "def f(x):\n    return x"


@pytest.mark.parametrize("dtype", wire.TENSOR_DTYPES)
@pytest.mark.parametrize("shape", [(2, 3), (), (0, 3)], ids=["matrix", "scalar", "empty"])
def test_a_tensor_comes_back_as_it_was_sent(load: Load, dtype: str, shape: tuple[int, ...]) -> None:
    """Numbers, shape, dtype and device, of every dtype."""
    sent = tensor(np.arange(6.0)[: int(np.prod(shape))].reshape(shape) % 2, dtype=dtype)

    got = load("def f(x):\n    assert type(x) is torch.Tensor\n    return x").f(x=sent)

    assert isinstance(got, Tensor)
    assert (got.dtype, got.shape, got.device, got.requires_grad) == (dtype, shape, "cpu", False)
    assert got.array is not None
    assert sent.array is not None
    assert got.array.tobytes() == sent.array.tobytes()
    assert not got.array.flags.writeable


def test_what_torch_sees_of_a_tensor(load: Load) -> None:
    """The dtype is torch's, bfloat16 is rounded to even, a gradient is wanted where it says so."""
    f = load("def f(x):\n    return str(x.dtype), x.tolist(), x.requires_grad, x.is_leaf").f

    got = f(x=tensor([1.00390625, 3.0], dtype="bfloat16", requires_grad=True))

    assert got == ("torch.bfloat16", [1.0, 3.0], True, True)


def test_meta_tensors_have_a_shape_and_no_numbers(load: Load) -> None:
    """A tensor of 2 TiB on meta costs nothing."""
    got = load("def f(x):\n    return x @ torch.zeros(3, 2**38, device=x.device)").f(
        x=tensor(np.zeros((2, 3)), dtype="float32", device="meta")
    )

    assert (got.shape, got.device, got.array, got.dtype) == ((2, 2**38), "meta", None, "float32")


@pytest.mark.parametrize(
    ("made", "shape"),
    [
        ("torch.arange(6.).reshape(2, 3).T", (3, 2)),
        ("torch.zeros(1).expand(4)", (4,)),
        ("torch.complex(torch.ones(2), torch.ones(2)).conj()", (2,)),
        ("nn.Parameter(torch.ones(2))", (2,)),
        ("torch.ones(3, requires_grad=True) * 2", (3,)),
        ("torch.ones(2, 2, dtype=torch.bfloat16)[:, 0]", (2,)),
    ],
    ids=["transposed", "expanded", "conjugated", "parameter", "with_graph", "bfloat16_column"],
)
def test_plain_tensors_cross_whatever_their_memory(load: Load, made: str, shape: tuple[int, ...]) -> None:
    """Views and tensors in a graph are copied out."""
    got = load(f"def f():\n    return {made}").f()

    assert isinstance(got, Tensor)
    assert got.shape == shape


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ("torch.eye(3).to_sparse()", "sparse_coo tensor"),
        ("torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)", "quantized tensor"),
        ("torch.ones(2).as_subclass(type('Mine', (torch.Tensor,), {}))", "Mine, a subclass of torch.Tensor"),
        ("nn.UninitializedParameter()", "a subclass of torch.Tensor"),
    ],
    ids=["sparse", "quantized", "subclass", "lazy"],
)
def test_odd_tensors_do_not_cross(load: Load, made: str, words: str) -> None:
    """The student is told what to return."""
    with pytest.raises(Mismatch, match=words) as caught:
        load(f"def f():\n    return {made}").f()

    assert "dense torch.Tensor" in caught.value.message.en


def test_a_huge_view_is_refused_before_it_is_copied(load: Load) -> None:
    """One number, seen a million million times."""
    with pytest.raises(CheckFault) as caught:
        load("def f():\n    return torch.zeros(1).expand(2**20, 2**20)").f()

    assert caught.value.outcome is Outcome.OUTPUT_LIMIT


def test_too_much_memory_is_the_limits_doing(load: Load) -> None:
    """Torch says it with an exception of its own."""
    with pytest.raises(CheckFault) as caught:
        load("def f():\n    return torch.ones(2**34).sum()").f()

    assert caught.value.outcome is Outcome.OUT_OF_MEMORY


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        ("x.mul_(2)", ["x"]),
        ("x[0] = 5; w.add_(1)", ["w", "x"]),
        ("x.data = w", ["x"]),
        ("x.unsqueeze_(0)", []),
        ("x * 2", []),
    ],
    ids=["in_place", "both", "data", "only_its_shape", "not_at_all"],
)
def test_a_changed_input_is_noticed(load: Load, body: str, changed: list[str]) -> None:
    """By its numbers, whichever way they were changed."""
    submission = load(f"def f(a, x, w):\n    {body}\n    return 1")

    submission.f(a=np.ones(2), x=tensor([1.0, 2.0]), w=tensor([3.0, 4.0], dtype="bfloat16"))

    assert sorted(name for _, name in submission.mutations()) == changed


CONV = """
def conv(x, w):
    return F.conv2d(x, w)

def two(x, h):
    out = torch.tanh(x + h)
    return out, out[:, -1]

class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 2).double()
        self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)

    def forward(self, x):
        return self.inner(x) * self.frozen

def cut(x):
    return (x * 2).detach()

def half_cut(x, w):
    return x * 2 + w.detach()

def as_numpy(x):
    return x.detach().numpy()

def short(x):
    return x[1:]
"""


def test_gradients_are_those_of_the_formula(load: Load) -> None:
    """Of a sum over windows: each is the upstream gradient times the other factor."""
    x, w = np.arange(9.0).reshape(1, 1, 3, 3), np.array([[[[2.0]]]])
    dy = np.arange(9.0)[::-1].reshape(1, 1, 3, 3).copy()

    got = gradients(load(CONV).conv, {"x": tensor(x), "w": tensor(w)}, tensor(dy))

    assert isinstance(got, Gradients)
    assert np.array_equal(numbers(got.output), 2 * x)
    assert np.array_equal(numbers(got.inputs["x"]), 2 * dy)
    assert numbers(got.inputs["w"]).item() == (dy * x).sum()


def numbers(value: Any) -> np.ndarray:
    """The numbers of a tensor."""
    assert isinstance(value, Tensor)
    assert value.array is not None
    return value.array


def test_gradients_of_several_outputs(load: Load) -> None:
    """Each output has an upstream gradient, or none."""
    x, h = tensor(np.ones((2, 3))), tensor(np.zeros((2, 3)))
    one, last = tensor(np.ones((2, 3))), tensor(np.ones(2))
    two = load(CONV).two

    both = gradients(two, {"x": x, "h": h}, (one, last), of=["x"])
    only = gradients(two, {"x": x, "h": h}, (None, last))

    slope = 1 - np.tanh(1) ** 2
    assert list(both.inputs) == ["x"]
    assert np.allclose(numbers(both.inputs["x"]), slope * np.array([1, 1, 2]))
    assert np.allclose(numbers(only.inputs["h"]), slope * np.array([0, 0, 1]))


def test_gradients_of_a_module(load: Load) -> None:
    """By the names of its parameters; those that want none have none."""
    layer = load(CONV).Layer()
    layer.load_state_dict(
        {
            "inner.weight": tensor(np.ones((2, 3))),
            "inner.bias": tensor(np.zeros(2)),
            "frozen": tensor(np.ones(2), dtype="float32"),
        }
    )

    got = gradients(layer, {"x": tensor([[1.0, 2.0, 3.0]])}, tensor([[1.0, 10.0]]))

    assert sorted(got.parameters) == ["inner.bias", "inner.weight"]
    assert np.array_equal(numbers(got.parameters["inner.weight"]), [[1, 2, 3], [10, 20, 30]])
    assert np.array_equal(numbers(got.inputs["x"]), [[11, 11, 11]])


def test_a_result_without_a_graph_is_told(load: Load) -> None:
    """In both languages, and with a key that a known mistake can be compared by."""
    with pytest.raises(Mismatch, match="cut off from the inputs") as caught:
        gradients(load(CONV).cut, {"x": tensor([1.0])}, tensor([1.0]))

    assert caught.value.outcome is Outcome.FAILED
    assert caught.value.key == ("no_graph", "the output does not require grad and does not have a grad_fn")


def test_an_input_without_a_gradient_has_none(load: Load) -> None:
    """Torch says nothing there, and neither do we."""
    got = gradients(load(CONV).half_cut, {"x": tensor([1.0]), "w": tensor([1.0])}, tensor([1.0]))

    assert got.inputs["w"] is None
    assert numbers(got.inputs["x"]).item() == 2.0


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("as_numpy", r"expected a tensor of shape \(2,\), got an array .* Return a torch.Tensor"),
        ("short", r"expected shape \(2,\), got \(1,\)"),
    ],
)
def test_an_output_of_another_kind_is_told(load: Load, function: str, words: str) -> None:
    """What it is, and what was asked for."""
    with pytest.raises(Mismatch, match=words):
        gradients(getattr(load(CONV), function), {"x": tensor([1.0, 2.0])}, tensor([1.0, 1.0]))


def test_a_module_is_a_handle(load: Load) -> None:
    """Made, called, moved, asked for its parameters and its state."""
    layer = load("class Layer(nn.Linear):\n    pass").Layer(3, 2)

    names = [name for name, value in layer.named_parameters() if value.requires_grad]
    state = layer.double().eval().state_dict()
    moved = layer.to("meta")

    assert names == ["weight", "bias"]
    assert layer.training is False
    assert {name: (value.shape, value.dtype) for name, value in state.items()} == {
        "weight": ((2, 3), "float64"),
        "bias": ((2,), "float64"),
    }
    assert moved(tensor(np.zeros((1, 3)), device="meta")).device == "meta"
    assert layer.weight.device == "meta"


def test_code_for_one_device_is_no_unwritten_part(load: Load) -> None:
    """Torch raises NotImplementedError where numbers are asked of a tensor on meta."""
    source = "def f(x):\n    y = torch.zeros(2)\n    y[:] = x\n    return y"
    with pytest.raises(StudentError, match="one device only") as caught:
        load(source).f(x=tensor(np.zeros(2), dtype="float32", device="meta"))

    assert caught.value.type_name == "NotImplementedError"


def test_random_numbers_are_those_of_the_check(load: Load) -> None:
    """The same call of the same check draws the same in another worker; the next call draws others."""
    draws = []
    for _ in range(2):
        submission = load("def f():\n    return torch.rand(3)")
        submission._far.seed = 7
        draws.append([submission.f().array.tolist() for _ in range(2)])

    assert draws[0] == draws[1]
    assert draws[0][0] != draws[0][1]


EVERYTHING = """
def everything():
    before = set(sys.modules)
    x = torch.randn(2, 3, 8, 8, requires_grad=True)
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.BatchNorm2d(4), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 5)
    )
    for optimizer in (torch.optim.SGD(net.parameters(), lr=0.1), torch.optim.Adam(net.parameters())):
        optimizer.zero_grad()
        F.cross_entropy(net(x), torch.tensor([1, 2])).backward()
        optimizer.step()
    nn.RNN(3, 4)(torch.zeros(2, 5, 3))[0].sum().backward()
    nn.LSTM(3, 4)(torch.zeros(2, 5, 3))[0].backward(torch.zeros(2, 5, 4))
    nn.MultiheadAttention(4, 2)(*[torch.zeros(2, 3, 4)] * 3)
    nn.Conv2d(3, 4, 3).to("meta")(torch.zeros(1, 3, 8, 8, device="meta"))
    torch.einsum("ij,jk", torch.zeros(2, 3, device="meta"), torch.zeros(3, 2, device="meta"))
    F.unfold(torch.zeros(1, 1, 3, 3, device="meta"), 2)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.zeros(4, 2)), 2, shuffle=True)
    next(iter(loader))
    net.load_state_dict(net.double().state_dict())
    torch.linalg.svd(torch.eye(3))
    torch.fft.fft(torch.zeros(3))
    repr(x), str(net)
    try:
        torch.zeros(2, 3) @ torch.zeros(2, 3)
    except RuntimeError:
        pass
    return sorted(set(sys.modules) - before)
"""


def test_nothing_is_imported_late(load: Load) -> None:
    """What torch imports on first use, the fork server has imported."""
    assert load(EVERYTHING).everything() == []


def test_the_parent_has_one_thread_and_the_child_may_have_more(load: Load) -> None:
    """Operators large enough for OpenMP, and a backward, do not hang after the fork."""
    source = """
    def f():
        one = len(os.listdir("/proc/self/task"))
        torch.set_num_threads(2)
        x = torch.randn(600, 600, requires_grad=True)
        (x @ x).relu().sum().backward()
        F.conv2d(torch.randn(2, 8, 64, 64), torch.randn(8, 8, 3, 3))
        return one, len(os.listdir("/proc/self/task")) > 1
    """
    assert load(source).f() == (1, True)


def test_a_child_is_ready_soon(load: Load) -> None:
    """Nothing of torch is imported anew: far below the second that this takes."""
    load(IDENTITY).f(x=1)  # the server has started
    start = time.monotonic()

    assert load(IDENTITY).f(x=2) == 2

    assert time.monotonic() - start < 1.0


FORBIDDEN = Forbidden(operators=("*.*convolution*", "*.*conv[0-9]d*"), functions=("torch.rnn_tanh",))
USES = """
def plain(x, w):
    return F.conv2d(x, w)

def threaded(x, w):
    out = []
    thread = threading.Thread(target=lambda: out.append(F.conv2d(x, w)))
    thread.start()
    thread.join()
    return out[0]

def pooled(x, w):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(F.conv2d, x, w).result()

def module(x, w):
    return nn.Conv2d(1, 1, 2)(x)

def inference(x, w):
    with torch.inference_mode():
        return torch.conv2d(x, w).clone()

def on_meta(x, w):
    return F.conv2d(x.to("meta"), w.to("meta"))

class Backward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        return g + F.conv2d(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2)).sum()

def in_backward(x, w):
    return Backward.apply(x)

def modes_off(x, w):
    from torch.utils._python_dispatch import _disable_current_modes
    with _disable_current_modes():
        return F.conv2d(x, w)

def dispatch_off(x, w):
    with torch._C._DisableTorchDispatch():
        return F.conv2d(x, w)

def scripted(x, w):
    return torch.jit.trace(F.conv2d, (x, w))(x, w)

def whole_rnn(x, w):
    return nn.RNN(3, 4)(torch.zeros(2, 3, 3))[0]

def raises(x, w):
    F.conv2d(x, w)
    raise ValueError("after it")

def unfolds(x, w):
    return F.unfold(x, 2)
"""


def seen(submission: Submission, name: str) -> list[str]:
    """What a call of `name` is said to have used."""
    far = submission._far
    far.begin()
    x, w = tensor(np.ones((1, 1, 3, 3)), dtype="float32"), tensor(np.ones((1, 1, 2, 2)), dtype="float32")
    try:
        if name == "in_backward":
            gradients(submission.in_backward, {"x": x, "w": w}, x, of=["x"])
        else:
            getattr(submission, name)(x=x, w=w)
    except StudentError:
        pass
    return [use.what for exchange in far.trace for use in exchange.uses]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("plain", "aten.convolution"),
        ("threaded", "aten.convolution"),
        ("pooled", "aten.convolution"),
        ("module", "aten.convolution"),
        ("inference", "aten.convolution"),
        ("on_meta", "aten.convolution"),
        ("in_backward", "aten.convolution"),
        ("modes_off", "aten.convolution"),
        ("dispatch_off", "aten.convolution"),
        ("scripted", "aten.convolution"),
        ("whole_rnn", "torch.rnn_tanh"),
        ("raises", "aten.convolution"),
    ],
)
def test_an_operation_is_seen_as_it_runs(load: Load, name: str, what: str) -> None:
    """Whatever called it: a module, a thread, a backward, code that raises afterwards."""
    assert what in seen(load(USES, FORBIDDEN), name)


def test_other_operations_are_not_told(load: Load) -> None:
    """Nor is a call blamed for the one before it."""
    submission = load(USES, FORBIDDEN)

    assert seen(submission, "plain") != []
    assert seen(submission, "unfolds") == []


def test_the_line_is_the_students(load: Load) -> None:
    """Where the operation was called from, through all of torch's own frames."""
    submission = load(USES, FORBIDDEN)
    seen(submission, "module")

    lines = {use.line for use in submission._far.trace[0].uses}

    assert [(HEAD + USES).splitlines()[line - 1] for line in lines] == ["    return nn.Conv2d(1, 1, 2)(x)"]


def test_what_stands_in_the_source_is_known_when_a_worker_has_died(load: Load) -> None:
    """It is read once; what runs is seen in the next worker, too."""
    source = "def f(x):\n    return torch.conv2d(x, x)\ndef dies():\n    os._exit(1)"
    submission = load(source, Forbidden(operators=("*.*convolution*",), names=("torch.conv2d",)))
    live = submission._far.transport
    assert isinstance(live, Live)
    with pytest.raises(CheckFault):
        submission.dies()
    before = list(live.uses)

    submission.f(x=tensor(np.ones((1, 1, 2, 2)), dtype="float32"))

    assert live.generation == 2
    assert [use.what for use in before] == ["torch.conv2d"]
    assert list(live.uses) == before
    assert [use.what for use in submission._far.trace[-1].uses] == ["aten.convolution"]


def test_all_items_come_in_one_go(load: Load) -> None:
    """Of a handle, or of anything else."""
    submission = load(
        "def f():\n    return nn.Linear(1, 2)\ndef g():\n    yield 1\n    raise ValueError('no')"
    )
    layer = submission.f()
    before = len(submission._far.trace)

    found = dict(items(layer.named_parameters()))

    assert {name: value.shape for name, value in found.items()} == {"weight": (2, 1), "bias": (2,)}
    assert len(submission._far.trace) - before == 3  # the attribute, the call, its items
    assert items((1, 2)) == [1, 2]
    with pytest.raises(StudentError, match="no"):
        items(submission.g())
