# What scripts/engram, scripts/test and .ci/run share. It is sourced, never run. Everything it says goes to stderr.

engram_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
engram_cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/engram

# Objects compiled in one clone serve another.
export CCACHE_BASEDIR=$engram_root CCACHE_NOHASHDIR=yes

# Debian packages.
build_packages=(g++ cmake ninja-build pkgconf ccache
  libhdf5-dev nlohmann-json3-dev libfmt-dev libboost-filesystem-dev libcli11-dev
  zlib1g-dev libdeflate-dev libzstd-dev liblz4-dev libblosc-dev libbz2-dev liblzma-dev libzfp-dev libwavpack-dev libflac-dev
  libminizip-dev libcurl4-openssl-dev libssl-dev libyaml-cpp-dev)
# The last line builds the Python packages of the codecs wavpack and flac.
test_packages=(libgtest-dev python3-venv openssl hdf5-tools
  python3-dev wavpack)
# What fuzz programs and sanitizers are built with; OpenMP is what the zfp library names in its CMake package, and llvm-14 names
# the lines of a report.
clang_packages=(clang-14 libclang-rt-14-dev libomp-14-dev llvm-14)
check_packages=(clang-format clang-tidy git "${clang_packages[@]}")

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

# Lets tests keep their files in memory, where 8 GB of it are free, until the script ends. On ext4 each new file takes many times
# as long when thousands were deleted in the minutes before, as tests do: it passes over all of their inodes, each time anew.
files_in_memory() {
  local free
  [ -z "${TMPDIR:-}" ] || return 0
  free=$({ df --output=avail /dev/shm && awk '/MemAvailable/ {print $2}' /proc/meminfo; } 2>/dev/null | sort -n | sed -n 2p)
  [ "${free:-0}" -gt 8000000 ] && TMPDIR=$(mktemp -d /dev/shm/engram-XXXXXX) || return 0
  export TMPDIR
  trap 'rm -rf "$TMPDIR"' EXIT
}

# How many things to do at a time: one a core, but no more than memory allows for at 1.5 GB each.
jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo 2>/dev/null || echo "$cores")
  echo $((memory < 1 ? 1 : memory < cores ? memory : cores))
}

# Whether the environment $1 is there. If not, it is this process's to make: another that wants it, of another checkout maybe,
# waits until this shell (a command substitution as a rule) has ended.
is_made() {
  [ ! -e "$1/complete" ] || return 0
  mkdir -p "$engram_cache"
  exec {making_lock}>"$1.lock"
  flock "$making_lock"
  [ -e "$1/complete" ]
}

