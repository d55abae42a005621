#!/bin/sh
# stage.sh MODULE FOLDER: what `npm pack` is to pack, in FOLDER: the package as it stands
# here, the built MODULE, and in sources/ a tree of the repository that install.js can
# build it from on another system, with the documents that its README leads to.
set -eu
module=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..

rm -rf "$folder"
mkdir -p "$folder/sources/bindings/node" "$folder/sources/third_party"
cp -R "$here/lib" "$here"/*.d.ts "$here/package.json" "$here/install.js" \
  "$top/LICENSE" "$folder"
cp -R "$here/CMakeLists.txt" "$here/src" "$folder/sources/bindings/node"
cp -R "$top/CMakeLists.txt" "$top/include" "$top/src" "$folder/sources"
cp "$top"/third_party/*.cmake "$folder/sources/third_party"
cp -R "$top/README.md" "$top/docs" "$folder/sources"
sed -e 's|(\.\./\.\./README\.md|(sources/README.md|g' \
  -e 's|(CMakeLists\.txt)|(sources/bindings/node/CMakeLists.txt)|g' "$here/README.md" >"$folder/README.md"
cp "$module" "$folder/hvuv.node"
strip --strip-unneeded "$folder/hvuv.node"
