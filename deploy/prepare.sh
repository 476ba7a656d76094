# shellcheck shell=bash
# Sourced by deploy/demo, test, bench, torture, screenshots and lock, with the repository as current directory: what a fresh
# Debian lacks, and a .venv that holds exactly what a lock file names. Nothing is done that is done already.

say() { printf '%s\n' "$*" >&2; }

stop() {
    say "deploy/${0##*/}: $*"
    exit 1
}

# debian PACKAGE... : installs them, or says which are missing where that is not ours to do
debian() {
    local -a as_root=()
    command -v apt-get >/dev/null || stop "this system lacks: $*. (The names are Debian's; please install their like.)"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || stop "please install as root: apt-get install $*"
        as_root=(sudo)
    fi
    say "Installing from Debian: $*"
    "${as_root[@]}" apt-get -q update >&2 || say "apt-get update failed; trying with the lists at hand"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "$@" >&2 ||
        stop "could not install: $*"
}

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# find_python : prints a Python of 3.11 or later
find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null && is_recent "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    command -v python3 >/dev/null && stop "Python 3.11 or later is needed; this is $(python3 -V)."
    debian python3 python3-venv
    command -v python3
}

make_venv() {
    local python version place
    place=$(cat .venv/place 2>/dev/null || pwd -P)
    [ "$place" = "$(pwd -P)" ] || rm -rf .venv  # it was copied or moved: its scripts point to where it was
    if [ -x .venv/bin/python ] && is_recent .venv/bin/python; then
        command -v uv >/dev/null || .venv/bin/python -c 'import pip' 2>/dev/null || rm -rf .venv
    else
        rm -rf .venv  # absent, or of a Python that is gone
    fi
    [ -e .venv ] && return
    python=$(find_python)
    say "Making .venv with $("$python" -V)"
    if command -v uv >/dev/null; then
        uv venv --quiet --no-config --python "$python" .venv
        return
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        debian "python$version-venv"
    fi
    "$python" -m venv .venv
}

# install_lock run|test : .venv holds deploy/requirements.lock (or -test.lock), hash for hash, and the project
install_lock() {
    local kind=$1 lock=deploy/requirements.lock stamp
    [ "$kind" = test ] && lock=deploy/requirements-test.lock
    make_venv
    pwd -P >.venv/place
    stamp=$(cat "$lock" pyproject.toml <(.venv/bin/python -V) | sha256sum | cut -d' ' -f1)
    [ "$(cat ".venv/installed-$kind" 2>/dev/null)" = "$stamp" ] && return
    say "Installing $lock"
    if command -v uv >/dev/null; then
        uv pip install --quiet --no-config --python .venv/bin/python --require-hashes -r "$lock"
        uv pip install --quiet --no-config --python .venv/bin/python --no-build-isolation --no-deps -e .
    else
        local -a pip=(.venv/bin/python -m pip --quiet --disable-pip-version-check --no-input)
        "${pip[@]}" install --no-compile --require-hashes -r "$lock"
        "${pip[@]}" install --no-build-isolation --no-deps -e .
    fi
    .venv/bin/python -m compileall -q -j 0 .venv/lib || say "not all of it has bytecode"  # on every core, as pip does not
    printf '%s\n' "$stamp" >".venv/installed-$kind"
}

# bytecode : made once, and not by each of the hundreds of processes that are about to start, where none of them may write it
bytecode() { .venv/bin/python -m compileall -q bots hotline tests; }

# desktop_will_do : where Debian's Chromium without a desk cannot be had, one with a desk does, in three times the time
desktop_will_do() {
    ! grep -qsx 'ID=debian' /etc/os-release &&
        { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null
}

# servers : what the tests start, on ports of their own
servers() {
    local -a missing=()
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
    command -v redis-server >/dev/null || missing+=(redis-server)
    command -v chromium-headless-shell >/dev/null || desktop_will_do || missing+=(chromium-headless-shell)
    command -v caddy >/dev/null || missing+=(caddy)
    command -v git >/dev/null || missing+=(git)
    command -v systemd-analyze >/dev/null || missing+=(systemd)
    [ ${#missing[@]} -eq 0 ] || debian "${missing[@]}"
}

# files_in_memory : the servers of the tests sync to disk as in production; with their files in memory, where there is
# room, half the time of a run is not spent on it
files_in_memory() {
    local room
    room=$(df --output=avail --block-size=G /dev/shm 2>/dev/null | tail -1 | tr -dc 0-9) || room=0
    if [ -w /dev/shm ] && [ "${room:-0}" -ge 4 ]; then
        export TMPDIR=/dev/shm
    fi
}
