#!/bin/bash
# Node as Debian builds it: linked with the distribution's zlib, which writes other bytes than the one inside of nodejs.org's builds.
#   debian-node.sh install     unpacks Debian 13's nodejs with its libraries into the engine's cache folder (once; about 15 s)
#   debian-node.sh run ARGS... node ARGS, installed before if it is not there
# Its built-in modules are files with absolute names, so it runs in a mount namespace of its own where its /usr lies over the machine's, read-only. The machine stays as it is.
# Exit code 3: cannot be had on this machine, and why.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
NODE=$KD/debian-node
VERSION=1 # raise it when the list of packages changes

install() {
  need_debian_root
  mkdir -p "$KD"
  exec 8>"$KD/debian-node.lock"; flock 8
  if [ "$(cat "$NODE.installed" 2>/dev/null)" != $VERSION ]; then
    say "unpacking Debian's node into $NODE"
    rm -rf "$NODE"
    apt_private_open
    local packages=(nodejs libnode115 libc6 libgcc-s1 libstdc++6 zlib1g libbrotli1 libcares2 libicu76 libnghttp2-14 libssl3t64 libuv1t64
      node-acorn node-cjs-module-lexer node-minimatch node-undici)
    unpack "$NODE" "${packages[@]/%//trixie}"
    apt_private_close
    echo $VERSION >"$NODE.installed"
  fi
  exec 8>&-
}

case ${1:-} in
  install) install ;;
  run)
    shift; install
    # shellcheck disable=SC2016
    exec unshare --mount --propagation private sh -c 'mount -t overlay overlay -o "lowerdir=$1/usr:/usr" /usr && shift && exec /usr/bin/node "$@"' sh "$NODE" "$@" ;;
  *) sed -n '2,6p' "$0" | cut -c3- >&2; exit 2 ;;
esac
