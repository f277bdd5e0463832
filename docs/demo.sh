#!/usr/bin/env bash
# The course's story, told once without a browser. `make demo` runs it in a lab of its own:
#     lab run --own -- docs/demo.sh
# It works on a copy in a temporary folder and leaves nothing behind.
set -euo pipefail
project="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export PATH="$project/.venv/bin:$PATH"

if [[ "${AWS_ENDPOINT_URL:-}" != http://127.0.0.1:* ]]; then
    echo "This needs the lab. Run: make demo" >&2
    exit 1
fi
copy="$(mktemp -d)"
trap 'rm -rf "$copy"' EXIT
cp -R "$project/course" "$project/exercises" "$project/solutions" "$copy"
export JUPYTER_RUNTIME_DIR="$copy/jupyter" IPYTHONDIR="$copy/ipython"

step() { printf '\n== %s\n' "$1"; }

step "1. The lab is up"
python "$project/docs/demo.py" lab

step "2. A lesson is executed: course/02-shards.ipynb"
python "$project/docs/demo.py" lesson "$copy/course/02-shards.ipynb"

step "3. A sample learner hands in the assignment 02-shards"
python "$project/docs/demo.py" submission "$copy"

step "4. It is graded (grader autograde 02-shards) and the marks have reasons"
cd "$copy"
grader autograde 02-shards --trust
grader show 02-shards

step "5. The end: the lab goes down, the copy is deleted"
