"""Hidden suite of ex16: the RNN cell and layer as modules with the parameters of torch's.

N, T, D and H differ wherever a wrong axis could hide behind equal sizes; all parameters are loaded, random and not 0,
and both biases differ. Most inputs are float32, as a torch program has them, so that code which is right but fixed
to float32 loses the checks of float64 alone. Each check runs on the suite's device; those on `meta` catch
code that works on one device only, without a GPU.
"""

import dataclasses

import numpy as np
import pytest

from grader.judge import (
    assert_close,
    assert_gradients,
    assert_speed,
    assert_tensor,
    assert_unchanged,
    assert_varies,
    fail,
    gradients,
    items,
    tensor,
)

STATES = ("sample", "time", "unit")
STATE = ("sample", "unit")
CELL = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")

step = pytest.mark.group("step", points=20, en="One step", ko="한 단계")
default = pytest.mark.group("default", points=15, en="The state to begin with", ko="처음 상태")
sequence = pytest.mark.group("sequence", points=20, en="Whole sequence", ko="전체 시퀀스")
through_time = pytest.mark.group(
    "through_time", points=20, en="Gradients through time", ko="시간에 따른 기울기"
)
exchange = pytest.mark.group(
    "state_dict", points=15, en="Parameters and state_dict", ko="파라미터와 state_dict"
)
edges = pytest.mark.group("edges", points=10, en="Lengths, dtypes, devices", ko="길이, dtype, 장치")


def case(*values, id, en, ko):
    """One parametrized case with a readable id and its own title."""
    return pytest.param(*values, id=id, marks=pytest.mark.title(en=en, ko=ko))


def parameters(rng, d, h, device, dtype="float32", suffix="", *, bias=True):
    """A state_dict. The spectral norm of W_hh is 0.9, so that sequences are not chaotic.

    Without `bias` both are 0: so that a mistake about them costs nothing where something else is asked.
    """
    square = rng.standard_normal((h, h))
    numbers = {
        "weight_ih": rng.standard_normal((h, d)),
        "weight_hh": 0.9 * square / np.linalg.norm(square, ord=2),
        "bias_ih": rng.choice([-1.0, 1.0], h) * rng.uniform(0.2, 0.8, h),
        "bias_hh": rng.choice([-1.0, 1.0], h) * rng.uniform(0.2, 0.8, h),
    }
    if not bias:
        numbers["bias_ih"] = numbers["bias_hh"] = np.zeros(h)
    return {name + suffix: tensor(value, dtype=dtype, device=device) for name, value in numbers.items()}


def draw(rng, device, *shape, dtype="float32"):
    """Random numbers of a normal distribution."""
    return tensor(rng.standard_normal(shape), dtype=dtype, device=device)


def refuse_names(found, names):
    """End the check: the registered parameters are others."""
    has = ", ".join(sorted(found))[:160] or "-"
    fail(
        en=f"Registered parameters: {has}; expected {', '.join(names)}. Assign an nn.Parameter to each of these "
        "names of self.",
        ko=f"등록된 파라미터: {has}. {', '.join(names)}이어야 합니다. self의 이 이름마다 nn.Parameter를 대입하세요.",
    )


def own_names(found, names):
    """For each of our names that of the submission's: the same, or the only one that says as much.

    So a parameter called cell.weight_ih or ih.weight costs points where names are asked about, and there alone.
    None where there is no such name.
    """
    if set(found) == set(names):
        return {name: name for name in names}
    own = {}
    for name in names:
        what, where, *_ = name.split("_")  # weight or bias, ih or hh
        alike = [one for one in found if what in one and where in one]
        if len(alike) == 1:
            own[name] = alike[0]
    return own if len(set(own.values())) == len(names) else None


def registered(layer, names, *, exactly=False):
    """The parameters of a module by our names."""
    found = dict(items(layer.named_parameters()))
    own = own_names(found, names)
    if own is None or (exactly and set(found) != set(names)):
        refuse_names(found, names)
    return {name: found[own[name]] for name in names}


def new(source, kind, state):
    """A cell or a layer for this state: of its sizes, in its dtype, on its device."""
    weight = state["weight_ih" if kind == "RNNCell" else "weight_ih_l0"]
    h, d = weight.shape
    made = getattr(source, kind)(n_in=d, n_hidden=h)
    if weight.dtype == "float64":
        made = made.double()
    return made if weight.device == "cpu" else made.to(weight.device)


