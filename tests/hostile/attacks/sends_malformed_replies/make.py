"""One forged frame a variant: bytes that no honest worker sends."""

from tests.hostile.sources import forged

REPLIES = {
    "an_array_for_a_word": "frame(wire.REPLY, call, (np.zeros(2), 0.0, []))",
    "an_array_alone": "frame(wire.REPLY, call, np.zeros(2))",
    "no_tuple": "frame(wire.REPLY, call, ['value', 1, []])",
    "the_end_of_nothing": "frame(wire.REPLY, call, ('end',))",
    "too_few": "frame(wire.REPLY, call, ('value', 1))",
    "too_many": "frame(wire.REPLY, call, ('value', 1, [], None))",
    "no_word": "frame(wire.REPLY, call, ())",
    "an_unknown_word": "frame(wire.REPLY, call, ('passed', 1, []))",
    "an_error_of_arrays": "frame(wire.REPLY, call, ('error', np.zeros(2), 'x', 'y', []))",
    "an_error_of_numbers": "frame(wire.REPLY, call, ('error', 1, 2, 3, 4))",
    "another_call": "frame(wire.REPLY, call ^ 1, ('value', 1, []))",
    "another_kind": "frame(wire.CALL, call, ('value', 1, []))",
    "a_load": "frame(wire.LOAD, call, ('value', 1, []))",
    "an_unknown_kind": "raw(call, *value(b'N'), kind=99)",
    "a_callback_to_nobody": "frame(wire.CALLBACK, call, (0, (), {}))",
    "a_callback_to_no_number": "frame(wire.CALLBACK, call, (-1, (), {}))",
    "a_callback_of_rubbish": "frame(wire.CALLBACK, call, wire.Handle(base))",
    "a_callback_of_arrays": "frame(wire.CALLBACK, call, (np.zeros(2), (), {}))",
    "no_magic": "raw(call, *value(b'N'), magic=b'dlg2')",
    "nothing_but_zeros": "bytes(200)",
    "text": "b'HTTP/1.1 200 OK\\r\\n\\r\\n' * 4",
    "an_empty_frame": "raw(call, b'')",
    "trailing_bytes": "raw(call, value(b'N')[0] + b'N')",
    "an_unknown_type": "raw(call, *value(b'x'))",
    "a_cut_number": "raw(call, value(b'i\\0\\0')[0][:-5])",
    "a_key_twice": "raw(call, *value(b'd\\x02\\0\\0\\0' + b'\\x01\\0\\0\\0aN' * 2))",
    "a_key_that_is_no_text": "raw(call, *value(b'd\\x01\\0\\0\\0iN'))",
    "a_word_in_the_lines": "frame(wire.REPLY, call, ('error', 'raised', 'E', 'text', 'lines'))",
}
VARIANTS = {name: forged(f"Sends {name.replace('_', ' ')}", reply) for name, reply in REPLIES.items()}
