# What the benchmarks share. It is sourced, never run.
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../scripts/common.bash"

# Sets ENGRAM, unless it is set: this checkout's command, built when needed.
need_engram() {
  if [ -z "${ENGRAM:-}" ]; then
    "$engram_root/scripts/engram" --version >/dev/null
    ENGRAM=$engram_root/build/release/converters/cli/engram
  fi
  export ENGRAM
}

# need_tool VARIABLE TARGET PATH: sets VARIABLE, unless it is set, to a program of this checkout, built when needed.
need_tool() {
  if [ -z "${!1:-}" ]; then
    say "building (log: build/bench.log)"
    logged "$engram_root/build/bench.log" cmake -S "$engram_root" --preset release -DENGRAM_BUILD_TESTS=ON
    logged "$engram_root/build/bench.log" cmake --build "$engram_root/build/release" --target "$2"
    printf -v "$1" %s "$engram_root/build/release/$3"
  fi
  export "${1?}"
}

# run_python SCRIPT ARGUMENT...: with the first Python that has what the benchmarks compare with: ENGRAM_PYTHON, or the one
# that scripts/test made.
run_python() {
  local python=${ENGRAM_PYTHON:-} candidate
  for candidate in "$engram_cache"/venv-*/bin/python; do
    [ -n "$python" ] || ! "$candidate" -c 'import h5py, pynwb, sys, tensorstore, hdmf_zarr
sys.exit(hdmf_zarr.__version__ < "0.13")' 2>/dev/null || python=$candidate
  done
  [ -n "$python" ] || fail "no Python with hdmf-zarr and TensorStore; run scripts/test --interop once, or set ENGRAM_PYTHON"
  exec "$python" -W ignore "$engram_root/bench/$1" --cache "$engram_cache/bench" "${@:2}"
}
