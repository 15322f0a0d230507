"""One dtype a variant."""

from tests.hostile.sources import right

DTYPES = {
    "dates": "'M8[D]'",
    "spans": "'m8[us]'",
    "texts": "'U5'",
    "long_texts": "'U100000'",
    "bytes": "'S3'",
    "records": "[('a', 'f8'), ('b', 'O')]",
    "void": "'V8'",
    "objects": "object",
    "variable_texts": "np.dtypes.StringDType()",
}
BODY = "return np.zeros(x.shape, {}) if x.ndim else 0"
VARIANTS = {
    name: right(
        f"Returns {name.replace('_', ' ')}",
        double=BODY.format(dtype),
        apply=f"return np.zeros(4, {dtype})[0]",
    )
    for name, dtype in DTYPES.items()
}
