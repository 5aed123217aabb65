#!/bin/sh
# Stands in for ssh: runs what the host would run on this machine, with a socket file in place of a connection. $FAKE_SSH is its folder: `args` has the
# arguments of each call; `fails` (what ssh writes before it gives up) makes every call fail as ssh fails; `shell` is run in place of the command, which it gets as its argument.
printf '%s\n' "$*" >>"$FAKE_SSH/args"
while [ "$1" != -- ]; do
  case "$1 $2" in
    '-o ControlMaster='*) master=${2#*=} ;;
    '-o ControlPath='*) socket=${2#*=} ;;
  esac
  shift 2
done
shift 2
fail() {
  cat >&2
  exit 255
}
[ ! -e "$FAKE_SSH/fails" ] || fail <"$FAKE_SSH/fails"
if [ "$master" = yes ]; then
  : >"$socket"
  echo $$ >"$FAKE_SSH/master"
elif [ ! -e "$socket" ]; then
  echo 'Connection closed by UNKNOWN port 65535' | fail
fi
[ ! -e "$FAKE_SSH/shell" ] || exec sh "$FAKE_SSH/shell" "$*"
setsid --wait sh -c "$*"
code=$?
# A host that is gone.
[ $code -le 128 ] || echo 'client_loop: send disconnect: Broken pipe' | fail
[ "$master" = no ] || rm -f "$socket"
exit $code
