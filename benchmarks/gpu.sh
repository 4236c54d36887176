#!/usr/bin/env bash
# On a machine with an NVIDIA GPU and CuPy: build, run the tests that need a GPU, and measure every family.
# Tables go to ${OUT:-build/gpu}. Without a network, PIP_OPTIONS="--no-index --find-links FOLDER" takes wheels from a folder.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${OUT:-build/gpu}
mkdir -p "$out"
python3 -m pip install -q ${PIP_OPTIONS:-} 'setuptools>=77' 'cython>=3.1' numpy opencv-python-headless pytest hypothesis PyYAML tqdm joblib
python3 -m pip install -q ${PIP_OPTIONS:-} --no-deps --no-build-isolation -e .
python3 -c "import pixkern; pixkern.show_versions(); assert pixkern.backends()['cuda'].available"
failed=0
python3 -m pytest -q -m cuda tests 2>&1 | tee "$out/tests.txt" || failed=1
python3 benchmarks/compare.py --cuda --json "$out/compare.json" --markdown "$out/compare.md" || failed=1
exit $failed
