#!/bin/sh
# A docker that builds nothing: it stores its options in the folder DOCKER_DOUBLE, one file per image, so that what surrounds an engine can be
# tested where there is none. `build` and `push` are in docker-double.cjs; all other commands are here, because Node takes long to start.
# DOCKER_DOUBLE_FAIL: the verb that fails.
echo "$1 $2" >> "$DOCKER_DOUBLE/log"
verb=$1
[ "$verb" = buildx ] && verb=$2
for last; do :; done

# The file of an image. docker-double.cjs computes the same name.
file_of() {
  echo "$DOCKER_DOUBLE/$(printf %s "$1" | tr -c 'A-Za-z0-9.-' _).$2"
}

if [ "$DOCKER_DOUBLE_FAIL" = "$verb" ]; then
  echo "the double fails to $verb" >&2
  exit 1
fi
case $verb in
  version) echo 27.0 ;;
  build | push) exec "$DOCKER_DOUBLE_NODE" "$DOCKER_DOUBLE_PROGRAM" "$verb" "$@" ;;
  image)
    if ! cat "$(file_of "$last" labels)" 2>/dev/null; then
      echo 'No such image' >&2
      exit 1
    fi
    ;;
  tag) for kind in json labels; do cp "$(file_of "$2" $kind)" "$(file_of "$3" $kind)" || exit 1; done ;;
  rmi) rm -f "$(file_of "$2" json)" "$(file_of "$2" labels)" ;;
esac