def loaded(source, kind, state, *, strict=False):
    """A cell or a layer with this state, whatever its names are.

    Unless `strict` a buffer too many or another name is no matter: those are asked about in one place only.
    """
    made = new(source, kind, state)
    names = [name for name, _ in items(made.named_parameters())]
    own = own_names(names, state)
    if own is None or (strict and set(names) != set(state)):
        refuse_names(names, state)  # says more than load_state_dict would
    made.load_state_dict({own[name]: value for name, value in state.items()}, strict=strict)
    return made


def reference_with(reference, kind, state):
    """The same of the reference, whose names are ours: fewer questions."""
    made = new(reference, kind, state)
    made.load_state_dict(state)
    return made


def cells(submission, reference, state):
    """The submission's cell and the reference's."""
    return loaded(submission, "RNNCell", state), reference_with(reference, "RNNCell", state)


def layers(submission, reference, state):
    """The submission's layer and the reference's."""
    return loaded(submission, "RNN", state), reference_with(reference, "RNN", state)


def check_pair(got, want):
    """(out, h_T) of a layer; a message of its own if it is no pair."""
    if type(got) is not tuple or len(got) != 2:
        fail(en="RNN must return the tuple (out, h_T).", ko="RNN은 튜플 (out, h_T)를 반환해야 합니다.")
    for one, other, name, axes in zip(got, want, ("out", "h_T"), (STATES, STATE), strict=True):
        assert_close(one, other, name=name, axes=axes)


def check_varies(got):
    """What a cell or a layer answers is no constant: on meta there are no numbers, and a state_dict is no answer."""
    for one, name in zip(got if isinstance(got, tuple) else (got,), ("out", "h_T"), strict=False):
        assert_varies(one, name=name)


@step
@pytest.mark.title(
    en="A step from a zero state: N={n}, D={d}, H={h}", ko="상태 0에서 한 단계: N={n}, D={d}, H={h}"
)
@pytest.mark.parametrize(("n", "d", "h"), [(3, 2, 4), (2, 3, 1)], ids=["usual", "one_unit"])
def test_step_from_zero(submission, reference, rng, device, n, d, h):
    """Follows the formula when there is no past."""
    got, want = cells(submission, reference, parameters(rng, d, h, device))
    given = {"x": draw(rng, device, n, d), "h": tensor(np.zeros((n, h)), dtype="float32", device=device)}

    assert_close(got(**given), want(**given), name="h", axes=STATE)


@step
@pytest.mark.title(en="A step from a state that is not zero", ko="0이 아닌 상태에서 한 단계")
def test_step_from_state(submission, reference, rng, device):
    """The state goes through the transpose of W_hh."""
    got, want = cells(submission, reference, parameters(rng, 2, 4, device))
    given = {"x": draw(rng, device, 3, 2), "h": draw(rng, device, 3, 4)}

    assert_close(got(**given), want(**given), name="h", axes=STATE)


@step
@pytest.mark.title(en="A step stays finite for inputs of size 10⁴", ko="크기가 10⁴인 입력에서도 유한한 상태")
def test_step_saturated(submission, reference, rng, device):
    """Where exp alone would overflow, the state is -1 or 1."""
    state = parameters(rng, 1, 4, device)
    state["weight_ih"] = tensor([[1.0], [-1.0], [0.5], [-0.5]], dtype="float32", device=device)
    got, want = cells(submission, reference, state)
    given = {
        "x": tensor(rng.uniform(1e4, 2e4, (3, 1)), dtype="float32", device=device),
        "h": draw(rng, device, 3, 4),
    }

    assert_close(got(**given), want(**given), name="h", axes=STATE)


@step
@pytest.mark.title(en="A step leaves its inputs alone", ko="한 단계는 입력을 바꾸지 않습니다")
def test_step_unchanged(submission, reference, rng, device):
    """Right, and without writing into x or h."""
    got, want = cells(submission, reference, parameters(rng, 2, 4, device))
    given = {"x": draw(rng, device, 3, 2), "h": draw(rng, device, 3, 4)}

    h = got(**given)

    assert_unchanged(submission)
    assert_close(h, want(**given), name="h", axes=STATE)


@default
@pytest.mark.title(en="A cell without h begins at zero", ko="h가 없는 셀은 0에서 시작")
def test_default_cell(submission, reference, rng, device):
    """As with a state of zeros."""
    got, want = cells(submission, reference, parameters(rng, 2, 4, device, bias=False))
    x = draw(rng, device, 3, 2)

    assert_close(got(x=x), want(x=x), name="h", axes=STATE)