# The directory of a Python environment that has exactly what the requirements file $1 lists; makes it when needed.
python_with() {
  local python=/usr/bin/python3 dir
  [ -x "$python" ] || python=python3
  dir=$engram_cache/venv-$({ "$python" --version; cat "$1"; } | sha256sum | cut -c1-16)
  if ! is_made "$dir"; then
    say "making the Python environment of ${1#"$engram_root"/} in $dir"
    rm -rf "$dir"
    local log=$engram_root/build/venv-${1##*/}.log
    logged "$log" "$python" -m venv "$dir"
    logged "$log" "$dir/bin/python" -m pip install --disable-pip-version-check --requirement "$1"
    touch "$dir/complete"
  fi
  echo "$dir/bin/python"
}

# The directory of a Python of 3.13 with what the requirements file $1 lists, for what wants a newer one than Debian 12 has:
# packages of Debian 13 are unpacked into the cache, so that no root is needed and nothing of the machine changes. Prints
# nothing where they can't be had.
new_python_with() {
  local dir=$engram_cache/new-python-$({ uname -m; cat "$1"; } | sha256sum | cut -c1-16)
  if ! is_made "$dir"; then
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 0
    say "unpacking Python 3.13 of Debian 13, with ${1#"$engram_root"/}, in $dir"
    rm -rf "$dir"
    # Under a condition nothing stops at the first error by itself: each of the two ends with the check that it worked.
    if ! { unpack_new_python "$dir" && install_for_new_python "$dir" "$1"; } >"$engram_root/build/new-python.log" 2>&1; then
      say "which did not work (build/new-python.log): tests that need it are left out"
      return 0
    fi
    touch "$dir/complete"
  fi
  echo "$dir/python3.13"
}

unpack_new_python() {
  local apt=$1/apt package
  mkdir -p "$apt"/lists/partial "$apt"/cache/archives/partial "$apt"/state "$1/root" "$1/site"
  : >"$apt/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main" \
    >"$apt/sources.list"
  local options=(-q -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State="$apt/state"
    -o Dir::State::lists="$apt/lists" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache"
    -o APT::Sandbox::User=)
  apt-get "${options[@]}" update
  (cd "$apt" && apt-get "${options[@]}" download python3.13-minimal libpython3.13-minimal libpython3.13-stdlib libc6 \
    libssl3t64 libexpat1 zlib1g libffi8 libsqlite3-0 libbz2-1.0 liblzma5 libncursesw6 libtinfo6 libreadline8t64 libuuid1 \
    libgcc-s1 libstdc++6 libzstd1)
  for package in "$apt"/*.deb; do dpkg -x "$package" "$1/root"; done
  rm -rf "$apt"
  # With that release's C library, for the machine's own is older.
  cat >"$1/python3.13" <<EOF
#!/bin/sh
root=$1/root/usr
export PYTHONHOME=\$root PYTHONPATH=$1/site\${PYTHONPATH:+:\$PYTHONPATH}
exec "\$(echo \$root/lib*/ld-linux-*)" --argv0 "\$0" --library-path "\$root/lib/$(uname -m)-linux-gnu" \\
  "\$root/bin/python3.13" "\$@"
EOF
  chmod +x "$1/python3.13"
  "$1/python3.13" -c "import ctypes, lzma, sqlite3, ssl"
}

install_for_new_python() {
  local machine platforms=() each
  machine=$(uname -m)
  for each in manylinux_2_28 manylinux_2_27 manylinux_2_24 manylinux_2_17 manylinux2014; do
    platforms+=(--platform "${each}_$machine")
  done
  # pip of an older Python finds the wheels of another, but does not install them.
  local python
  python=$(python_with "$engram_root/tests/interop/requirements.txt")
  "$python" -m pip download --disable-pip-version-check --no-deps --dest "$1/wheels" --only-binary=:all: \
    --python-version 3.13 --implementation cp "${platforms[@]}" --requirement "$2"
  for each in "$1"/wheels/*.whl; do "$python" -m zipfile -e "$each" "$1/site"; done
  rm -rf "$1/wheels"
  "$1/python3.13" -c "import hdmf_zarr"
}

# What passed once passes again while all that it depends on is the same: it is remembered by hash outside the checkout.

# Of all that test programs depend on but themselves: our files beside their sources, the names and sizes of the collection, the
# packages that are linked.
test_inputs() {
  {
    git ls-files -z -- tests specs examples ':!*.cpp' ':!*.hpp' ':!*.h' ':!*.py' | xargs -0 sha256sum
    find -L ../shared/corpus -type f -printf '%P %s\n' 2>/dev/null | sort
    dpkg-query -W -f='${Package} ${Version}\n' libc6 "${build_packages[@]}" "${test_packages[@]}" 2>/dev/null
  } | sha256sum
}

# passed_file TEXT FILE...: the file whose being there says that what TEXT says of the FILEs passed, test_inputs() being $inputs.
passed_file() {
  local text=$1
  shift
  mkdir -p "$engram_cache/passed"
  echo "$engram_cache/passed/$({ echo "$text $inputs"; sha256sum "$@" | cut -d' ' -f1; } | sha256sum | cut -c1-40)"
}
