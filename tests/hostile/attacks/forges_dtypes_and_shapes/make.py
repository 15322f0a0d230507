"""One forged frame a variant: bytes that no honest worker sends."""

from tests.hostile.sources import forged

REPLIES = {
    "an_unknown_code": "raw(call, *value(b'a\\x0e\\0', bytes(8)))",
    "the_highest_code": "raw(call, *value(b'a\\xff\\0', bytes(8)))",
    "too_many_axes": "raw(call, *value(b'a\\x0b\\x11' + struct.pack('<Q', 1) * 17, bytes(8)))",
    "255_axes": "raw(call, *value(b'a\\x0b\\xff' + struct.pack('<Q', 1) * 255, bytes(8)))",
    "axes_that_are_not_there": "raw(call, value(b'')[0][:-5] + b'a\\x0b\\x10')",
    "2_to_the_40_entries": "raw(call, *value(b'a\\x0b\\x01' + struct.pack('<Q', 2**40), bytes(8)))",
    "2_to_the_64_less_one": "raw(call, *value(b'a\\x0b\\x01' + struct.pack('<Q', 2**64 - 1), bytes(8)))",
    "a_product_that_wraps": "raw(call, *value(b'a\\x0b\\x02' + struct.pack('<2Q', 2**32, 2**32), b''))",
    "a_product_that_wraps_to_one": "raw(call, *value(b'a\\x0b\\x02' + struct.pack('<2Q', 2**63 + 1, 2), bytes(16)))",
    "zero_times_everything": "raw(call, *value(b'a\\x0b\\x03' + struct.pack('<3Q', 0, 2**40, 2**40)))",
    "a_bool_that_is_2": "raw(call, *value(b'a\\0\\x01' + struct.pack('<Q', 4), bytes([0, 1, 2, 1])))",
    "a_text_for_an_array": "raw(call, *value(b's\\x04\\0\\0\\0f8,O', bytes(8)))",
}
VARIANTS = {name: forged(f"Sends {name.replace('_', ' ')}", reply) for name, reply in REPLIES.items()}