@default
@pytest.mark.title(en="A layer without h0 begins at zero", ko="h0이 없는 층은 0에서 시작")
def test_default_layer(submission, reference, rng, device):
    """As with a state of zeros."""
    got, want = layers(submission, reference, parameters(rng, 2, 4, device, suffix="_l0", bias=False))
    x = draw(rng, device, 3, 5, 2)

    check_pair(got(x=x), want(x=x))


@default
@pytest.mark.title(en="A second call begins anew", ko="두 번째 호출도 처음부터 시작")
def test_second_call(submission, reference, rng, device):
    """Nothing of the call before is left, neither of one with h0 nor of one without."""
    got, want = layers(submission, reference, parameters(rng, 2, 4, device, suffix="_l0", bias=False))
    x, h0 = draw(rng, device, 3, 5, 2), draw(rng, device, 3, 4)
    got(x=draw(rng, device, 3, 5, 2))
    check_pair(got(x=x), want(x=x))

    got(x=x, h0=h0)

    check_pair(got(x=x), want(x=x))


@default
@pytest.mark.title(en="In float64 the zeros are float64", ko="float64에서는 0도 float64")
def test_default_float64(submission, reference, rng, device):
    """After .double(), for a cell and a layer."""
    cell, want_cell = cells(submission, reference, parameters(rng, 2, 4, device, "float64", bias=False))
    layer, want_layer = layers(
        submission, reference, parameters(rng, 3, 2, device, "float64", suffix="_l0", bias=False)
    )
    x = draw(rng, device, 3, 2, dtype="float64")
    xs = draw(rng, device, 2, 4, 3, dtype="float64")

    assert_close(cell(x=x), want_cell(x=x), name="h", axes=STATE)
    check_pair(layer(x=xs), want_layer(x=xs))


def made(source, kind, device, d, h):
    """A new cell or layer on `meta`, in float32."""
    suffix = "" if kind == "RNNCell" else "_l0"
    layer = getattr(source, kind)(n_in=d, n_hidden=h).float().to(device)
    registered(layer, [name + suffix for name in CELL])  # what is not registered stays behind on the CPU
    return layer


@default
@pytest.mark.device("meta")
@pytest.mark.title(en="A cell without h on another device", ko="다른 장치에서 h가 없는 셀")
def test_default_cell_device(submission, reference, rng, device):
    """On the meta device, which stands for any other."""
    x = draw(rng, device, 3, 2)
    want = made(reference, "RNNCell", device, 2, 4)

    got = made(submission, "RNNCell", device, 2, 4)(x=x)

    assert_close(got, want(x=x), name="h", axes=STATE)
    here = loaded(submission, "RNNCell", parameters(rng, 2, 4, "cpu"))  # there are no numbers on meta
    check_varies(here(x=draw(rng, "cpu", 3, 2)))


@default
@pytest.mark.device("meta")
@pytest.mark.title(en="A layer without h0 on another device", ko="다른 장치에서 h0이 없는 층")
def test_default_layer_device(submission, reference, rng, device):
    """On the meta device, which stands for any other."""
    x = draw(rng, device, 3, 5, 2)
    want = made(reference, "RNN", device, 2, 4)

    got = made(submission, "RNN", device, 2, 4)(x=x)

    check_pair(got, want(x=x))
    here = loaded(submission, "RNN", parameters(rng, 2, 4, "cpu", suffix="_l0"))
    check_varies(here(x=draw(rng, "cpu", 3, 5, 2)))


@sequence
@pytest.mark.title(en="All states: N={n}, T={t}, D={d}, H={h}", ko="모든 상태: N={n}, T={t}, D={d}, H={h}")
@pytest.mark.parametrize(
    ("n", "t", "d", "h"),
    [(3, 5, 2, 4), (4, 4, 3, 2), (2, 6, 3, 1)],
    ids=["all_different", "n_equals_t", "one_unit"],
)
def test_sequence(submission, reference, rng, device, n, t, d, h):
    """Follows the formula at each time step, from a state of zeros that is given."""
    got, want = layers(submission, reference, parameters(rng, d, h, device, suffix="_l0"))
    given = {"x": draw(rng, device, n, t, d), "h0": tensor(np.zeros((n, h)), dtype="float32", device=device)}

    check_pair(got(**given), want(**given))


