#!/bin/sh
# build.sh FOLDER COMPILER LABELS EXCLUDED [CMAKE OPTIONS]: builds hvuv with its tests in
# FOLDER and runs those with the LABELS but for the EXCLUDED. Says of what versions it is
# made, and ends with "N passed, N failed, N skipped".
set -eu
folder=$1 compiler=$2 labels=$3 excluded=$4
shift 4
source=$(cd "$(dirname "$0")/../../.." && pwd)

cmake -S "$source" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
  -DHVUV_BUILD_TESTS=ON "$@"
cmake --build "$folder"
echo "version compiler $($compiler -dumpfullversion)"
echo "version cmake $(cmake --version | sed -n 's/^cmake version //p')"
[ -z "${HVUV_MATRIX_PC:-}" ] || export PKG_CONFIG_LIBDIR="$HVUV_MATRIX_PC"
for package in libuv cmocka; do
  echo "version $package $(pkg-config --modversion $package)"
done
set -- -L "$labels"
[ -z "$excluded" ] || set -- "$@" -E "$excluded"
sh "$source/tests/run.sh" "$folder" "$@"
