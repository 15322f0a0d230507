"""Public checks of ex16: the examples of the task. They are worth no points and find only some mistakes."""

import pytest

from grader.judge import assert_close, assert_tensor, assert_varies, fail, gradients, items, tensor

CELL = {
    "weight_ih": tensor([[0.5, 0.25], [-1.0, 0.5]], dtype="float32"),
    "weight_hh": tensor([[1.0, 0.5], [0.0, -1.0]], dtype="float32"),
    "bias_ih": tensor([-0.5, 0.0], dtype="float32"),
    "bias_hh": tensor([0.0, -1.0], dtype="float32"),
}
LAYER = {
    "weight_ih_l0": tensor([[1.0]], dtype="float32"),
    "weight_hh_l0": tensor([[0.5]], dtype="float32"),
    "bias_ih_l0": tensor([0.0], dtype="float32"),
    "bias_hh_l0": tensor([0.0], dtype="float32"),
}
X = tensor([[[1.0], [0.0]]], dtype="float32")


@pytest.mark.title(en="Names of the parameters", ko="파라미터의 이름")
@pytest.mark.parametrize(("kind", "state"), [("RNNCell", CELL), ("RNN", LAYER)], ids=["cell", "layer"])
def test_names(submission, kind, state):
    """Those of torch's, without which no state_dict loads."""
    layer = getattr(submission, kind)(n_in=2, n_hidden=2)

    found = dict(items(layer.named_parameters()))

    if set(found) != set(state):
        has, asked = ", ".join(found)[:160] or "-", ", ".join(state)
        fail(
            f"{kind} has the parameters {has}; expected {asked}.",
            f"{kind}의 파라미터: {has}. {asked}이어야 합니다.",
        )
    for name, value in found.items():
        assert_tensor(value, (2,) * len(state[name].shape), dtype="float32", name=name)
        assert_varies(value, name=name)


@pytest.mark.title(en="The worked example: one step", ko="손으로 계산한 예: 한 단계")
def test_step(submission):
    """The first worked example of the task: z = (0.5, -1)."""
    cell = submission.RNNCell(n_in=2, n_hidden=2)
    cell.load_state_dict(CELL)

    got = cell(x=tensor([[1.0, 2.0]], dtype="float32"))

    assert_close(got, tensor([[0.46211715726, -0.76159415596]], dtype="float32"), name="h")


@pytest.mark.title(en="The worked example: two steps", ko="손으로 계산한 예: 두 단계")
def test_two_steps(submission):
    """The second worked example of the task: tanh(1), then tanh(0.5 tanh(1))."""
    layer = submission.RNN(n_in=1, n_hidden=1)
    layer.load_state_dict(LAYER)

    got = layer(x=X)

    want = ([[[0.76159415596], [0.36339948439]]], [[0.36339948439]])
    assert_close(got, tuple(tensor(one, dtype="float32") for one in want), name=("out", "h_T"))


@pytest.mark.title(en="The worked example: gradients of h_T", ko="손으로 계산한 예: h_T의 기울기")
def test_gradients(submission):
    """The third worked example of the task."""
    layer = submission.RNN(n_in=1, n_hidden=1)
    layer.load_state_dict(LAYER)

    got = gradients(layer, {"x": X}, (None, tensor([[1.0]], dtype="float32")))

    want = {
        "x": (got.inputs, [[[0.18225643612], [0.86794081475]]]),
        "weight_ih_l0": (got.parameters, [[0.18225643612]]),
        "weight_hh_l0": (got.parameters, [[0.66101865223]]),
        "bias_ih_l0": (got.parameters, [1.05019725086]),
        "bias_hh_l0": (got.parameters, [1.05019725086]),
    }
    for name, (found, numbers) in want.items():
        if found.get(name) is None:
            fail(f"No gradient arrives at {name}.", f"{name}에 기울기가 도달하지 않습니다.")
        assert_close(found[name], tensor(numbers, dtype="float32"), name=f"gradient of {name}")


@pytest.mark.device("meta")
@pytest.mark.title(en="Shapes only: a layer on the meta device", ko="모양만 계산하기: meta 장치의 층")
def test_meta(submission, device):
    """On `meta` tensors have no numbers; code that follows x's device runs there all the same."""
    layer = submission.RNN(n_in=1, n_hidden=3).to(device)

    got = layer(x=tensor(X.array, device=device))

    if type(got) is not tuple or len(got) != 2:
        fail("Return the tuple (out, h_T).", "튜플 (out, h_T)를 반환하세요.")
    assert_tensor(got[0], (1, 2, 3), dtype="float32", device=device, name="out")
    assert_tensor(got[1], (1, 3), dtype="float32", device=device, name="h_T")
    out, last = submission.RNN(n_in=1, n_hidden=16)(x=X)
    assert_varies(out, name="out on the CPU")
    assert_varies(last, name="h_T on the CPU")
