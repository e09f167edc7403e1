# shellcheck shell=sh disable=SC2154  # $tool comes from whoever sources this
# What tools/demo and tools/test share. Sourced, not run; POSIX sh.
#
# Wants $tool (the name for messages). Gives: $root, $jobs, say, die, install_packages, check_tools,
# is_configured, configure, build.

root=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd)

say() {
  printf '%s: %s\n' "$tool" "$*"
}

die() {
  printf '%s: %s\n' "$tool" "$*" >&2
  exit 1
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Runs its arguments as root.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# install_packages PACKAGE...: those of them that are missing, with apt-get. Where there is no apt-get, what is
# needed may be there already; the configure step says what is not.
install_packages() {
  if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
    if command -v cmake >/dev/null 2>&1 && command -v ninja >/dev/null 2>&1 && command -v c++ >/dev/null 2>&1; then
      return 0
    fi
    die "cannot install packages on this system (it has no apt-get); install what Debian calls: $*, and run this again."
  fi
  missing=
  for package in "$@"; do
    is_installed "$package" || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
    die "missing packages, and neither root nor sudo to install them; as root: apt-get install$missing"
  fi
  say "installing$missing"
  as_root apt-get update -q ||
    die "apt-get update failed (see above); then to be installed:$missing"
  # shellcheck disable=SC2086  # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing ||
    die "apt-get could not install$missing (see above)"
}

# at_least 3.25 3.25.1: is the second version the first or newer?
at_least() {
  [ "$(printf '%s\n%s\n' "$1" "$2" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)" = "$1" ]
}

# The compiler and CMake are new enough, or a sentence says which is not.
check_tools() {
  cmake_version=$(cmake --version | sed -n '1s/[^0-9]*\([0-9.]*\).*/\1/p')
  at_least 3.25 "$cmake_version" ||
    die "cmake $cmake_version is too old: 3.25 is needed (Debian 12, Ubuntu 24.04, or newer)."
  compiler=${CXX:-c++}
  command -v "$compiler" >/dev/null 2>&1 || die "there is no C++ compiler named $compiler."
  if "$compiler" --version | grep -q clang; then
    floor=14
  else
    floor=12
  fi
  compiler_version=$("$compiler" -dumpfullversion -dumpversion)
  at_least "$floor" "$compiler_version" ||
    die "$compiler $compiler_version is too old: g++ 12 or clang 14 is needed; CXX=... chooses another."
}

# One job a processor, and 1.5 GB for each.
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
if [ -r /proc/meminfo ]; then
  fit=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
  [ "${fit:-1}" -ge 1 ] || fit=1
  [ "$jobs" -le "$fit" ] || jobs=$fit
fi

# is_configured PRESET: build/PRESET is there, and made with the compiler that is asked for now.
is_configured() {
  [ -f "$root/build/$1/build.ninja" ] || return 1
  case $1 in
    clang | fuzz) return 0 ;;  # they name theirs in CMakePresets.json
  esac
  was=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$root/build/$1/CMakeCache.txt" 2>/dev/null)
  [ "$(readlink -f -- "$was")" = "$(readlink -f -- "$(command -v "${CXX:-c++}")")" ]
}

# configure PRESET [-D...]: its output is shown only when it fails.
configure() {
  preset=$1
  shift
  mkdir -p "$root/build" || die "cannot write to $root"
  log=$root/build/$preset.configure.log
  if command -v ccache >/dev/null 2>&1; then
    set -- -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@"
  fi
  if [ -f "$root/build/$preset/CMakeCache.txt" ] && ! is_configured "$preset"; then
    set -- --fresh "$@"  # CMake would stay with the compiler of its first run
  fi
  say "configuring build/$preset"
  if ! (CDPATH='' cd -- "$root" && cmake --preset "$preset" "$@") >"$log" 2>&1; then
    cat "$log" >&2
    die "CMake could not configure build/$preset (see above)"
  fi
}

# build PRESET [TARGET...]
build() {
  preset=$1
  shift
  say "building build/$preset with $jobs jobs"
  if [ $# -gt 0 ]; then
    set -- --target "$@"
  fi
  cmake --build "$root/build/$preset" -j "$jobs" "$@" || die "the build in build/$preset failed (see above)"
}
