"""Answers the judge's calls with the student's code. Lives in the worker, beside that code.

`Session` is the whole meaning of a call; `main` connects it to a socket. The judge also runs a
`Session` in its own process over code that it trusts: to replay known mistakes, and for authors.
"""

import contextlib
import errno
import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import operator
import os
import random
import socket
import sys
import types
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grader.worker import wire
from grader.worker.rehearsal import rehearse

if TYPE_CHECKING:
    from grader.worker import cells, device, uses

MAX_TEXT: Final = 4000  # characters of an exception's text that are told
NO_MEMORY: Final = "DefaultCPUAllocator: can't allocate memory"  # torch's way to say MemoryError
NO_GPU_MEMORY: Final = "CUDA out of memory"
LOST_GPU: Final = "lost_gpu"
"""The category of an error after which this process can use its GPU no more."""
MAX_NAME: Final = 200  # characters of its type's name
MAX_FRAMES: Final = 20
NOTEBOOK: Final = ".ipynb"
PROBE: Final = "<probe>"  # the author's module beside the student's; no file of a student's is called so
# How a program is written down: see judge/program.py.
MAX_OPERANDS: Final = 3  # in a row of its code
NO_OPERAND: Final = 2**31 - 1
WHOLE: Final = -1

Ask = Callable[[int, tuple[Any, ...], dict[str, Any]], Any]
"""Calls a function of the judge's by its id."""

# Names in `operator`, through which `__radd__` and its like are reached.
OPERATORS: Final = frozenset((
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul",
    "iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "imatmul",
    "neg", "pos", "abs", "invert", "and_", "or_", "xor", "lshift", "rshift",
    "lt", "le", "eq", "ne", "ge", "gt",
    "getitem", "setitem", "delitem", "contains", "concat",
))  # fmt: skip
BUILTINS: Final[dict[str, Callable[..., Any]]] = {
    "len": len,
    "bool": bool,
    "int": int,
    "float": float,
    "iter": iter,
    "list": list,
}


class Missing(Exception):
    """The submission has no such name."""


class NoGraph(Exception):
    """A result that no gradient flows through."""


class _End(Exception):
    """An iterator is used up."""


_CATEGORIES: Final[dict[type[BaseException], str]] = {
    Missing: "missing",
    NoGraph: "no_graph",
    wire.Unsendable: "unsendable",
    wire.TooLarge: "too_large",
}


_FULL: Final = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


def _category(error: BaseException) -> str:
    """What kind of end this is: the student's exception, or a limit that showed itself as one."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return "memory"
    if isinstance(error, OSError) and error.errno in _FULL:
        return "disk"
    if isinstance(error, OSError) and error.errno == errno.EMFILE:
        return "open_files"
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return "threads"
    text = error.args[0] if isinstance(error, RuntimeError) and error.args else None
    if type(text) is str and (NO_MEMORY in text or NO_GPU_MEMORY in text):
        return "memory"
    return _CATEGORIES.get(type(error), "raised")


def _tensors() -> "types.ModuleType | None":
    """What knows torch's objects, where torch is imported."""
    return _tensors_module() if "torch" in sys.modules else None


@functools.cache
def _tensors_module() -> types.ModuleType:
    return importlib.import_module("grader.worker.tensors")


class Sources(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports modules from memory, so that no path and no `sys.path` entry is needed."""

    def __init__(self, files: Sequence[tuple[str, bytes]]) -> None:
        self.files = {name.removesuffix(".py").removesuffix(NOTEBOOK): (name, data) for name, data in files}
        self.notebooks: dict[str, cells.Notebook] = {}
        """Those among the files, by name."""
        for name, source in files:
            if name.endswith(NOTEBOOK):
                self.notebooks[name] = importlib.import_module("grader.worker.cells").Notebook(name, source)

    @property
    def python(self) -> list[tuple[str, bytes]]:
        """The files as Python reads them."""
        read = {name: notebook.python for name, notebook in self.notebooks.items()}
        return [(name, read.get(name, source)) for name, source in self.files.values()]

    @property
    def notes(self) -> "list[cells.Note]":
        """What became of cells that did not run, or not to their end."""
        return [note for notebook in self.notebooks.values() for note in notebook.notes]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for one of our files, None for any other module."""
        if fullname not in self.files:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=self.files[fullname][0])

    def exec_module(self, module: types.ModuleType) -> None:
        """Compile and run the file as `module`."""
        name, source = self.files[module.__name__]
        if name in self.notebooks:
            self.notebooks[name].run(module.__dict__)
            return
        code = compile(source, name, "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 - running the student's code is what a worker is for


def load(finder: Sources) -> types.ModuleType:
    """The first of the files as a module; it may import the others by name."""
    for name in finder.files:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, finder)
    return importlib.import_module(next(iter(finder.files)))


