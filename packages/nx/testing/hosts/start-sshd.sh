#!/bin/sh
# start-sshd.sh FOLDER SSHD: an sshd on loopback with a user of its own, kdtest. It sees its own lists of users and its own /run; this machine's stay as they are.
# FOLDER has sshd_config and home. $KD_ENGINE: the folder of the test engine, which kdtest may use.
set -eu
folder=$1 sshd=$2
if [ -z "${KD_PRIVATE:-}" ]; then KD_PRIVATE=1 exec unshare --mount --propagation private sh "$0" "$@"; fi
cat /etc/passwd - >"$folder/passwd" <<END
sshd:*:5500:5500::/run/sshd:/usr/sbin/nologin
kdtest:*:5501:5501::$folder/home:/bin/sh
noshell:*:5502:5502::$folder/home:/usr/sbin/nologin
END
# The socket of the test engine belongs to root's group; `noshell` is the user without it.
sed 's/^root:.*/root:x:0:kdtest/' /etc/group >"$folder/group"
printf '%s\n' 'sshd:x:5500:' 'kdtest:x:5501:' 'noshell:x:5502:' >>"$folder/group"
mount --bind "$folder/passwd" /etc/passwd
mount --bind "$folder/group" /etc/group
chown -R 5501:5501 "$folder/home"
mount -t tmpfs tmpfs /run
mkdir -p /run/sshd /run/kdcube-engine
if [ -n "${KD_ENGINE:-}" ]; then mount --rbind "$KD_ENGINE" /run/kdcube-engine; fi
exec "$sshd" -D -e -f "$folder/sshd_config"
