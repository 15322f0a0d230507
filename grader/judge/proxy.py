"""The submission as a suite sees it: `submission.conv2d(x=x)` becomes a frame, its reply a plain value.

What the far side keeps comes back as a `Remote`, which stands for that object here. Every exchange is
kept for the length of a check: for evidence, for mutated inputs, and to be replayed on known mistakes.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol

import numpy as np

from grader.core.course import Limits
from grader.core.record import Outcome, Text
from grader.judge import faults, program
from grader.judge.faults import CheckFault, Mismatch, StudentError
from grader.judge.uses import Use, read
from grader.worker import serve, wire
from grader.worker.uses import EVERYTHING

if TYPE_CHECKING:
    from grader.judge.pacemaker import Pacemaker

__tracebackhide__ = True  # by hand, pytest shows the suite's line and not ours

MAX_ITEMS: Final = 100_000  # that one iteration over a handle gives
MAX_CALLBACKS: Final = 10_000  # that one check answers
MAX_LABEL: Final = 160
MAX_ARGUMENT: Final = 40  # characters of one argument in a label
MAX_SHOWN: Final = 6  # items of one argument
MAX_RECEIVED: Final = 2  # times the limit of one reply, in one check
END: Final = ("end of iteration",)

Answerer = Callable[[memoryview, memoryview], tuple[bool, Any]]
"""Answers a call of the far side's: (whether it went well, value or message)."""


class Refused(Exception):
    """A function of the suite's has failed elsewhere; the text is what the far side is told."""


class Transport(Protocol):
    """Carries a frame to the far side and brings the reply."""

    def exchange(
        self, frame: bytes, call: int, label: "str | CallLabel", answer: Answerer
    ) -> tuple[memoryview, memoryview]:
        """Meta and buffers of the reply; raises CheckFault."""

    def renew(self) -> None:
        """Have a fresh process for what comes next: the one that answered can go on no more."""

    @property
    def reply(self) -> wire.Limits:
        """How much a reply may hold."""

    @property
    def generation(self) -> int:
        """Grows with each new worker: handles of an older one are dead."""

    @property
    def limits(self) -> Limits:
        """The exercise's limits, for messages."""

    @property
    def cpu_s(self) -> float:
        """CPU seconds that the far side has used so far, as measured on our side."""


@dataclass(slots=True)
class Exchange:
    """One question and what came back."""

    function: str
    """The name in the module that it began with, such as `conv2d` or `Value`; EVERYTHING through a probe."""
    label: "str | CallLabel"
    operation: tuple[Any, ...]
    """The question as the suite put it."""
    frame: bytes
    """The same as it was sent, to be asked again."""
    call: int
    base: int
    """Number of the first handle that the reply may hold."""
    callbacks: list[Callable[..., Any]]
    """Of the whole check."""
    reply: tuple[memoryview, memoryview] = (memoryview(b""), memoryview(b""))
    """What came back, as it came."""
    value: Any = None
    mutated: list[str] = field(default_factory=list)
    fault: CheckFault | None = None
    uses: Sequence[Use] = ()
    """What was used that the exercise forbids, as the far side says."""
    seconds: float = 0.0
    """How long it took."""

    @property
    def inputs(self) -> dict[str, Any]:
        """Arguments by name; those without one by their place."""
        return inputs_of(self.operation)