def load_probe(source: bytes) -> types.ModuleType:
    """The author's probe as a module."""
    probe = types.ModuleType(PROBE)
    sys.modules[PROBE] = probe  # dataclasses look their module up there
    code = compile(source, PROBE, "exec", dont_inherit=True)
    exec(code, probe.__dict__)  # noqa: S102 - the author's code, public as all that is here
    return probe


class Session:
    """One submission's module, the probe where there is one, and the objects that stay beside them."""

    def __init__(
        self,
        limits: wire.Limits,
        ask: Ask,
        module: types.ModuleType | None = None,
        *,
        probe: types.ModuleType | None = None,
        on_cpu: bool = False,
    ) -> None:
        """`on_cpu`: in the judge, which opens no other device."""
        self.limits = limits
        self.ask = ask
        self.module = module
        self.probe = probe
        self.on_cpu = on_cpu
        self.files: frozenset[str] = frozenset()
        self.objects: dict[int, Any] = {}
        self.base = 0
        self.watch: uses.Watch | None = None
        """Sees what the exercise forbids; None where it forbids nothing."""
        self.gpu: device.Gpu | None = None
        """Where the code runs on one."""

    def answer(self, kind: int, call: int, meta: memoryview, buffers: memoryview) -> bytes:
        """The reply to one frame of the judge's."""
        decoder = wire.Decoder(meta, buffers, wire.REQUEST, self.revive, writeable=True)
        self.base, operation, *seed = decoder.value()
        if seed:
            seed_all(*seed)
        if self.gpu is not None:
            self.gpu.settle()  # whatever the code has changed of it since the last call
        encoder = wire.Encoder(self.limits, self.adopt)
        try:
            if kind == wire.LOAD:
                encoder.put(("value", self._load(*operation), [], *self._seen()))
            else:
                value = self.run(operation) if self.watch is None else self.watch(self.run, operation)
                if self.gpu is not None:
                    self.gpu.finish()
                mutated = [
                    i
                    for i, (sent, raw) in enumerate(decoder.arrays)
                    if (sent.tobytes() if type(sent) is np.ndarray else _bytes_of(sent)) != bytes(raw)
                ]
                encoder.put(("value", value, mutated, *self._seen()))
            _flush()
            return wire.pack(wire.REPLY, call, encoder)
        except BaseException as e:  # noqa: BLE001 - the student's code may raise anything
            _flush()
            encoder = wire.Encoder(wire.Limits())
            if type(e) is _End:
                encoder.put(("end", *self._seen()))
            else:
                lost = self.gpu is not None and self.gpu.lost
                category = LOST_GPU if lost else _category(e)
                encoder.put(("error", category, *describe(e, self.files), *self._seen()))
            return wire.pack(wire.REPLY, call, encoder)

    def _seen(self) -> tuple[Any, ...]:
        """What was used that is forbidden, if anything was, as the last part of a reply."""
        return () if self.watch is None else self.watch.told()

    def _load(
        self,
        files: list[tuple[str, bytes]],
        seed: int,
        forbidden: tuple[list[str], list[str], list[str]] | None = None,
        probe: bytes | None = None,
    ) -> "list[cells.Note]":
        """What became of a notebook's cells that did not run to their end."""
        self.files = frozenset(name for name, _ in files)
        if probe is not None:  # before the student's first line: what it imports is what it takes it for
            self.probe = load_probe(probe)
        sources = Sources(files)
        seed_all(seed)
        if forbidden is None:
            self.module = load(sources)
        else:
            from grader.worker import uses

            self.watch = uses.Watch(*forbidden, sources.python)
            self.module = self.watch(load, sources)
        return sources.notes

    def run(self, operation: tuple[Any, ...]) -> Any:
        """Carry out one operation on the module and the objects beside it."""
        name, *rest = operation
        if name == "program":
            return self._program(*rest)
        return self._step(name, *rest)

    def _step(self, name: str, *rest: Any) -> Any:
        if name == "call":
            function, args, kwargs = rest
            return self._attribute(self.module, function)(*args, **kwargs)
        if name == "invoke":
            target, args, kwargs = rest
            return target(*args, **kwargs)
        if name == "method":
            target, method, args, kwargs = rest
            return self._attribute(target, method)(*args, **kwargs)
        if name == "probe":
            function, args, kwargs = rest
            return self._attribute(self.probe, function)(self.module, *args, **kwargs)
        if name == "operator":
            return _operated(*rest)
        if name == "get":
            target, attribute = rest
            return self._attribute(target, attribute)
        if name == "set":
            target, attribute, value = rest
            setattr(target, attribute, value)
            return None
        if name == "gradients":
            return self._gradients(*rest)
        if name == "next":
            (iterator,) = rest
            for item in iterator:
                return item
            raise _End
        raise Missing(name)

    def _program(
        self, names: list[str], constants: list[Any], code: np.ndarray[Any, Any], results: list[int]
    ) -> list[Any]:
        """Values of the steps `results`; judge/program.py says how a program is written down."""
        values: list[Any] = []
        for first, second, *places in code.tolist():
            if first == WHOLE:
                step = _resolve(constants[-1 - places[0]], values)
                values.append(self._step(*step))
                continue
            operands = [values[p] if p >= 0 else constants[-1 - p] for p in places if p != NO_OPERAND]
            operation, name = names[first], names[second]
            if operation == "operator":
                values.append(self._step(operation, name, operands))
            elif operation == "call":
                values.append(self._step(operation, name, operands, {}))
            elif operation == "method":
                values.append(self._step(operation, operands[0], name, operands[1:], {}))
            else:
                values.append(self._step(operation, operands[0], name, *operands[1:]))
        return [values[index] for index in results]

    def _gradients(self, target: Any, given: dict[str, Any], upstream: Any, names: list[str]) -> Any:
        """Call a function of the module, or an object, and differentiate what it returns."""
        function = self._attribute(self.module, target) if type(target) is str else target
        return _tensors_module().gradients(function, function(**given), given, upstream, names)

    def _attribute(self, target: Any, name: str) -> Any:
        try:
            return getattr(target, name)
        except AttributeError as e:
            # An AttributeError from inside a property or a __getattr__ is the student's own.
            traceback = e.__traceback__
            if traceback is not None and traceback.tb_next is None:
                raise Missing(name) from None
            raise

    def revive(self, special: wire.Handle | wire.Seed | wire.Callback | wire.Ref | wire.Tensor) -> Any:
        """What the student's code gets for something of the judge's that is no plain value."""
        if isinstance(special, wire.Handle):
            return self.objects[special.id]
        if isinstance(special, wire.Seed):
            return np.random.default_rng(special.value)
        if isinstance(special, wire.Callback):
            ident = special.id
            return lambda *args, **kwargs: self.ask(ident, args, kwargs)
        if isinstance(special, wire.Tensor):
            return _tensors_module().build(special, on_cpu=self.on_cpu)
        return special

    def adopt(self, value: Any) -> Any:
        """What crosses in place of `value`: a tensor as data, else a handle of what is kept here.

        The judge chose the number of the first handle of this reply.
        """
        if isinstance(value, (np.ndarray, np.generic)):
            what = "a subclass of numpy.ndarray" if isinstance(value, np.ndarray) else "a NumPy scalar"
            raise wire.Unsendable(f"{type(value).__name__}, {what}")
        tensors = _tensors()
        if tensors is not None and (plain := tensors.adopt(value, self.limits.buffers)) is not None:
            return plain
        kind = wire.OBJECT
        if hasattr(type(value), "__next__"):
            kind = wire.ITERATOR
        elif callable(value):
            kind = wire.CALLABLE
        handle = wire.Handle(self.base, kind, type(value).__name__)
        self.objects[self.base] = value
        self.base += 1
        return handle


