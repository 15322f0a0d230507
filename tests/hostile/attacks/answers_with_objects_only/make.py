"""One forged frame a variant: bytes that no honest worker sends."""

from tests.hostile.sources import forged

REPLIES = {
    "objects": "frame(wire.REPLY, call, ('value', wire.Handle(base, wire.OBJECT, 'ndarray'), []))",
    "iterators": "frame(wire.REPLY, call, ('value', wire.Handle(base, wire.ITERATOR, 'ndarray'), []))",
    "functions": "frame(wire.REPLY, call, ('value', wire.Handle(base, wire.CALLABLE, 'float'), []))",
    "lists_of_them": "frame(wire.REPLY, call, ('value', [wire.Handle(base + i) for i in range(5000)], []))",
}
VARIANTS = {name: forged(f"Sends {name.replace('_', ' ')}", reply) for name, reply in REPLIES.items()}
