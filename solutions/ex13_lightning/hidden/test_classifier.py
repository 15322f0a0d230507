"""Hidden suite of ex13: a classifier in the real Trainer.

The probe runs the Trainer beside the student's module and returns raw numbers; what they should be is worked
out here, in NumPy and float64. The sizes of one network all differ, so that a parameter is known by its shape.
"""

import numpy as np
import pytest

from grader.judge import Tensor, assert_close, assert_equal, fail, tensor

LOGITS = ("sample", "class")

registered = pytest.mark.group("registered", points=15, en="Registered layers", ko="등록된 층")
scores = pytest.mark.group("logits", points=10, en="Logits", ko="로짓")
loss = pytest.mark.group("loss", points=25, en="Loss and gradients of a step", ko="한 스텝의 손실과 기울기")
optimizer = pytest.mark.group("optimizer", points=10, en="The optimiser", ko="옵티마이저")
validation = pytest.mark.group("validation", points=20, en="Validation and test", ko="검증과 테스트")
state = pytest.mark.group("state", points=10, en="State of a run", ko="실행의 상태")
modes = pytest.mark.group("modes", points=10, en="Modes and chance", ko="모드와 난수")


def network(rng, sizes):
    """Random weights and biases, [W1, b1, W2, b2, …]; W has a row for each output, as in torch."""
    drawn = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        drawn += [rng.standard_normal((n_out, n_in)) / np.sqrt(n_in), rng.standard_normal(n_out) / 2]
    return [array.astype(np.float32) for array in drawn]


def tensors(arrays):
    """The arrays as tensors to send."""
    return [tensor(array) for array in arrays]


def samples(rng, n, sizes):
    """x of n samples, float32, and random classes y of which the first ones differ."""
    x = rng.standard_normal((n, sizes[0])).astype(np.float32)
    y = (np.arange(n) + rng.integers(sizes[-1])) % sizes[-1]
    return x, y


def forward(weights, x):
    """(logits, what went into each layer)."""
    inputs = []
    x = np.asarray(x, dtype=np.float64)
    for i in range(0, len(weights), 2):
        inputs.append(x if i == 0 else np.maximum(x, 0.0))
        x = inputs[-1] @ weights[i].astype(np.float64).T + weights[i + 1]
    return x, inputs


def centre(weights, x):
    """Shift the biases so that what comes out of each layer is 0 on average: some of it is negative then."""
    for layer in range(0, len(weights), 2):
        weights[layer + 1] -= np.float32(forward(weights[: layer + 2], x)[0].mean())


def problem(rng, n, sizes):
    """Weights, n samples and their classes. Each layer puts out positive and negative numbers."""
    weights, (x, y) = network(rng, sizes), samples(rng, n, sizes)
    centre(weights, x)
    return weights, x, y


def cross_entropies(logits, y):
    """Of each sample: log of the sum of exponentials, minus the logit of its class."""
    peak = logits.max(axis=1)
    return peak + np.log(np.exp(logits - peak[:, None]).sum(axis=1)) - logits[np.arange(len(y)), y]


def gradients(weights, x, y):
    """Of the mean cross-entropy with respect to all weights, by backpropagation."""
    logits, inputs = forward(weights, x)
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    upstream = shifted / shifted.sum(axis=1, keepdims=True)
    upstream[np.arange(len(y)), y] -= 1.0
    upstream /= len(y)
    found = []
    for layer in reversed(range(len(inputs))):
        found = [upstream.T @ inputs[layer], upstream.sum(axis=0), *found]
        upstream = (upstream @ weights[2 * layer]) * (inputs[layer] > 0)
    return found