def _operated(symbol: str, args: Sequence[Any]) -> Any:
    """What a function of `operator`, or one of BUILTINS, gives."""
    if symbol in BUILTINS:
        return BUILTINS[symbol](*args)
    if symbol not in OPERATORS:
        raise Missing(symbol)
    return getattr(operator, symbol)(*args)


def seed_all(seed: int) -> None:
    """Make what the student may use for random numbers reproducible."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the student may use it
    tensors = _tensors()
    if tensors is not None:
        tensors.seed(seed)


def _bytes_of(sent: Any) -> bytes:
    """What a tensor of the judge's holds now."""
    data: bytes = _tensors_module().tobytes(sent)
    return data


def _resolve(value: Any, values: list[Any]) -> Any:
    """`value` with the results of earlier steps in place of references to them."""
    if type(value) is wire.Ref:
        return values[value.step]
    if type(value) is wire.Seed:  # where the program did not cross a wire: for the reference
        return np.random.default_rng(value.value)
    if type(value) is tuple or type(value) is list:
        return type(value)(_resolve(item, values) for item in value)
    if type(value) is dict:
        return {key: _resolve(item, values) for key, item in value.items()}
    return value


def describe(error: BaseException, files: Collection[str]) -> tuple[str, str, list[tuple[str, int]]]:
    """(type, text, lines in `files` that the traceback passes through) of `error`."""
    try:
        text = str(error)[:MAX_TEXT].encode("utf-8", "replace").decode()
    except BaseException:  # noqa: BLE001 - a __str__ of the student's
        text = ""
    name = type(error).__name__[:MAX_NAME].encode("utf-8", "replace").decode()
    return name, text, list(_lines(error, files))[-MAX_FRAMES:]


