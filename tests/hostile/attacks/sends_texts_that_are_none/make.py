"""One forged frame a variant: bytes that no honest worker sends."""

from tests.hostile.sources import forged

REPLIES = {
    "a_surrogate": "raw(call, *value(b's\\x03\\0\\0\\0\\xed\\xb3\\xbf'))",
    "a_cut_sequence": "raw(call, *value(b's\\x01\\0\\0\\0\\xc3'))",
    "an_overlong_one": "raw(call, *value(b's\\x02\\0\\0\\0\\xc0\\xaf'))",
    "a_key": "raw(call, *value(b'd\\x01\\0\\0\\0\\x01\\0\\0\\0\\xffN'))",
    "a_type_name": "raw(call, *value(b'h' + struct.pack('<I', base) + b'\\0\\x01\\xff'))",
    "an_exception": "raw(call, b't\\x05\\0\\0\\0s\\x05\\0\\0\\0errors\\x06\\0\\0\\0raiseds\\x01\\0\\0\\0\\xffs\\0\\0\\0\\0l\\0\\0\\0\\0')",
    "a_text_past_the_end": "raw(call, *value(b's\\xff\\xff\\xff\\xffx'))",
}
VARIANTS = {name: forged(f"Sends {name.replace('_', ' ')}", reply) for name, reply in REPLIES.items()}
