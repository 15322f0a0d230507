"""Seeds of checks: the same file always meets the same inputs, a changed file meets fresh ones.

HMAC-SHA256 with the course's secret as key (architecture.md, section 6). Never crosses the wall,
but as the seed of a generator that a check hands over.
"""

import functools
import hashlib
import hmac


def seed(secret: bytes, student: str, exercise: str, digest: str, check: str) -> int:
    """Seed of one check's generator, 128 bits; `digest` is that of the submission."""
    return int.from_bytes(_mac(secret, "check", student, exercise, digest, check)[:16], "big")


def fingerprint(secret: bytes, student: str, exercise: str, digest: str) -> str:
    """What a record says of its seeds, 32 hex digits: equal exactly if they are; tells none of them."""
    return _mac(secret, "record", student, exercise, digest)[:16].hex()


def pseudonym(secret: bytes, student: str) -> str:
    """What stands for a student where no name may: always the same, and only the secret tells whose it is."""
    return f"student-{_mac(secret, 'pseudonym', student)[:8].hex()}"


def _mac(secret: bytes, *words: str) -> bytes:
    """HMAC over words, each behind its length: ("ab", "c") and ("a", "bc") differ."""
    if len(secret) < 16:
        raise ValueError(f"secret of {len(secret)} bytes")
    encoded = [word.encode() for word in words]
    message = b"".join(len(word).to_bytes(8, "big") + word for word in encoded)
    mac = _keyed(secret).copy()
    mac.update(message)
    return mac.digest()


@functools.lru_cache(maxsize=8)
def _keyed(secret: bytes) -> hmac.HMAC:
    """A MAC that has taken in the key: setting one up costs ten times a message."""
    return hmac.new(secret, digestmod=hashlib.sha256)