@sequence
@pytest.mark.title(en="From a state that is not zero", ko="0이 아닌 상태에서 시작")
def test_sequence_from_state(submission, reference, rng, device):
    """h0 goes into the first time step and, by way of it, into all others."""
    got, want = layers(submission, reference, parameters(rng, 2, 4, device, suffix="_l0"))
    given = {"x": draw(rng, device, 3, 5, 2), "h0": draw(rng, device, 3, 4)}

    check_pair(got(**given), want(**given))


@sequence
@pytest.mark.title(en="A layer leaves its inputs alone", ko="층은 입력을 바꾸지 않습니다")
def test_sequence_unchanged(submission, reference, rng, device):
    """Right, and without writing into x or h0."""
    got, want = layers(submission, reference, parameters(rng, 2, 4, device, suffix="_l0"))
    given = {"x": draw(rng, device, 3, 5, 2), "h0": draw(rng, device, 3, 4)}

    pair = got(**given)

    assert_unchanged(submission)
    check_pair(pair, want(**given))


@sequence
@pytest.mark.device("cpu")  # CPU time says nothing of a GPU
@pytest.mark.title(en="Not slow: at most {ratio} times our time", ko="속도: 기준 풀이 시간의 {ratio}배 이내")
@pytest.mark.parametrize("ratio", [10], ids=["within_10"])
def test_speed(submission, reference, rng, device, ratio):
    """A loop over time is needed, one over the samples is not.

    Measured across the wall: loops over time alone 1 to 1.5 times the reference, over the samples as well 44 to 52 times.
    """
    state = parameters(rng, 2, 4, device, suffix="_l0")

    assert_speed(
        submission,
        reference,
        make=lambda module: loaded(module, "RNN", state),
        inputs=lambda: {"x": draw(rng, device, 64, 20, 2), "h0": draw(rng, device, 64, 4)},
        ratio=ratio,
        rounds=15,  # for a busy machine: it ends as soon as it holds
    )


def check_gradients(got, want, names):
    """Output, and those of the gradients that are named: of inputs or of parameters."""
    inputs = {name: gradient for name, gradient in want.inputs.items() if name in names}
    of_parameters = {name: gradient for name, gradient in want.parameters.items() if name in names}
    chosen = dataclasses.replace(want, inputs=inputs, parameters=of_parameters)
    own = own_names(got.parameters, want.parameters) or {}
    renamed = {name: got.parameters[own[name]] for name in own}
    got = dataclasses.replace(got, parameters=renamed)
    assert_gradients(got, chosen, name="h" if not isinstance(want.output, tuple) else ("out", "h_T"))


@through_time
@pytest.mark.parametrize(
    "names",
    [
        case(("x", "h"), id="inputs", en="Gradients of one step: x and h", ko="한 단계의 기울기: x와 h"),
        case(CELL, id="parameters", en="Gradients of one step: parameters", ko="한 단계의 기울기: 파라미터"),
    ],
)
def test_step_gradients(submission, reference, rng, device, names):
    """A random gradient comes from above."""
    got, want = cells(submission, reference, parameters(rng, 2, 4, device))
    given, dh = {"x": draw(rng, device, 3, 2), "h": draw(rng, device, 3, 4)}, draw(rng, device, 3, 4)

    check_gradients(gradients(got, given, dh), gradients(want, given, dh), names)


@through_time
@pytest.mark.title(
    en="Gradient of {name}, with a gradient at every time step",
    ko="모든 시점에 기울기가 올 때 {name}의 기울기",
)
@pytest.mark.parametrize("name", ["x", "h0", "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"])
def test_through_time(submission, reference, rng, device, name):
    """Every state feeds the loss, and the last one twice: in out and as h_T."""
    got, want = layers(submission, reference, parameters(rng, 2, 4, device, suffix="_l0"))
    given = {"x": draw(rng, device, 3, 5, 2), "h0": draw(rng, device, 3, 4)}
    upstream = (draw(rng, device, 3, 5, 4), draw(rng, device, 3, 4))

    check_gradients(gradients(got, given, upstream), gradients(want, given, upstream), [name])