class Far:
    """The conversation with one far side: numbers handles, keeps the trace, checks each reply."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.trace: list[Exchange] = []
        self.answered = False
        """Whether this check has a reply: from then on what goes wrong may be the submission's doing."""
        self.broken = False
        """Whether our side failed at an exchange of this check."""
        self.callbacks: list[Callable[..., Any]] = []
        self._next_handle = 1
        self._current: Exchange | None = None
        self._called_back = 0
        self._calling_back = False
        self.received = 0
        """Bytes of arrays that came back in this check."""
        self.watched = False
        """Whether anything forbidden was seen in this check."""
        self.seed: int | None = None
        """Of what is random on the far side in this check, with torch: a replay is then the same."""
        self.pacemaker: Pacemaker | None = None
        """The reference where its time can be taken; None where there is no reference."""

    def begin(self) -> None:
        """Forget the check before."""
        self.trace = []
        self.answered = False
        self.broken = False
        self.callbacks = []
        self._called_back = 0
        self.received = 0
        self.watched = False

    def ask(
        self,
        operation: tuple[Any, ...],
        function: str,
        label: "str | CallLabel",
    ) -> Any:
        """The far side's answer to `operation` as a plain value; raises CheckFault."""
        if self._calling_back:  # the far side waits for our answer, and could take no question
            raise faults.rubbish(label)
        encoder = wire.Encoder(wire.REQUEST, self._adopt)
        seed = () if self.seed is None else (self.seed + len(self.trace),)
        encoder.put((self._next_handle, operation, *seed))
        call = secrets.randbits(64)
        frame = wire.pack(wire.CALL, call, encoder)
        exchange = Exchange(function, label, operation, frame, call, self._next_handle, self.callbacks)
        self.trace.append(exchange)
        self._carry_out(exchange)
        if exchange.fault is not None:
            raise exchange.fault
        if exchange.value is END:
            raise StopIteration
        return exchange.value

    def repeat(self, function: str, frame: bytes, base: int, operation: tuple[Any, ...]) -> Exchange:
        """A question of another conversation, asked here as it was sent; the answer is in the exchange."""
        again = Exchange(function, function, operation, frame, 0, base, self.callbacks)
        try:
            self._carry_out(again)
        except KeyError:  # it needs an object that did not come about here
            again.fault = faults.rubbish(function)
        return again

    def _carry_out(self, exchange: Exchange) -> None:
        self._current = exchange
        self._next_handle = exchange.base
        start = time.perf_counter()
        try:
            exchange.reply = self.transport.exchange(
                exchange.frame, exchange.call, exchange.label, self._answer
            )
            self._understand(exchange)
        except CheckFault as e:
            exchange.fault = e
        except BaseException:
            self.broken = True
            raise
        finally:
            exchange.seconds = time.perf_counter() - start
        self.answered = True

    def _understand(self, exchange: Exchange) -> None:
        meta, buffers = exchange.reply
        self.received += len(buffers)
        if self.received > MAX_RECEIVED * self.transport.reply.buffers:
            raise faults.too_large(exchange.label, f"{self.received / 2**20:.0f} MiB in one check")
        try:
            reply = wire.Decoder(meta, buffers, self.transport.reply, self._revive).value()
        except wire.WireError:
            raise faults.rubbish(exchange.label) from None
        # Types before values: an array in place of a word would answer `==` with an array.
        if type(reply) is not tuple or not reply or type(reply[0]) is not str:
            raise faults.rubbish(exchange.label)
        match reply:
            case ("value", value, [*mutated], *more) if len(more) <= 1:
                if more:
                    exchange.uses = self._used(more, exchange)
                exchange.value = value
                if mutated:
                    exchange.mutated = names(mutated, exchange.inputs)
            case ("end", *more) if exchange.operation[0] == "next" and len(more) <= 1:
                exchange.uses = self._used(more, exchange)
                exchange.value = END
            case ("error", str(category), str(name), str(text), [*lines], *more) if len(more) <= 1:
                exchange.uses = self._used(more, exchange)
                told = name[: serve.MAX_NAME], text[: serve.MAX_TEXT]
                self._raise(category, *told, frames(lines), exchange.label)
            case _:
                raise faults.rubbish(exchange.label)

    def _used(self, more: Sequence[Any], exchange: Exchange) -> Sequence[Use]:
        """What the end of a reply says of forbidden things; mostly it has none."""
        if not more:
            return ()
        found = read(more[0])
        if found is None:
            raise faults.rubbish(exchange.label)
        self.watched = True
        return found

    def _revive(self, special: Any) -> Any:
        """The stand-in for an object; the far side numbers its objects from `base` of the exchange on."""
        if type(special) is wire.Tensor:
            return special
        exchange = self._current
        assert exchange is not None
        if not isinstance(special, wire.Handle) or special.id != self._next_handle:
            raise wire.WireError("a handle that was not asked for")
        count = self._next_handle - exchange.base
        self._next_handle += 1
        label = f"{exchange.label}[{count}]" if count else exchange.label
        return Remote(self, special, exchange.function, str(label), self.transport.generation)

    def _raise(
        self, category: str, name: str, text: str, lines: list[tuple[str, int]], label: "str | CallLabel"
    ) -> NoReturn:
        fault: CheckFault
        if category == serve.LOST_GPU:  # it was raised all the same; what comes next has a worker of its own
            self.transport.renew()
        if category == "missing":
            fault = faults.missing(text[:100])
        elif (passed := faults.of_limit(category, label, self.transport.limits)) is not None:
            fault = passed
        elif category == "too_large":
            fault = faults.too_large(label, text[:200])
        elif category == "no_graph":
            fault = faults.no_graph(label, text[:200])
        elif category == "unsendable" and "tensor" in text.lower():
            fault = faults.odd_tensor(label, text[:200])
        elif category == "unsendable" and text.endswith("numpy.ndarray"):
            fault = Mismatch(
                Text(
                    en=f"{label} returned {text[:200]}. Return a plain numpy.ndarray.",
                    ko=f"{label}: 반환값({text[:200]})이 numpy.ndarray가 아닙니다. 일반 배열을 반환하세요.",
                ),
                brief=Text(en="Return a plain numpy.ndarray.", ko="일반 numpy.ndarray를 반환하세요."),
            )
        elif category == "unsendable":
            fault = faults.unsendable(label, text[:200])
        else:
            fault = StudentError(name, text)
        fault.frames = lines
        if not isinstance(fault, StudentError):
            fault.key = (category, text[:60])
        raise fault

    def _adopt(self, value: Any) -> Any:
        """What stands on the wire for an argument of a suite's that is no plain value."""
        if isinstance(value, Remote):
            if value._generation != self.transport.generation:  # noqa: SLF001 - public names of a Remote are the student's
                raise CheckFault(
                    Outcome.CRASHED,
                    Text(
                        en="The object was lost when the program ended during an earlier call.",
                        ko="앞선 호출에서 프로그램이 끝나 객체가 사라졌습니다.",
                    ),
                )
            if value._far is not self:  # noqa: SLF001
                raise TypeError(
                    f"{value!r} is of the other side: the submission and the reference share nothing"
                )
            return value._handle  # noqa: SLF001
        if callable(value):
            self.callbacks.append(value)
            return wire.Callback(len(self.callbacks) - 1)
        if isinstance(value, np.random.Generator):
            raise TypeError("send a generator as Seed(n): its state cannot be read back")
        raise TypeError(f"a suite cannot send a {type(value).__name__}")

    def _answer(self, meta: memoryview, buffers: memoryview) -> tuple[bool, Any]:
        """Call a function of the suite's for the far side."""
        self._called_back += 1
        if self._called_back > MAX_CALLBACKS:
            return False, f"called back more than {MAX_CALLBACKS} times"
        try:
            asked = wire.Decoder(meta, buffers, self.transport.reply, self._revive).value()
        except wire.WireError:
            raise faults.rubbish("a callback") from None
        if type(asked) is not tuple or [type(one) for one in asked] != [int, tuple, dict]:
            raise faults.rubbish("a callback")
        ident, args, kwargs = asked
        if not 0 <= ident < len(self.callbacks):
            raise faults.rubbish("a callback")
        function = self.callbacks[ident]
        self._calling_back = True
        try:
            return True, function(*args, **kwargs)
        except Refused as e:
            return False, str(e)
        except Exception as e:  # noqa: BLE001 - wrong arguments are the student's; the text is the suite's
            return False, f"the function that you were given raised {type(e).__name__}"
        finally:
            self._calling_back = False


