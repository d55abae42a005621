#!/bin/sh
# build.sh go|rust PROGRAM: builds gocat or rustcat with the compiler and the libraries
# that the distribution packages. Nothing is downloaded: neither compiler is let to the
# network.
set -eu
kind=$1 program=$2
here=$(cd "$(dirname "$0")" && pwd)
folder=$(pwd)/$kind-build
mkdir -p "$folder"

case $kind in
  go)
    # Without modules, so that packages come from a folder; without cgo, so that it needs
    # no library in the guest.
    env GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="$folder/cache" GOENV=off GOFLAGS= \
      GOPROXY=off GOTOOLCHAIN=local CGO_ENABLED=0 \
      go build -trimpath '-ldflags=-s -w' -o "$program" "$here/go/main.go"
    ;;
  rust)
    # Cargo writes a lock file beside its manifest, so it works on a copy.
    mkdir -p "$folder/.cargo" "$folder/src"
    cp "$here/rust/Cargo.toml" "$folder/"
    cp "$here/rust/src/main.rs" "$folder/src/"
    printf '[source.crates-io]\nreplace-with = "packaged"\n[source.packaged]\ndirectory = "%s"\n' \
      /usr/share/cargo/registry >"$folder/.cargo/config.toml"
    (cd "$folder" && env RUSTC=/usr/bin/rustc CARGO_HOME="$folder/home" \
      /usr/bin/cargo build --release --offline)
    cp "$folder/target/release/rustcat" "$program"
    ;;
esac
