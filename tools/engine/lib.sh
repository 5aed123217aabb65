# Shared by engine.sh and python-root.sh. Sourced, never run.
# Everything lives under $KD: the machine's own packages, sources, services and links stay as they are.
KD=${KD_ENGINE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/kdcube-engine}
ROOT=$KD/root
readonly NOT_HERE=3

say() { echo "engine: $*" >&2; }

# Exit code 3 means "cannot be had on this machine", so that a caller can tell it from a failure.
need_debian_root() {
  local codename='' id=''
  if [ -r /etc/os-release ]; then id=$(. /etc/os-release && echo "${ID:-}"); codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}"); fi
  if [ "$id" != debian ] || { [ "$codename" != bookworm ] && [ "$codename" != trixie ]; }; then
    say "the test engine is made of Debian 12 or 13 packages; this is ${id:-an unknown system} ${codename}."
    exit $NOT_HERE
  fi
  if [ "$(id -u)" != 0 ]; then say 'the test engine needs root (mounts and control groups).'; exit $NOT_HERE; fi
  CODENAME=$codename
}

# The Debian mirror that this machine uses, whatever file names it.
debian_mirror() {
  apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' | awk -v c="$CODENAME" '$2 == c { print $1; exit }'
}

# apt_private COMMAND...: apt-get with package lists of its own (bookworm and trixie), kept in a temporary folder.
# Once for all parts that are missing: fetching the lists takes longer than most packages.
apt_private_open() {
  [ -z "${APT:-}" ] || return 0
  APT=$(mktemp -d); mkdir -p "$APT/lists/partial" "$APT/cache/archives/partial"
  local mirror suite; mirror=$(debian_mirror)
  [ -n "$mirror" ] || { say "apt names no mirror for $CODENAME."; exit 1; }
  for suite in bookworm trixie; do echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"; done >"$APT/sources.list"
  apt_private update
}
apt_private() {
  apt-get -qq -o Dir::Etc::SourceList="$APT/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$APT/lists" \
    -o Dir::Cache="$APT/cache" -o Dir::State::status=/dev/null -o APT::Sandbox::User=root -o Acquire::Retries=3 "$@"
}
apt_private_close() { [ -z "${APT:-}" ] || rm -rf "$APT"; APT=; }

# unpack FOLDER PACKAGE...: downloads Debian packages and lays their files into FOLDER. No scripts run, nothing is configured.
unpack() {
  local into=$1 debs deb; shift
  debs=$(mktemp -d); mkdir -p "$into"
  (cd "$debs" && apt_private download "$@")
  for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$into"; done
  rm -rf "$debs"
}
