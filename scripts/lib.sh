# What the scripts share: messages and the interpreter to build the virtual environment with.

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }

fail() {
  printf '\033[1;31merror:\033[0m %s\n' "$*" >&2
  exit 1
}

ros_is_sourced() { [ -n "${ROS_DISTRO:-}" ] && [ -n "${AMENT_PREFIX_PATH:-}" ]; }

# Both sides are versions such as 3.22; true when the first is at least the second.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

require_build_tools() {
  local compiler="${CXX:-c++}" found
  command -v "$compiler" >/dev/null || fail "there is no C++ compiler: apt install g++"
  command -v make >/dev/null || fail "there is no make: apt install make"
  command -v cmake >/dev/null || fail "there is no cmake: apt install cmake"
  found="$(cmake --version | sed -n '1s/cmake version //p')"
  at_least "$found" 3.21 || fail "cmake $found is too old, 3.21 is needed: apt install cmake"
}

# Print the interpreter's version; fail unless it is one that the pins were made for.
suitable_version() {
  "$1" -c 'import sys
version = sys.version_info[:2]
print("%d.%d" % version)
sys.exit(not (3, 10) <= version <= (3, 12))' 2>/dev/null
}

# Print the first interpreter that can make a virtual environment and build the messages.
find_python() {
  local python version apt="" candidates="${PYTHON:-python3 python3.12 python3.11 python3.10}"
  if ros_is_sourced; then candidates="${PYTHON:-/usr/bin/python3}"; fi  # the one ROS 2 is built for
  for python in $candidates; do
    command -v "$python" >/dev/null || continue
    version="$(suitable_version "$python")" || continue
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
      apt="${apt:-python$version-venv}"
    elif ! "$python" -c 'import os, sysconfig
os.stat(os.path.join(sysconfig.get_path("include"), "Python.h"))' 2>/dev/null; then
      apt="${apt:-python$version-dev}"
    else
      command -v "$python"
      return
    fi
  done
  [ -z "$apt" ] || fail "Python is here, but not all of it: apt install $apt"
  fail "Python 3.10, 3.11 or 3.12 is needed: apt install python3 python3-venv python3-dev"
}