def names(weights, what=""):
    """What the weights are called in messages."""
    return tuple(f"{what}{kind}{i // 2 + 1}" for i, kind in enumerate(["W", "b"] * (len(weights) // 2)))


def found(got, key):
    """What the probe returned under `key`, unless a parameter was missing."""
    if "missing" in got:
        shape = got["missing"][0]
        fail(
            en=f"The model has no parameter of the shape {shape}. Make a torch.nn.Linear for each pair of sizes, and "
            "assign them to an attribute.",
            ko=f"모델에 모양이 {shape}인 파라미터가 없습니다. 크기의 쌍마다 torch.nn.Linear를 만들어 속성에 대입하세요.",
        )
    return got[key]


def assert_metric(metrics, name, want):
    """Hold if `want` was logged under this name."""
    if name not in metrics:
        logged = ", ".join(map(str, list(metrics)[:8]))
        fail(
            en=f'Nothing was logged as "{name}"; logged: {logged or "nothing"}. Use self.log or self.log_dict.',
            ko=f'"{name}"라는 이름으로 기록된 값이 없습니다. 기록된 이름: {logged or "없음"}. self.log나 self.log_dict를 '
            "쓰세요.",
        )
    assert_number(metrics[name], want, name)


def assert_number(got, want, name):
    """Hold if `got` is this number: a float, or a tensor that holds one."""
    if isinstance(got, Tensor) and got.array is not None and got.shape == ():
        got = float(got.array)
    assert_close(got, float(want), name=name, rtol=1e-4, atol=1e-6)


def assert_loss(got, want):
    """Hold if this is a float32 scalar that knows how it was computed."""
    assert_close(got, tensor(want, dtype="float32"), name="loss")
    if not got.requires_grad:
        fail(
            en="The loss is right, but has no graph: the Trainer cannot go backward from it.",
            ko="손실값은 맞지만 계산 그래프가 없어 Trainer가 역전파를 할 수 없습니다.",
        )


def in_part_right(rng, weights, x):
    """Classes of which 3 of 7 are what the network says: 3 of the batch of 5, none of that of 2."""
    logits, _ = forward(weights, x)
    said = logits.argmax(axis=1)
    right = np.array([True, False, True, True, False, False, False])
    other = (said + rng.integers(1, logits.shape[1], len(x))) % logits.shape[1]
    return np.where(right, said, other)


@registered
@pytest.mark.title(en="Parameters of {sizes}", ko="{sizes}의 파라미터")
@pytest.mark.parametrize(
    "sizes", [[5, 3], [5, 4, 3], [2, 7, 5, 6, 3]], ids=["linear", "one_hidden", "three_hidden"]
)
def test_parameters(probe, sizes):
    """A weight and a bias for each layer, float32, all of which learn; the weights are drawn."""
    got = probe.parameters(sizes=sizes)

    shapes = [shape for pair in zip(sizes[:-1], sizes[1:], strict=True) for shape in (pair[::-1], pair[1:])]
    want = sorted((tuple(shape), "torch.float32", True, True) for shape in shapes)
    if isinstance(got, list) and len(got) != len(want):
        fail(
            en=f"The model has {len(got)} registered parameters; {len(sizes) - 1} layers have {len(want)}: a weight and "
            "a bias each.",
            ko=f"모델에 등록된 파라미터가 {len(got)}개입니다. 층이 {len(sizes) - 1}개이면 층마다 가중치와 편향이 있으므로 "
            f"{len(want)}개여야 합니다.",
        )
    assert_equal(got, want, name="parameters")


@registered
@pytest.mark.title(en="A saved state gives the same logits again", ko="저장한 상태를 불러오면 같은 로짓")
def test_reloaded(probe, rng):
    """What is not in the state_dict is lost."""
    sizes = [5, 4, 3]
    weights, x, _ = problem(rng, 6, sizes)

    got = found(probe.reloaded(sizes=sizes, weights=tensors(weights), x=tensor(x)), "logits")

    want = tensor(forward(weights, x)[0], dtype="float32")
    assert_close(got, want, name="logits", axes=LOGITS)


@scores
@pytest.mark.title(en="Logits: N = {n}, sizes {sizes}", ko="로짓: N = {n}, sizes {sizes}")
@pytest.mark.parametrize(
    ("n", "sizes"),
    [(6, [5, 3]), (6, [5, 4, 3]), (1, [2, 7, 5, 6, 3])],
    ids=["linear", "one_hidden", "one_sample"],
)
def test_logits(probe, rng, n, sizes):
    """ReLU between the layers, nothing behind the last one."""
    weights, x, _ = problem(rng, n, sizes)

    got = found(probe.logits(sizes=sizes, weights=tensors(weights), x=tensor(x)), "logits")

    want = tensor(forward(weights, x)[0], dtype="float32")
    assert_close(got[0], want, name="logits", axes=LOGITS)


@loss
@pytest.mark.title(en="The loss of a batch of {n}", ko="크기가 {n}인 배치의 손실")
@pytest.mark.parametrize("n", [7, 1])
def test_loss(probe, rng, n):
    """The mean cross-entropy, from which one can go backward."""
    sizes = [5, 4, 3]
    weights, x, y = problem(rng, n, sizes)

    got = found(probe.loss(sizes=sizes, weights=tensors(weights), x=tensor(x), y=tensor(y)), "loss")

    assert_loss(got, cross_entropies(forward(weights, x)[0], y).mean())


@loss
@pytest.mark.title(en="A finite loss for logits of 300 and more", ko="로짓이 300을 넘어도 유한한 손실")
def test_loss_of_large_logits(probe, rng):
    """Where exp overflows in float32, and where the probability of the class is 0 there."""
    sizes = [5, 3]
    weights, x, _ = problem(rng, 7, sizes)
    spread = np.ptp(forward(weights, x)[0], axis=1).min()
    weights = [array * np.float32(300.0 / spread) for array in weights]
    logits = forward(weights, x)[0]
    y = logits.argmin(axis=1)

    got = found(probe.loss(sizes=sizes, weights=tensors(weights), x=tensor(x), y=tensor(y)), "loss")

    assert_loss(got, cross_entropies(logits, y).mean())


@loss
@pytest.mark.title(en="Gradients of {sizes}", ko="{sizes}의 기울기")
@pytest.mark.parametrize("sizes", [[5, 4, 3], [2, 7, 5, 6, 3]], ids=["one_hidden", "three_hidden"])
def test_gradients(probe, rng, device, sizes):
    """As they are after the Trainer's backward."""
    weights, x, y = problem(rng, 7, sizes)

    got = probe.train(
        sizes=sizes, weights=tensors(weights), x=tensor(x), y=tensor(y), batch_size=7, device=device
    )

    slopes = found(got, "gradients")
    if slopes is None or (isinstance(slopes, list) and None in slopes):
        fail(
            en="After the Trainer's backward some parameters have no gradient. training_step must return the loss, "
            "computed from all layers.",
            ko="Trainer가 backward를 부른 뒤에도 기울기가 없는 파라미터가 있습니다. training_step은 모든 층을 거쳐 계산한 "
            "손실을 반환해야 합니다.",
        )
    want = [tensor(slope, dtype="float32", device=device) for slope in gradients(weights, x, y)]
    assert_close(slopes, want, name=names(weights, "gradient of "))


@optimizer
@pytest.mark.title(en="It holds all parameters, with the learning rate", ko="모든 파라미터와 학습률을 가짐")
def test_optimizer(probe, rng, device):
    """What the Trainer has of configure_optimizers."""
    sizes = [5, 4, 3]
    weights, x, y = problem(rng, 4, sizes)
    given = {"x": tensor(x), "y": tensor(y), "batch_size": 4, "lr": 0.03, "device": device}

    told = probe.train(sizes=sizes, weights=tensors(weights), **given)
    got, after = found(told, "optimizer"), found(told, "weights")

    shapes = sorted(weight.shape for weight in weights)
    missing = [shape for shape in shapes if shape not in got["shapes"]]
    if missing:
        fail(
            en=f"A parameter of the shape {missing[0]} is not in the optimiser: give it self.parameters().",
            ko=f"모양이 {missing[0]}인 파라미터가 옵티마이저에 없습니다. self.parameters()를 넘기세요.",
        )
    assert_equal(got["shapes"], shapes, name="shapes in the optimiser")
    assert_close(got["lr"], [0.03] * len(got["lr"] or [0]), name="lr")
    moved = [not np.array_equal(one.array, other) for one, other in zip(after, weights, strict=True)]
    if not all(moved) or not all(np.isfinite(one.array).all() for one in after):
        fail(
            en="A step of the optimiser left parameters as they were, or not finite.",
            ko="옵티마이저의 한 스텝 뒤에 그대로이거나 유한하지 않은 파라미터가 있습니다.",
        )


@optimizer
@pytest.mark.title(en="Weights after three steps with lr = {lr}", ko="lr = {lr}로 세 스텝 뒤의 가중치")
@pytest.mark.parametrize("lr", [0.25, 1.5])
def test_steps(probe, rng, device, lr):
    """Plain SGD: each step takes lr times the gradient of its batch away; the last batch is smaller."""
    sizes = [5, 4, 3]
    weights, x, y = problem(rng, 7, sizes)
    given = {"x": tensor(x), "y": tensor(y), "batch_size": 3, "lr": lr, "device": device}

    got = probe.train(sizes=sizes, weights=tensors(weights), **given)

    expected = [weight.astype(np.float64) for weight in weights]
    for start in (0, 3, 6):
        batch = slice(start, start + 3)
        slopes = gradients(expected, x[batch], y[batch])
        expected = [weight - lr * slope for weight, slope in zip(expected, slopes, strict=True)]
    want = [tensor(weight, dtype="float32", device="cpu") for weight in expected]
    assert_close(found(got, "weights"), want, name=names(weights))


@validation
@pytest.mark.title(en="{name} of batches of 5 and 2", ko="크기가 5와 2인 배치의 {name}")
@pytest.mark.parametrize("name", ["val_loss", "val_acc", "test_loss", "test_acc"])
def test_metrics(probe, rng, device, name):
    """Over all 7 samples, whatever batches they come in; of a linear classifier, so that this is all there is."""
    sizes = [5, 3]
    weights, x, _ = problem(rng, 7, sizes)
    # The largest logit of each sample is positive, if only just: the others of one sample are negative.
    weights[-1] += np.float32(1e-3 - forward(weights, x)[0].max(axis=1).min())
    y = in_part_right(rng, weights, x)
    stage = "validate" if name.startswith("val") else "test"
    given = {"x": tensor(x), "y": tensor(y), "batch_size": 5, "stage": stage, "device": device}

    got = found(probe.evaluate(sizes=sizes, weights=tensors(weights), **given), "metrics")

    want = 3 / 7 if name.endswith("acc") else cross_entropies(forward(weights, x)[0], y).mean()
    assert_metric(got, name, want)


def two_epochs(probe, rng, device):
    """(what the probe says, the metrics to be expected) of two epochs with other weights in each."""
    sizes = [5, 4, 3]
    first, x, _ = problem(rng, 7, sizes)
    states = [first, network(rng, sizes)]
    centre(states[1], x)
    y = in_part_right(rng, states[1], x)
    given = {"x": tensor(x), "y": tensor(y), "batch_size": 7, "device": device}
    want = []
    for weights in states:
        logits = forward(weights, x)[0]
        right = float((logits.argmax(axis=1) == y).mean())
        want.append({"val_loss": float(cross_entropies(logits, y).mean()), "val_acc": right})
    return probe.epochs(sizes=sizes, states=[tensors(weights) for weights in states], **given), want


@state
@pytest.mark.title(
    en="Two epochs, with other weights in the second", ko="둘째 에폭에서 가중치가 달라질 때의 두 에폭"
)
def test_two_epochs(probe, rng, device):
    """Nothing of the first epoch is in the metrics of the second."""
    got, want = two_epochs(probe, rng, device)

    for epoch, (one, expected) in enumerate(zip(found(got, "metrics"), want, strict=True)):
        for name in ("val_loss", "val_acc"):
            if name not in one:
                assert_metric(one, name, expected[name])
            assert_number(one[name], expected[name], f"{name} of epoch {epoch}")


def assert_history(got, want):
    """Hold if this is a list of such dicts of floats, as the probe tells of it: (type, number)."""
    if got is None:
        fail(en="self.history is no list of dicts.", ko="self.history가 dict의 리스트가 아닙니다.")
    if len(got) != len(want):
        fail(
            en=f"self.history should have {len(want)} entries, one for each validation epoch of the run; it has "
            f"{len(got)}.",
            ko=f"self.history의 항목은 실행의 검증 에폭마다 하나씩 {len(want)}개여야 하는데 {len(got)}개입니다.",
        )
    for i, (entry, expected) in enumerate(zip(got, want, strict=True)):
        if set(entry) != set(expected):
            keys = ", ".join(map(str, entry))
            fail(
                en=f"The keys of an entry of self.history are val_loss and val_acc; yours are: {keys}.",
                ko=f"self.history 항목의 키는 val_loss와 val_acc입니다. 제출한 키: {keys}.",
            )
        for name, number in expected.items():
            kind, value = entry[name]
            if kind != "float":
                fail(
                    en=f"history[{i}][{name!r}] is of type {kind}; keep a float (.item(), float()).",
                    ko=f"history[{i}][{name!r}]의 타입이 {kind}입니다. float를 보관하세요(.item(), float()).",
                )
            assert_number(value, number, f"history[{i}][{name!r}]")


@state
@pytest.mark.title(en="The history of two epochs", ko="두 에폭의 history")
def test_history(probe, rng, device):
    """One dict of floats for each."""
    got, want = two_epochs(probe, rng, device)

    assert_history(found(got, "history"), want)


@state
@pytest.mark.parametrize(
    "process",
    [
        pytest.param(
            "first",
            marks=pytest.mark.title(en="Each run starts a new history", ko="실행마다 새 history로 시작"),
        ),
        pytest.param(
            "other",
            marks=pytest.mark.title(
                en="The same where prepare_data is not called",
                ko="prepare_data가 불리지 않는 프로세스에서도 같음",
            ),
        ),
    ],
    ids=["first", "other"],
)
def test_runs(probe, rng, device, process):
    """Two validation runs of one model; prepare_data is called on the first process alone."""
    sizes = [5, 4, 3]
    weights, x, _ = problem(rng, 7, sizes)
    y = in_part_right(rng, weights, x)
    given = {"x": tensor(x), "y": tensor(y), "batch_size": 7, "device": device}

    got = probe.runs(sizes=sizes, weights=tensors(weights), first_process=process == "first", **given)

    histories = found(got, "histories")
    counts = [len(history) for history in histories]
    if counts != [1, 1]:
        fail(
            en="Each run has one validation epoch, so the history has 1 entry after each; yours has "
            f"{counts[0]}, then {counts[1]}. A run starts with setup.",
            ko="실행마다 검증 에폭이 한 번이므로 실행이 끝날 때 history의 항목은 1개여야 하는데, "
            f"{counts[0]}개였다가 {counts[1]}개입니다. 실행은 setup으로 시작합니다.",
        )
    logits = forward(weights, x)[0]
    expected = {"val_loss": cross_entropies(logits, y).mean(), "val_acc": (logits.argmax(axis=1) == y).mean()}
    for history in histories:
        assert_history(history, [expected])


@modes
@pytest.mark.title(en="No dropout in evaluation mode", ko="평가 모드에서는 드롭아웃 없음")
def test_evaluation(probe, rng):
    """Two calls say the same: the whole network."""
    sizes = [5, 4, 3]
    weights, x, _ = problem(rng, 6, sizes)
    given = {"weights": tensors(weights), "x": tensor(x), "dropout": 0.5}

    got = found(probe.logits(sizes=sizes, training=False, times=2, **given), "logits")

    want = tensor(forward(weights, x)[0], dtype="float32")
    assert_close(got, [want, want], name=("first call", "second call"), axes=LOGITS)


@modes
@pytest.mark.title(
    en="Training mode drops no feature and no logit", ko="학습 모드에서도 특성과 로짓에는 드롭아웃 없음"
)
def test_dropout_of_linear(probe, rng):
    """Without a hidden layer there is nothing to drop."""
    sizes = [5, 3]
    weights, x, _ = problem(rng, 6, sizes)

    got = probe.logits(sizes=sizes, weights=tensors(weights), x=tensor(x), dropout=0.5, training=True)

    want = tensor(forward(weights, x)[0], dtype="float32")
    assert_close(found(got, "logits")[0], want, name="logits", axes=LOGITS)


@modes
@pytest.mark.title(en="Dropout of hidden units in training mode", ko="학습 모드에서는 은닉 유닛에 드롭아웃")
def test_dropout(probe, rng):
    """One hidden unit that is always on: of 200 equal samples it is dropped in most, and else counts 4 times.

    All numbers are multiples of 1/8, and so are exact, whatever the order in which they are added.
    """
    weights = [rng.integers(8, 17, shape).astype(np.float32) / 8 for shape in ((1, 3), (1,), (2, 1), (2,))]
    x = np.tile(rng.integers(8, 17, 3).astype(np.float32) / 8, (200, 1))

    got = probe.dropped(sizes=[3, 1, 2], weights=tensors(weights), x=tensor(x), dropout=0.75)

    rows = found(got, "rows")
    if isinstance(rows, Tensor) and rows.shape[:1] == (1,):
        fail(
            en="With dropout=0.75, 200 equal samples get the same logits in training mode: no unit is dropped.",
            ko="dropout=0.75인데도 학습 모드에서 똑같은 표본 200개의 로짓이 모두 같습니다. 꺼지는 유닛이 없습니다.",
        )
    bias = weights[3].astype(np.float64)
    kept = bias + (forward(weights, x[:1])[0][0] - bias) / 0.25
    want = tensor(np.stack([bias, kept]), dtype="float32")
    assert_close(rows, want, name="logits with the unit dropped, and kept", axes=("case", "class"))


@modes
@pytest.mark.title(en="Steps and modes of an epoch and a test", ko="한 에폭과 테스트의 스텝과 모드")
def test_modes(probe, rng, device):
    """The Trainer sets the mode, and nobody else changes it.

    So many hidden units that some are alive whatever was drawn: else layers before them would not be trained.
    """
    sizes = [5, 32, 3]
    x, y = samples(rng, 5, sizes)

    got = probe.modes(sizes=sizes, x=tensor(x), y=tensor(y), batch_size=3, device=device)

    steps = [
        "training_step in training mode",
        "validation_step in evaluation mode",
        "test_step in evaluation mode",
    ]
    assert_equal(found(got, "steps"), [step for step in steps for _ in range(2)], name="steps")
    if found(got, "trained") is not True:
        fail(
            en="The epoch left the parameters as they were, or not finite.",
            ko="한 에폭 뒤에도 파라미터가 그대로이거나 유한하지 않습니다.",
        )


@modes
@pytest.mark.title(en="The seed decides on the initial weights", ko="초기 가중치는 시드가 정함")
def test_seeds(probe, rng):
    """The same seed gives the same model, another one another."""
    one, other = (int(seed) for seed in rng.choice(10_000, 2, replace=False))

    got = probe.seeds(sizes=[5, 4, 3], one=one, other=other)

    assert_equal(got["shapes"], [(3,), (3, 4), (4,), (4, 5)], name="shapes of the parameters")
    assert_close(got["same"], [0.0] * 4, name="difference of two models with the same seed")
    if got["other"] != [True] * 2:
        fail(
            en="Another seed gives the same initial weights: do not set a seed inside of the model.",
            ko="시드가 달라도 초기 가중치가 같습니다. 모델 안에서 시드를 정하지 마세요.",
        )
