"""One forged frame a variant: bytes that no honest worker sends."""

from tests.hostile.sources import forged

REPLIES = {
    "empty_lists": "raw(call, *value(b'l' + struct.pack('<I', 12000) + b'l\\0\\0\\0\\0' * 12000))",
    "many_none": "raw(call, *value(b'l' + struct.pack('<I', 60000) + b'N' * 60000))",
    "nested": "raw(call, *value(b'l\\x02\\0\\0\\0N' * 40 + b'N'))",
    "empty_arrays": "raw(call, *value(b'l' + struct.pack('<I', 11000) + b'a\\x0b\\0'[:2] * 11000))",
    "a_megabyte_of_meta": "raw(call, b'l' + struct.pack('<I', 2**20) + b'N' * 2**20)",
    "empty_names": "raw(call, *value(b'd' + struct.pack('<I', 11000) + b'\\0\\0\\0\\0N' * 11000))",
}
VARIANTS = {name: forged(f"Sends {name.replace('_', ' ')}", reply) for name, reply in REPLIES.items()}
