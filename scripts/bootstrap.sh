# shellcheck shell=bash
# What ./run and ./test have in common: install what is missing, start programs in the background, stop them all.
# Sourced from the root of the repository, under `set -euo pipefail`.

python=.venv/bin/python
run_dir= # where logs and the servers' files go: each command says
uv='uv==0.13.9
    --hash=sha256:d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19
    --hash=sha256:5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe
    --hash=sha256:ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375' # Linux, x86_64 and arm64

# Python compiles what is used, a quarter of all libraries, and keeps it for the hundred processes that follow.
unset PYTHONDONTWRITEBYTECODE

say() { printf '[%3d s] %s\n' "$SECONDS" "$*"; }

die() {
    printf '[%3d s] Arrêt : %s\n' "$SECONDS" "$*" >&2
    exit 1
}

# make_dot_run: .run/, which git does not see; the logs of the installation go there.
make_dot_run() {
    mkdir -p .run
    [ -O .run ] || [ "$(id -u)" = 0 ] || die ".run/ appartient à un autre compte : relancez sous ce compte, ou supprimez-le."
    echo '*' >.run/.gitignore
}

# --- What must be on the machine ---

# prepare LOCK [PACKAGE PROGRAM]...: the Debian packages, then .venv from the lock. Takes no time once done.
prepare() {
    local lock=$1 missing=()
    shift
    need() { "${@:2}" >/dev/null 2>&1 || missing+=("$1"); }
    need python3 test -x /usr/bin/python3
    need python3-venv /usr/bin/python3 -c 'import ensurepip'
    need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
    # What draws PDF documents, and the only font in them.
    need libpangoft2-1.0-0 compgen -G '/usr/lib/*/libpangoft2-1.0.so.0'
    need libharfbuzz-subset0 compgen -G '/usr/lib/*/libharfbuzz-subset.so.0'
    need fonts-dejavu-core test -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
    [ -n "${DATABASE_URL:-}" ] || need postgresql compgen -G '/usr/lib/postgresql/*/bin/initdb'
    [ -n "${REDIS_URL:-}" ] || need redis-server command -v redis-server
    while [ $# -gt 0 ]; do
        need "$1" command -v "$2"
        shift 2
    done
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
    say "Paquets du système prêts"
    sha256sum "$lock" | grep -qxFf - .venv/.installed 2>/dev/null || install_libraries "$lock"
    say "Bibliothèques Python prêtes"
}

install_packages() {
    local as_root=() by_hand="apt-get install $*"
    command -v apt-get >/dev/null || die "il manque $* et ce système n'a pas apt : utilisez Debian 13 (ou Docker)."
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "il manque $* : en root, faites « $by_hand », puis relancez."
        as_root=(sudo)
    fi
    say "Installation de $*…"
    apt() {
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get -q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=1 "$@" 9>&-
    }
    { apt update && apt install -y --no-install-recommends "$@"; } >.run/packages.log 2>&1 ||
        die "l'installation de $* a échoué ; le réseau est-il accessible ? (journal : .run/packages.log)"
}

install_libraries() {
    local lock=$1 log=.run/libraries.log options=(-q --require-hashes --only-binary :all:)
    local recent='import sys; sys.exit(sys.version_info < (3, 12))'
    say "Installation des bibliothèques de $lock…"
    $python -c "$recent" 2>/dev/null || rm -rf .venv # none yet, or its Python has gone
    if ! $python -m pip --version >/dev/null 2>&1; then
        /usr/bin/python3 -c "$recent" || die "il faut Python 3.12 ou plus récent dans /usr/bin/python3 (Debian 13)."
        /usr/bin/python3 -m venv .venv >"$log" 2>&1 || die "l'environnement Python n'a pu être créé (journal : $log)."
    fi
    pip() { $python -m pip install --disable-pip-version-check --retries 2 "${options[@]}" "$@"; }
    # uv is four times as fast; pip knows more proxies and mirrors. uv wants SSL_CERT_FILE where pip has PIP_CERT.
    export SSL_CERT_FILE=${SSL_CERT_FILE:-${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}}
    {
        { pip -r <(echo "${uv//$'\n'/}") &&
            .venv/bin/uv pip install --python $python "${options[@]}" -r "$lock"; } || pip -r "$lock"
    } >"$log" 2>&1 || die "les bibliothèques de $lock n'ont pu être installées ; l'index PyPI est-il joignable ? (journal : $log)"
    sha256sum requirements.txt >.venv/.installed # every other lock holds it all
    [ "$lock" != requirements-dev.txt ] || sha256sum requirements-demo.txt >>.venv/.installed # so does that of developers
    sha256sum "$lock" >>.venv/.installed
}

# --- Programs in the background ---

pids=()
names=() # by pid

# launch COMMAND...: in a session of its own, so that Ctrl-C reaches us alone; it is told to end should we be killed.
launch() {
    setpriv --pdeathsig TERM setsid "$@" 9>&- &
    pids+=($!)
}

# start NAME COMMAND...: launch, with a log.
start() {
    launch "${@:2}" >"$run_dir/$1.log" 2>&1
    names[${pids[-1]}]=$1
}

# finish NAME COMMAND...: start, and wait for the end; what it says is shown only if it fails.
finish() {
    start "$@"
    await "$1" "${pids[-1]}"
}

# await NAME PID: of the last that was started and is not awaited yet.
await() {
    wait "$2" || {
        cat "$run_dir/$1.log" >&2
        die "« $1 » a échoué."
    }
    unset 'pids[-1]'
}

# wait_until COMMAND...: until it succeeds, as long as everything lives.
wait_until() {
    local deadline=$((SECONDS + 90))
    until "$@" 2>/dev/null; do
        check_alive
        [ $SECONDS -lt $deadline ] || die "rien ne répond après 90 s (« $* ») ; voir les journaux de $run_dir."
        sleep 0.1
    done
}

check_alive() {
    local pid
    for pid in "${pids[@]}"; do
        kill -0 "$pid" 2>/dev/null || died "$pid"
    done
}

died() {
    local log=$run_dir/${names[$1]}.log
    [[ $log != */services.log || ! -s $log ]] || die "$(tail -n 1 "$log")" # a sentence for the user
    die "« ${names[$1]} » s'est arrêté (journal : $log)."
}

# Last started, first stopped. Whoever is still there after 10 s is killed, and so are the children it left.
stop_all() {
    local i pid tenths
    trap '' INT TERM HUP
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
        pid=${pids[i]}
        kill -TERM "$pid" 2>/dev/null || true
        for ((tenths = 0; tenths < 100; tenths++)); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL -- "-$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    pids=()
}