def _lines(error: BaseException, files: Collection[str]) -> Iterator[tuple[str, int]]:
    traceback = error.__traceback__
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if name in files:
            yield name, traceback.tb_lineno
        traceback = traceback.tb_next
    if isinstance(error, SyntaxError) and error.filename and error.lineno and error.filename in files:
        yield error.filename, error.lineno


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):  # the student may have put anything there
            stream.flush()


def _receive(sock: socket.socket) -> tuple[int, int, memoryview, memoryview]:
    """One frame of the judge's: (kind, call id, meta, buffers). Ends the worker when the judge has gone."""
    head = wire.HEADER.size
    data = _some(sock)
    while len(data) < head:
        data += _some(sock)
    kind, call, meta, buffers = wire.header(data[:head], wire.REQUEST)
    size = head + meta + buffers
    if len(data) < size:
        chunks = [data]
        done = len(data)
        while done < size:
            chunks.append(_some(sock))
            done += len(chunks[-1])
        data = b"".join(chunks)
    view = memoryview(data)
    return kind, call, view[head : head + meta], view[head + meta :]


def _some(sock: socket.socket) -> bytes:
    data = sock.recv(2**18)
    if not data:
        os._exit(0)
    return data


def main(
    fd: int, layers: Sequence[str], reply: wire.Limits, gpu_mib: int | None = None, *, rehearsed: bool = True
) -> None:
    """Serve the judge on socket `fd` until it hangs up; `layers` of the wall hold.

    `gpu_mib`: on a GPU, with so much of its memory. `rehearsed`: after a rehearsal.
    """
    # Of what kind it is could only be asked with calls that a worker may not make.
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=fd)

    def ask(ident: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        encoder = wire.Encoder(reply, session.adopt)
        encoder.put((ident, args, kwargs))
        sock.sendall(wire.pack(wire.CALLBACK, call, encoder))
        _, _, meta, buffers = _receive(sock)
        ok, value = wire.Decoder(meta, buffers, wire.REQUEST, session.revive, writeable=True).value()
        if not ok:
            raise RuntimeError(value)
        return value

    gpu: device.Gpu | None = None
    if gpu_mib is not None and _tensors() is not None:
        gpu = importlib.import_module("grader.worker.device").Gpu(gpu_mib)
    if rehearsed:
        rehearse()
    # Say hello before the student's first line runs: whatever goes wrong after this frame is the
    # submission's doing.
    encoder = wire.Encoder(wire.Limits())
    encoder.put((wire.VERSION, list(layers)))
    sock.sendall(wire.pack(wire.HELLO, 0, encoder))

    session = Session(reply, ask)
    session.gpu = gpu
    call = 0
    while True:
        kind, call, meta, buffers = _receive(sock)
        sock.sendall(session.answer(kind, call, meta, buffers))
