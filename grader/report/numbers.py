"""Numbers as people read them: short in a cell, exact enough in a sentence."""

import math

from grader.core.record import Number


def same(one: float, other: float) -> bool:
    """Equal, where nan equals nan."""
    return one == other or (math.isnan(one) and math.isnan(other))


def real(value: Number) -> float:
    """A number of a record as a float; integers beyond its range as infinity."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if isinstance(value, int) and value > 0 else -math.inf


def _tidy(text: str) -> str:
    mantissa, e, exponent = text.partition("e")
    if "." in mantissa and e:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}" if e else text


def short(value: float) -> str:
    """At most seven characters, for the cell of a picture."""
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    size = abs(value)
    if value == 0:
        return "0"
    if value == int(value) and size < 1e5:
        return str(int(value))
    if 0.01 <= size < 99999.5:
        return f"{value:.0f}" if size >= 99.95 else f"{value:.3g}" if size >= 0.1 else f"{value:.2g}"
    return _tidy(f"{value:.1e}")


def precise(value: float) -> str:
    """Six significant digits, for sentences and tables."""
    if not math.isfinite(value):
        return short(value)
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return _tidy(f"{value:.6g}")


def apart(one: float, other: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart."""
    texts = precise(one), precise(other)
    for digits in (9, 12, 17):
        if texts[0] != texts[1]:
            break
        texts = _tidy(f"{one:.{digits}g}"), _tidy(f"{other:.{digits}g}")
    return texts


def points(value: float) -> str:
    """Points: two decimals at most, none where they are zero."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def signed(value: float) -> str:
    """Points won or lost, with their sign."""
    return f"{'+' if value > 0 else '−' if value < 0 else '±'}{points(abs(value))}"


def shape_text(shape: list[int]) -> str:
    """A shape as Python writes it."""
    return f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"


def largest(values: list[float]) -> float:
    """The largest finite magnitude, 0 for none."""
    return max((abs(v) for v in values if math.isfinite(v)), default=0.0)


def differences(expected: list[float], got: list[float]) -> list[float]:
    """|got - expected|, entry by entry; 0 where both are the same infinity or both nan."""
    return [0.0 if same(e, g) else abs(g - e) for e, g in zip(expected, got, strict=False)]


def worst_of(difference: list[float]) -> int | None:
    """Where the difference is largest, nan counting as larger than all; None if there is none."""
    keyed = [math.inf if math.isnan(d) else d for d in difference]
    best = max(range(len(keyed)), key=keyed.__getitem__, default=None)
    return best if best is not None and keyed[best] > 0 else None
