#!/bin/bash
# A real container engine (dockerd, buildx, compose) and a real registry for the tests.
#   engine.sh install        unpacks Debian packages into a cache folder (once; about 15 s)
#   engine.sh installed      exit code 0 when it is there
#   engine.sh up | down      starts or stops the engine and the registry; both do nothing when there is nothing to do
#   engine.sh env            KEY=VALUE lines that a client needs; exit code 1 when the engine is not up
#   engine.sh readers        the folder of skopeo and umoci, which read images without an engine; exit code 1 when they are not there
#   engine.sh sshd           the path of an sshd for tests over ssh; exit code 1 when it is not there
#   engine.sh nginx          the folder with an nginx of Debian 12, to be laid over the root file system with Python; exit code 1 when it is not there
#   engine.sh run CMD...     CMD with these variables
# KD_ENGINE_STORE=containerd picks the containerd image store (cache export, attestations, OCI output) instead of the default one.
# KD_ENGINE_DIR moves the cache folder. Exit code 3: cannot be had on this machine, and why.
#
# dockerd runs without a bridge and without firewall rules, so it shares the machine's loopback with the registry and changes nothing else:
# builds that COPY, pushes, and containers with --network none or host work; containers with a network of their own do not.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
STORE=${KD_ENGINE_STORE:-default}
case $STORE in default | containerd) ;; *) say "KD_ENGINE_STORE is default or containerd, not $STORE."; exit 2 ;; esac
RUN=$KD/$STORE
READERS=$KD/readers
SSHD=$KD/sshd
NGINX=$KD/nginx
VERSION=1 # raise it when the list of packages changes: machines that have the old ones install again
READERS_VERSION=1
SSHD_VERSION=1
NGINX_VERSION=1

install() {
  need_debian_root
  engine
  readers
  sshd
  nginx
  apt_private_close
}

engine() {
  if [ "$(cat "$KD/installed" 2>/dev/null)" = $VERSION ]; then return 0; fi
  say "unpacking the engine into $KD"
  mkdir -p "$KD"; rm -rf "$ROOT" "$KD/python-root.tar"
  apt_private_open
  # Debian 12 has no buildx: the engine is Debian 13's, which runs on 12 too. runc must fit the machine's own libc.
  unpack "$ROOT" docker.io/trixie docker-cli/trixie docker-buildx/trixie docker-compose/trixie containerd/trixie tini/trixie docker-registry/bookworm "runc/$CODENAME"
  ln -sf tini-static "$ROOT/usr/bin/docker-init"
  . "$HERE/python-root.sh"; python_root "$KD/python-root.tar"
  echo $VERSION >"$KD/installed"
}

# Programs that read images and know nothing of ours: what they accept, others accept. A part of its own, since they need no engine and an engine that runs must
# not be replaced for them. Debian 12's on both: theirs is a libc that is never too new.
readers() {
  if [ "$(cat "$READERS/installed" 2>/dev/null)" = $READERS_VERSION ]; then return 0; fi
  say "unpacking skopeo and umoci into $READERS"
  rm -rf "$READERS"; mkdir -p "$READERS/bin"
  apt_private_open
  local packages=(skopeo umoci libgpgme11 libassuan0 libgpg-error0 libdevmapper1.02.1 libudev1 libselinux1 libpcre2-8-0)
  unpack "$READERS/root" "${packages[@]/%//bookworm}"
  local name triple; triple=$(basename "$(dirname "$(find "$READERS/root" -name 'libgpgme.so.11' | head -1)")")
  for name in skopeo umoci; do
    printf '%s\n' '#!/bin/sh' "export LD_LIBRARY_PATH='$READERS/root/usr/lib/$triple:$READERS/root/lib/$triple'" "exec '$READERS/root/usr/bin/$name' \"\$@\"" >"$READERS/bin/$name"
    chmod +x "$READERS/bin/$name"
    "$READERS/bin/$name" --version >/dev/null
  done
  echo $READERS_VERSION >"$READERS/installed"
}

