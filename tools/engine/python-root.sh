# python_root OUT.tar: a root file system with Python 3.11 and a shell (about 50 MB), laid out from Debian packages: what the images that
# stand in for the platform's are built on. Sourced by engine.sh, with lib.sh and an open apt_private.
# The users are those of the platform's images: appuser (1000) runs the processor, executor (1001) runs generated code.
python_root() {
  local out=$1 root tool; root=$(mktemp -d)
  local packages=(python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libc6 zlib1g libexpat1 libssl3 libffi8 libbz2-1.0 liblzma5
    libsqlite3-0 libuuid1 libncursesw6 libtinfo6 libreadline8 libcrypt1 media-types busybox-static)
  unpack "$root" "${packages[@]/%//bookworm}"
  rm -rf "$root"/usr/share/{doc,man,locale,lintian}
  mkdir -p "$root"/{bin,proc,sys,dev,tmp,root,app,bundles,etc,var/tmp,home/appuser,workspace,lib64}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  [ -e "$root/lib64/ld-linux-x86-64.so.2" ] || [ ! -e "$root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" ] || ln -s /lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 "$root/lib64/"
  ln -s python3.11 "$root/usr/bin/python3"; ln -s python3.11 "$root/usr/bin/python"
  for tool in $("$root/bin/busybox" --list); do [ -e "$root/bin/$tool" ] || [ -e "$root/usr/bin/$tool" ] || ln -s busybox "$root/bin/$tool"; done
  printf '%s\n' root:x:0:0:root:/root:/bin/sh appuser:x:1000:1000::/home/appuser:/bin/sh executor:x:1001:1001::/workspace:/bin/sh >"$root/etc/passwd"
  printf '%s\n' root:x:0: appuser:x:1000: executor:x:1001: >"$root/etc/group"
  chown 1000:1000 "$root/home/appuser"; chown 1001:1001 "$root/workspace"
  chmod 755 "$root"
  tar --sort=name --mtime=@0 --numeric-owner -C "$root" -cf "$out.part" .
  mv "$out.part" "$out"; rm -rf "$root"
}
