"""One forged frame a variant: bytes that no honest worker sends."""

from tests.hostile.sources import forged

REPLIES = {
    "left_over": "raw(call, *value(b'N', bytes(8)))",
    "one_for_two": "raw(call, *value(b'l\\x02\\0\\0\\0' + (b'a\\x0b\\x01' + struct.pack('<Q', 1)) * 2, bytes(8)))",
    "one_byte_short": "raw(call, *value(b'a\\x0b\\x01' + struct.pack('<Q', 1), bytes(7)))",
    "one_byte_more": "raw(call, *value(b'a\\x0b\\x01' + struct.pack('<Q', 1), bytes(9)))",
}
VARIANTS = {name: forged(f"Sends {name.replace('_', ' ')}", reply) for name, reply in REPLIES.items()}