# The machine's own libc and OpenSSL are its base: no daemon starts, and no user or key is made.
sshd() {
  if [ "$(cat "$SSHD/installed" 2>/dev/null)" = $SSHD_VERSION ]; then return 0; fi
  say "unpacking sshd into $SSHD"
  rm -rf "$SSHD"; mkdir -p "$SSHD"
  apt_private_open
  unpack "$SSHD/root" "openssh-server/$CODENAME" "openssh-client/$CODENAME" "libwrap0/$CODENAME" "libnsl2/$CODENAME"
  local triple; triple=$(basename "$(dirname "$(find "$SSHD/root" -name 'libwrap.so.0' | head -1)")")
  printf '%s\n' '#!/bin/sh' "export LD_LIBRARY_PATH='$SSHD/root/usr/lib/$triple:$SSHD/root/lib/$triple'" "exec '$SSHD/root/usr/sbin/sshd' \"\$@\"" >"$SSHD/sshd"
  chmod +x "$SSHD/sshd"
  "$SSHD/sshd" -V
  echo $SSHD_VERSION >"$SSHD/installed"
}

# Runs in containers only.
nginx() {
  if [ "$(cat "$NGINX/installed" 2>/dev/null)" = $NGINX_VERSION ]; then return 0; fi
  say "unpacking nginx into $NGINX"
  rm -rf "$NGINX"; mkdir -p "$NGINX"
  apt_private_open
  unpack "$NGINX/all" nginx/bookworm nginx-common/bookworm libpcre2-8-0/bookworm
  local file; for file in usr/sbin/nginx etc/nginx/mime.types; do install_file "$NGINX/all/$file" "$NGINX/root/$file"; done
  for file in "$NGINX"/all/usr/lib/*/libpcre2-8.so.0; do install_file "$file" "$NGINX/root/${file#"$NGINX/all/"}"; done
  rm -rf "$NGINX/all"
  echo $NGINX_VERSION >"$NGINX/installed"
}
install_file() { mkdir -p "$(dirname "$2")"; cp -L "$1" "$2"; }

ping_engine() { curl -sf --max-time 5 --unix-socket "$RUN/docker.sock" http://engine/_ping >/dev/null 2>&1; }
registry_address() { cat "$KD/registry.address" 2>/dev/null; }
ping_registry() { alive registry "$KD/registry.pid" && curl -sf --max-time 5 "http://$(registry_address)/v2/" >/dev/null 2>&1; }

# A pid file may outlive its process: the number counts only while it belongs to the program that wrote it.
alive() {
  local pid; pid=$(cat "$2" 2>/dev/null) || return 1
  grep -q "$1" "/proc/$pid/cmdline" 2>/dev/null
}

free_port() { # 5000, which people know, or any other that is free
  node -e 'const s=require("node:net").createServer();const done=()=>{console.log(s.address().port);s.close()};
    s.once("error",()=>{s.removeAllListeners();s.listen(0,"127.0.0.1",done)});s.listen(5000,"127.0.0.1",done)'
}

start_registry() {
  local address; address=127.0.0.1:$(free_port)
  rm -rf "$KD/registry" # every start begins with an empty registry: nothing can pass because of what an earlier run pushed
  printf '%s\n' 'version: 0.1' 'log: {level: warn, accesslog: {disabled: true}}' "storage: {filesystem: {rootdirectory: $KD/registry}, delete: {enabled: true}}" "http: {addr: $address}" >"$KD/registry.yml"
  echo "$address" >"$KD/registry.address"
  OTEL_TRACES_EXPORTER=none setsid "$ROOT/usr/bin/docker-registry" serve "$KD/registry.yml" >"$KD/registry.log" 2>&1 </dev/null 9>&- &
  echo $! >"$KD/registry.pid"
}

start_engine() {
  mkdir -p "$RUN/config"
  # Where the client looks for buildx and compose: setting DOCKER_CONFIG hides the usual folders.
  [ -s "$RUN/config/config.json" ] || printf '{"cliPluginsExtraDirs":["%s/usr/libexec/docker/cli-plugins"]}\n' "$ROOT" >"$RUN/config/config.json"
  local features='{}'; [ "$STORE" = default ] || features='{"containerd-snapshotter":true}'
  printf '{"features":%s}\n' "$features" >"$RUN/daemon.json"
  # Layers of earlier runs make builds fast, up to a point.
  if [ -d "$RUN/data" ] && [ "$(du -sxm "$RUN/data" | cut -f1)" -gt 4000 ]; then rm -rf "$RUN/data"; fi
  rm -f "$RUN/docker.sock"
  PATH=$ROOT/usr/bin:$ROOT/usr/sbin:$PATH setsid dockerd --config-file "$RUN/daemon.json" --data-root "$RUN/data" --exec-root "$RUN/exec" \
    --pidfile "$RUN/dockerd.pid" -H "unix://$RUN/docker.sock" --bridge=none --iptables=false --ip6tables=false --ip-forward=false \
    >"$RUN/dockerd.log" 2>&1 </dev/null 9>&- &
  ENGINE=$!
}

# Prints "started" when it started something, so that a caller knows what it has to stop.
up() {
  engine
  apt_private_close
  exec 9>"$KD/lock"; flock 9
  local ENGINE='' started=''
  if ! ping_registry; then start_registry; started=1; fi
  if ! alive dockerd "$RUN/dockerd.pid" || ! ping_engine; then start_engine; started=1; fi
  local i; for i in $(seq 600); do
    if ping_engine && ping_registry; then [ -z "$started" ] || echo started; return 0; fi
    if [ -n "$ENGINE" ] && ! kill -0 "$ENGINE" 2>/dev/null; then say 'dockerd ended:'; grep -v level=info "$RUN/dockerd.log" | tail -5 >&2; return 1; fi
    sleep 0.05
  done
  say 'the engine or the registry did not answer within 30 s:'; tail -5 "$RUN/dockerd.log" "$KD/registry.log" >&2
  return 1
}

stop() { # stop NAME PIDFILE
  local pid i; alive "$1" "$2" || { rm -f "$2"; return 0; }
  pid=$(cat "$2"); kill "$pid" 2>/dev/null || true
  for i in $(seq 150); do
    if ! alive "$1" "$2" || grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; then rm -f "$2"; return 0; fi
    sleep 0.1
  done
  say "$1 ($pid) did not stop within 15 s."; return 1
}

down() {
  [ -d "$KD" ] || return 0
  exec 9>"$KD/lock"; flock 9
  local store; for store in default containerd; do stop dockerd "$KD/$store/dockerd.pid"; done
  stop registry "$KD/registry.pid"
}

client_env() {
  ping_engine && ping_registry || return 1
  printf '%s\n' "PATH=$ROOT/usr/bin:$PATH" "DOCKER_HOST=unix://$RUN/docker.sock" "DOCKER_CONFIG=$RUN/config" "KD_REGISTRY=$(registry_address)" "KD_PYTHON_ROOT=$KD/python-root.tar"
}

run() {
  local lines line; lines=$(client_env) || { say 'not up: engine.sh up'; exit 1; }
  while IFS= read -r line; do export "${line?}"; done <<<"$lines"
  exec "$@"
}

case ${1:-} in
  install) install ;;
  installed) [ "$(cat "$KD/installed" 2>/dev/null)" = $VERSION ] && need_debian_root ;;
  up) need_debian_root; up ;;
  down) down ;;
  env) client_env ;;
  readers) [ "$(cat "$READERS/installed" 2>/dev/null)" = $READERS_VERSION ] && echo "$READERS/bin" ;;
  sshd) [ "$(cat "$SSHD/installed" 2>/dev/null)" = $SSHD_VERSION ] && echo "$SSHD/sshd" ;;
  nginx) [ "$(cat "$NGINX/installed" 2>/dev/null)" = $NGINX_VERSION ] && echo "$NGINX/root" ;;
  run) shift; run "$@" ;;
  *) sed -n '2,13p' "$0" | cut -c3- >&2; exit 2 ;;
esac
