"""One forged frame a variant: bytes that no honest worker sends."""

from tests.hostile.sources import forged

REPLIES = {
    "the_next_but_one": "frame(wire.REPLY, call, ('value', wire.Handle(base + 1), []))",
    "the_first": "frame(wire.REPLY, call, ('value', wire.Handle(0), []))",
    "the_highest": "frame(wire.REPLY, call, ('value', wire.Handle(2**32 - 1), []))",
    "one_twice": "frame(wire.REPLY, call, ('value', [wire.Handle(base), wire.Handle(base)], []))",
    "an_unknown_kind_of_handle": "frame(wire.REPLY, call, ('value', wire.Handle(base, 9), []))",
    "a_seed": "frame(wire.REPLY, call, ('value', wire.Seed(1), []))",
    "a_callback": "frame(wire.REPLY, call, ('value', wire.Callback(0), []))",
    "a_reference": "frame(wire.REPLY, call, ('value', wire.Ref(0), []))",
}
VARIANTS = {name: forged(f"Sends {name.replace('_', ' ')}", reply) for name, reply in REPLIES.items()}