def frames(claimed: Sequence[Any]) -> list[tuple[str, int]]:
    """The (file, line) pairs among what the far side claims to be some."""
    lines = [line for line in claimed if type(line) is tuple and [type(x) for x in line] == [str, int]]
    return lines[-serve.MAX_FRAMES :]


def inputs_of(operation: tuple[Any, ...]) -> dict[str, Any]:
    """Arguments of a call by name, those without one by their place; nothing for what is no call."""
    if operation[0] == "gradients":
        return dict(operation[2])
    if operation[0] not in ("call", "invoke", "probe"):
        return {}
    _, _, args, kwargs = operation
    return {**{str(i): a for i, a in enumerate(args)}, **kwargs}


def names(mutated: Sequence[Any], inputs: Mapping[str, Any]) -> list[str]:
    """Names of the arguments that hold the arrays with these numbers, counted in the order of sending."""
    owners = [name for name, value in inputs.items() for _ in range(_arrays_in(value))]
    return sorted({owners[i] for i in mutated if type(i) is int and 0 <= i < len(owners)})


def _arrays_in(value: Any) -> int:
    if isinstance(value, (np.ndarray, np.generic, wire.Tensor)):
        return 1
    if isinstance(value, dict):
        return sum(map(_arrays_in, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(_arrays_in, value))
    return 0


def _listed(array: np.ndarray[Any, Any]) -> str:
    return str((np.round(array, 4) if array.dtype.kind in "fc" else array).tolist())


def show(value: Any) -> str:
    """An argument as one would type it, if it is short."""
    if isinstance(value, np.ndarray):
        return "…" if value.size > MAX_SHOWN or value.ndim > 1 else _listed(value)
    if isinstance(value, wire.Tensor):
        return "…" if value.array is None else show(value.array)
    if isinstance(value, Remote):
        return value._label  # noqa: SLF001 - public names of a Remote are the student's
    if isinstance(value, (list, tuple, dict)) and value:
        return _container(value)
    if isinstance(value, wire.Seed):
        return "rng"
    if callable(value):
        return getattr(value, "__name__", "f")
    text = repr(value)
    return text if len(text) <= MAX_ARGUMENT else "…"


def _container(value: "list[Any] | tuple[Any, ...] | dict[Any, Any]") -> str:
    """Its items as `show` has them: their own repr would write out whole arrays, to be cut off."""
    opening, closing = {list: ("[", "]"), dict: ("{", "}")}.get(type(value), ("(", ")"))
    if len(value) > MAX_SHOWN:
        return f"{opening}…{closing}"
    if isinstance(value, dict):
        parts = [f"{key!r}: {show(item)}" for key, item in value.items()]
    else:
        parts = [show(item) for item in value]
    text = ", ".join(parts)
    if len(parts) == 1 and opening == "(":
        text += ","
    return f"{opening}{text if len(text) <= MAX_ARGUMENT else '…'}{closing}"


class CallLabel:
    """A call as one would type it; written out only when somebody reads it."""

    __slots__ = ("_args", "_kwargs", "_name")

    def __init__(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self._name = name
        self._args = args
        self._kwargs = kwargs

    def __str__(self) -> str:
        parts = [show(a) for a in self._args] + [
            f"{key}={show(value)}" for key, value in self._kwargs.items()
        ]
        return _short(f"{self._name}({', '.join(parts)})")


def _short(label: str) -> str:
    return label if len(label) <= MAX_LABEL else label[: MAX_LABEL - 1] + "…"


class Submission:
    """The student's module: attributes are its functions and classes."""

    def __init__(self, far: Far) -> None:
        self._far = far

    def __getattr__(self, name: str) -> "Function":
        if name.startswith("__"):
            raise AttributeError(name)
        return Function(self._far, name)

    def run(self, steps: program.Program, results: Sequence[wire.Ref]) -> list[Any]:
        """Values of `results` after all steps, carried out in one go."""
        function = ", ".join(steps.functions)
        label = f"{function}: {len(steps.steps)} operations"
        values: list[Any] = self._far.ask(program.operation(steps, list(results)), function, label)
        if type(values) is not list or len(values) != len(results):
            raise faults.rubbish(label)
        return values

    def mutations(self) -> Iterator[tuple[str, str]]:
        """(function, argument) for each input that a call of this check has changed."""
        for exchange in self._far.trace:
            for argument in exchange.mutated:
                yield exchange.function, argument


class Probe:
    """The author's module beside the student's: attributes are its functions, which get that module first."""

    def __init__(self, far: Far) -> None:
        self._far = far

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def function(*args: Any, **kwargs: Any) -> Any:
            label = CallLabel(f"probe.{name}", args, kwargs)
            return self._far.ask(("probe", name, args, kwargs), EVERYTHING, label)

        return function


class Function:
    """A function or class of the student's module."""

    def __init__(self, far: Far, name: str) -> None:
        self._far = far
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it on the far side; raises CheckFault."""
        name = self.__name__
        label = CallLabel(name, args, kwargs)
        return self._far.ask(("call", name, args, kwargs), name, label)


def _binary(name: str, symbol: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def forward(self: "Remote", other: Any) -> Any:
        return self._operate(name, (self, other), f"({show(self)} {symbol} {show(other)})")

    def backward(self: "Remote", other: Any) -> Any:
        return self._operate(name, (other, self), f"({show(other)} {symbol} {show(self)})")

    return forward, backward


class Remote:
    """Stands for an object that stays in the worker. Equality is identity of the stand-in."""

    __slots__ = ("_far", "_function", "_generation", "_handle", "_label")
    _far: Far
    _function: str
    _generation: int
    _handle: wire.Handle
    _label: str

    def __init__(
        self, far: Far, handle: wire.Handle, function: str, label: "str | CallLabel", generation: int
    ) -> None:
        for name, value in (
            ("_far", far),
            ("_handle", handle),
            ("_function", function),
            ("_label", _short(str(label))),
            ("_generation", generation),
        ):
            object.__setattr__(self, name, value)

    @property
    def type_name(self) -> str:
        """Name of its type, as the far side says."""
        return self._handle.type_name

    @property
    def kind(self) -> int:
        """`wire.OBJECT`, `ITERATOR` or `CALLABLE`, as the far side says."""
        return self._handle.kind

    def _operate(self, name: str, operands: tuple[Any, ...], label: str) -> Any:
        return self._far.ask(("operator", name, operands), self._function, label)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._far.ask(("get", self, name), self._function, f"{self._label}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        self._far.ask(("set", self, name, value), self._function, f"{self._label}.{name} = {show(value)}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it on the far side; raises CheckFault."""
        label = CallLabel(self._label, args, kwargs)
        return self._far.ask(("invoke", self, args, kwargs), self._function, label)

    def __iter__(self) -> Iterator[Any]:
        iterator = (
            self if self.kind == wire.ITERATOR else self._operate("iter", (self,), f"iter({self._label})")
        )
        for _ in range(MAX_ITEMS):
            try:
                item = self._far.ask(("next", iterator), self._function, f"next({self._label})")
            except StopIteration:
                return
            yield item
        raise Mismatch(
            Text(
                en=f"{self._label} did not end after {MAX_ITEMS} items.",
                ko=f"{self._label}: 항목 {MAX_ITEMS}개 뒤에도 끝나지 않습니다.",
            ),
            brief=Text(
                en=f"No end after {MAX_ITEMS} items.", ko=f"항목 {MAX_ITEMS}개 뒤에도 끝나지 않습니다."
            ),
        )

    def __getitem__(self, key: Any) -> Any:
        return self._operate("getitem", (self, key), f"{self._label}[{show(key)}]")

    def __setitem__(self, key: Any, value: Any) -> None:
        self._operate("setitem", (self, key, value), f"{self._label}[{show(key)}] = {show(value)}")

    def __neg__(self) -> Any:
        return self._operate("neg", (self,), f"-{self._label}")

    def __abs__(self) -> Any:
        return self._operate("abs", (self,), f"abs({self._label})")

    __add__, __radd__ = _binary("add", "+")
    __sub__, __rsub__ = _binary("sub", "-")
    __mul__, __rmul__ = _binary("mul", "*")
    __truediv__, __rtruediv__ = _binary("truediv", "/")
    __floordiv__, __rfloordiv__ = _binary("floordiv", "//")
    __mod__, __rmod__ = _binary("mod", "%")
    __pow__, __rpow__ = _binary("pow", "**")
    __matmul__, __rmatmul__ = _binary("matmul", "@")
    __lt__, __gt__ = _binary("lt", "<")[0], _binary("gt", ">")[0]
    __le__, __ge__ = _binary("le", "<=")[0], _binary("ge", ">=")[0]

    def __repr__(self) -> str:
        return f"<{self.type_name} of the submission: {self._label}>"


def items(iterable: Any) -> list[Any]:
    """All items of an iterable of the far side, or of any other, asked for in one go.

    A `for` over a handle asks for each item by itself: right where one may raise, or where there is no end.
    """
    if not isinstance(iterable, Remote):
        return list(iterable)
    label = f"list({show(iterable)})"
    found = iterable._operate("list", (iterable,), label)  # noqa: SLF001 - public names of a Remote are the student's
    if type(found) is not list:
        raise faults.rubbish(label)
    return found


class Reference:
    """The reference's module, here, with `run` for programs."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def run(self, steps: program.Program, results: Sequence[wire.Ref]) -> list[Any]:
        """Values of `results` after all steps."""
        session = serve.Session(wire.REQUEST, _no_callbacks, self._module)
        values: list[Any] = session.run(program.operation(steps, list(results)))
        return values


def _no_callbacks(*_: Any) -> NoReturn:
    raise TypeError("the reference calls nothing back")
