# What scripts/engram, scripts/test and .ci/run share. It is sourced, never run. Everything it says goes to stderr.

engram_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
engram_cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/engram

# Objects compiled in one clone serve another.
export CCACHE_BASEDIR=$engram_root CCACHE_NOHASHDIR=yes

# Debian packages. The last line of the first list is not needed to build: with these the HDF5 library reads chunks
# that were written with the filters lzf, bzip2, lz4, blosc and zfp.
build_packages=(g++ cmake ninja-build pkgconf ccache
  libhdf5-dev nlohmann-json3-dev libfmt-dev libboost-filesystem-dev libcli11-dev
  zlib1g-dev libdeflate-dev libzstd-dev liblz4-dev libblosc-dev libbz2-dev liblzma-dev libzfp-dev
  libminizip-dev libcurl4-openssl-dev libssl-dev libyaml-cpp-dev
  hdf5-plugin-lzf hdf5-filter-plugin hdf5-filter-plugin-blosc-serial hdf5-filter-plugin-zfp-serial)
test_packages=(libgtest-dev python3-venv openssl)
check_packages=(clang-format clang-tidy git)

say() { printf 'engram: %s\n' "$*" >&2; }
fail() { say "$@"; exit 70; }

# Runs a command with its output in the file $1; when it fails, says so and shows the end of that file.
logged() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null && return
  tail -n 30 "$log" >&2
  fail "failed: $* (all of its output: $log)"
}

# Installs those of the Debian packages "$@" that are missing.
need_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say "this is not Debian, so nothing is installed; needed are the equivalents of: $*"
    return
  fi
  local installed missing=() package
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  for package; do
    grep -qx "installed $package" <<<"$installed" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "to install as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600)
  logged "$engram_root/build/apt.log" "${apt[@]}" update
  logged "$engram_root/build/apt.log" "${apt[@]}" install --yes --no-install-recommends "${missing[@]}"
}

# Waits for others who build in this checkout; held until the script ends or hands over to the command.
lock_build() {
  mkdir -p "$engram_root/build"
  exec {build_lock}>"$engram_root/build/.lock"
  flock -n "$build_lock" || { say "waiting for another build of this checkout"; flock "$build_lock"; }
}

# configure PRESET [OPTION...]: CMake, from nothing when the checkout has moved since.
configure() {
  local cache=$engram_root/build/$1/CMakeCache.txt
  if [ -e "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$engram_root" "$cache"; then
    rm -rf "$engram_root/build/$1"
  fi
  logged "$engram_root/build/configure-$1.log" cmake -S "$engram_root" --preset "$@"
}

# How many things to do at a time: one a core, but no more than memory allows for at 1.5 GB each.
jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo 2>/dev/null || echo "$cores")
  echo $((memory < 1 ? 1 : memory < cores ? memory : cores))
}

# The directory of a Python environment that has exactly what the requirements file $1 lists; makes it when needed.
python_with() {
  local python=/usr/bin/python3 dir
  [ -x "$python" ] || python=python3
  dir=$engram_cache/venv-$({ "$python" --version; cat "$1"; } | sha256sum | cut -c1-16)
  if [ ! -e "$dir/complete" ]; then
    say "making the Python environment of ${1#"$engram_root"/} in $dir"
    rm -rf "$dir"
    logged "$engram_root/build/venv.log" "$python" -m venv "$dir"
    logged "$engram_root/build/venv.log" "$dir/bin/python" -m pip install --disable-pip-version-check --requirement "$1"
    touch "$dir/complete"
  fi
  echo "$dir/bin/python"
}