@through_time
@pytest.mark.parametrize(
    "last_of_out",
    [
        case(False, id="h_T", en="Gradients when the loss uses h_T alone", ko="손실이 h_T만 쓸 때의 기울기"),
        case(
            True,
            id="out",
            en="Gradients when the loss uses the end of out alone",
            ko="손실이 out의 끝만 쓸 때의 기울기",
        ),
    ],
)
def test_last_only(submission, reference, rng, device, last_of_out):
    """All that earlier time steps get has come through W_hh."""
    got, want = layers(submission, reference, parameters(rng, 2, 4, device, suffix="_l0"))
    given = {"x": draw(rng, device, 3, 5, 2), "h0": draw(rng, device, 3, 4)}
    d_out = np.zeros((3, 5, 4))
    d_out[:, -1] = rng.standard_normal((3, 4))
    if last_of_out:
        upstream = (tensor(d_out, dtype="float32", device=device), None)
    else:
        upstream = (None, draw(rng, device, 3, 4))

    found, expected = gradients(got, given, upstream), gradients(want, given, upstream)

    check_gradients(found, expected, ["x", "h0", "weight_hh_l0"])


@exchange
@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        case("RNNCell", "", id="cell", en="Parameters of the cell", ko="셀의 파라미터"),
        case("RNN", "_l0", id="layer", en="Parameters of the layer", ko="층의 파라미터"),
    ],
)
def test_parameters(submission, kind, suffix):
    """The names, shapes and dtype of torch's; an optimiser finds all four."""
    layer = getattr(submission, kind)(n_in=3, n_hidden=5)

    found = registered(layer, [name + suffix for name in CELL], exactly=True)

    for name, shape in zip(CELL, ((5, 3), (5, 5), (5,), (5,)), strict=True):
        assert_tensor(found[name + suffix], shape, dtype="float32", requires_grad=True, name=name + suffix)
        assert_varies(found[name + suffix], name=name + suffix)


@exchange
@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        case("RNNCell", "", id="cell", en="Initial values of the cell", ko="셀의 초깃값"),
        case("RNN", "_l0", id="layer", en="Initial values of the layer", ko="층의 초깃값"),
    ],
)
def test_initial_values(submission, kind, suffix):
    """Uniform between -1/√H and 1/√H, for H = 100 and D = 30: largest and spread are known to a few percent."""
    layer = getattr(submission, kind)(n_in=30, n_hidden=100)

    found = registered(layer, [name + suffix for name in CELL])

    for name, shape in zip(CELL, ((100, 30), (100, 100), (100,), (100,)), strict=True):
        assert_tensor(found[name + suffix], shape, dtype="float32", name=name + suffix)
        bound = 100**-0.5
        numbers = found[name + suffix].array.astype(np.float64) / bound
        largest, mean, spread = np.abs(numbers).max(), numbers.mean(), numbers.std() * 3**0.5
        # Each limit is about 6 standard deviations away; the largest of 100 is below 0.8 once in 10**9 times.
        low, off, slack = (0.98, 0.06, 0.1) if numbers.size > 100 else (0.8, 0.35, 0.4)
        if not (low <= largest <= 1 + 1e-6 and abs(mean) <= off and abs(spread - 1) <= slack):
            fail(
                en=f"{name + suffix} is not uniform between -1/√H = -0.1 and 1/√H = 0.1: the largest magnitude is "
                f"{bound * largest:.3g}, the mean {bound * mean:.3g}, the standard deviation "
                f"{numbers.std() * bound:.3g} (expected 0.0577).",
                ko=f"{name + suffix}: -1/√H = -0.1과 1/√H = 0.1 사이의 균등 분포가 아닙니다. 절댓값의 최댓값 "
                f"{bound * largest:.3g}, 평균 {bound * mean:.3g}, 표준편차 {numbers.std() * bound:.3g}"
                "(기댓값 0.0577).",
            )


