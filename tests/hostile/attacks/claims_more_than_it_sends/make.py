"""One forged frame a variant: bytes that no honest worker sends."""

from tests.hostile.sources import forged

REPLIES = {
    "a_vast_header": "raw(call, b'N', claimed=(2**32 - 1, 0))",
    "vast_buffers": "raw(call, b'N', claimed=(1, 2**64 - 1))",
    "just_over_the_limit": "raw(call, b'N', claimed=(1, 2**24 + 1))",
    "a_list_of_4_billion": "raw(call, *value(b'l\\xff\\xff\\xff\\xff'))",
    "a_dict_of_4_billion": "raw(call, *value(b'd\\xff\\xff\\xff\\xff'))",
    "a_list_in_a_list": "raw(call, *value(b'l\\x01\\0\\0\\0' * 12000))",
}
VARIANTS = {name: forged(f"Sends {name.replace('_', ' ')}", reply) for name, reply in REPLIES.items()}
