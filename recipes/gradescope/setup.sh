#!/usr/bin/env bash
# Gradescope runs this once, as root, while it builds the image of the autograder; so does tests/recipes.
# AUTOGRADER_ROOT and DLGRADE_VENV say where, for a try elsewhere.
set -euo pipefail
root=${AUTOGRADER_ROOT:-/autograder}
venv=${DLGRADE_VENV:-/opt/dlgrade}
source=$root/source

# Python 3.11 or newer, with venv. Ubuntu 24.04 brings 3.12; 22.04 has 3.11 beside its own 3.10.
new_enough() {
    for name in python3.13 python3.12 python3.11 python3; do
        if "$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}
if ! python=$(new_enough); then
    apt-get update
    apt-get install --yes --no-install-recommends python3.12 python3.12-venv ||
        apt-get install --yes --no-install-recommends python3.11 python3.11-venv
    python=$(new_enough)
fi

setting() {
    "$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$source/settings.json" "$1"
}

# The packages lie where every user can read them: as root in a container, the code of students runs as another
# user. torch comes in its CPU build, a tenth of the size.
extras=$(setting extras)
if [ -n "$extras" ]; then
    export PIP_EXTRA_INDEX_URL="${PIP_EXTRA_INDEX_URL:-} https://download.pytorch.org/whl/cpu"
fi
umask 022
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --constraint "$source/dlgrade/constraints.txt" "$source/dlgrade$extras"

# Nobody but root reads the suite, beside all that the wall does.
chmod -R go-rwx "$source"

# For the log of the build: how strong the wall is there.
GRADE_COURSE=$source/course GRADE_STATE=$source/state "$venv/bin/grade" doctor ||
    echo "setup.sh: something is missing here, see above; see docs/recipes.md" >&2