@exchange
@pytest.mark.title(en="The numbers of torch.nn.RNN", ko="torch.nn.RNN과 같은 값")
def test_as_torch(submission, device):
    """A state_dict of torch.nn.RNN(3, 2, batch_first=True), and what torch 2.13 makes of it."""
    numbers = {
        "weight_ih_l0": [[0.5, -0.25, 0.75], [-0.5, 1.0, 0.25]],
        "weight_hh_l0": [[0.25, -0.75], [0.5, -0.5]],
        "bias_ih_l0": [0.25, -0.5],
        "bias_hh_l0": [-0.75, 0.25],
    }
    state = {name: tensor(value, dtype="float32", device=device) for name, value in numbers.items()}
    x = [[[1.0, 0.25, -0.5], [0.25, -1.0, 0.75]], [[-0.5, 0.75, 1.0], [0.5, 0.25, -0.75]]]
    given = {"x": x, "h0": [[0.5, -0.25], [-1.0, 0.75]]}
    out = [
        [[-0.12435300177159621, -0.24491866240370913], [0.5299680615138094, -0.810064692736119]],
        [[-0.7615941559557649, 0.12435300177159621], [-0.8206037779580774, -0.7066564906644666]],
    ]

    got = loaded(submission, "RNN", state, strict=True)(
        **{name: tensor(numbers, dtype="float32", device=device) for name, numbers in given.items()}
    )

    want = (out, [sample[-1] for sample in out])
    check_pair(got, tuple(tensor(numbers, dtype="float32", device=device) for numbers in want))


@exchange
@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        case(
            "RNNCell",
            "",
            id="cell",
            en="state_dict of the cell in and out",
            ko="셀의 state_dict를 넣고 꺼내기",
        ),
        case(
            "RNN",
            "_l0",
            id="layer",
            en="state_dict of the layer in and out",
            ko="층의 state_dict를 넣고 꺼내기",
        ),
    ],
)
def test_state_dict(submission, rng, device, kind, suffix):
    """What was loaded is what is saved, and nothing else, also after a call."""
    state = parameters(rng, 2, 4, device, suffix=suffix)
    layer = loaded(submission, kind, state, strict=True)
    got = layer(x=draw(rng, device, *((3, 2) if kind == "RNNCell" else (3, 5, 2))))

    assert_close(layer.state_dict(), state, name="state_dict")
    check_varies(got)


@edges
@pytest.mark.title(en="N={n}, T={t}", ko="N={n}, T={t}")
@pytest.mark.parametrize(("n", "t"), [(3, 1), (1, 4), (1, 1)], ids=["one_step", "one_sample", "one_of_each"])
def test_small(submission, reference, rng, device, n, t):
    """No axis is lost where its length is 1."""
    got, want = layers(submission, reference, parameters(rng, 2, 3, device, suffix="_l0", bias=False))
    given = {"x": draw(rng, device, n, t, 2), "h0": draw(rng, device, n, 3)}

    check_pair(got(**given), want(**given))


@edges
@pytest.mark.title(en="Several lengths, one layer", ko="여러 길이, 한 층")
def test_lengths(submission, reference, rng, device):
    """N and T may change from call to call."""
    got, want = layers(submission, reference, parameters(rng, 2, 3, device, suffix="_l0", bias=False))

    for n, t in ((2, 3), (4, 6), (3, 2)):
        given = {"x": draw(rng, device, n, t, 2), "h0": draw(rng, device, n, 3)}
        check_pair(got(**given), want(**given))


@edges
@pytest.mark.title(en="float64, cell and layer", ko="float64인 셀과 층")
def test_float64(submission, reference, rng, device):
    """After .double(), with all of its precision."""
    cell, want_cell = cells(submission, reference, parameters(rng, 2, 4, device, "float64", bias=False))
    layer, want_layer = layers(
        submission, reference, parameters(rng, 3, 2, device, "float64", suffix="_l0", bias=False)
    )
    one = {"x": draw(rng, device, 3, 2, dtype="float64"), "h": draw(rng, device, 3, 4, dtype="float64")}
    all_steps = {
        "x": draw(rng, device, 2, 4, 3, dtype="float64"),
        "h0": draw(rng, device, 2, 2, dtype="float64"),
    }

    assert_close(cell(**one), want_cell(**one), name="h", axes=STATE)
    check_pair(layer(**all_steps), want_layer(**all_steps))


@edges
@pytest.mark.device("meta")
@pytest.mark.title(en="Another device, with h0", ko="다른 장치, h0이 있을 때")
def test_device(submission, reference, rng, device):
    """On the meta device, which stands for any other."""
    given = {"x": draw(rng, device, 3, 5, 2), "h0": draw(rng, device, 3, 4)}
    want = made(reference, "RNN", device, 2, 4)

    got = made(submission, "RNN", device, 2, 4)(**given)

    check_pair(got, want(**given))
    here = loaded(submission, "RNN", parameters(rng, 2, 4, "cpu", suffix="_l0"))
    check_varies(here(x=draw(rng, "cpu", 3, 5, 2), h0=draw(rng, "cpu", 3, 4)))
