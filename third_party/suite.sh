# Packages of another Debian than this system's: fetched with an apt that has lists and
# a cache of its own, from the archive where this system gets its packages. Nothing is
# installed, /etc/apt is only read, and root is not needed. apt checks the signature
# with Debian's keyring, and what it downloads against what was signed.
#
#   suite_open FOLDER SUITE    once; what is made lies in FOLDER/apt
#   suite_apt apt-get|apt-cache ...
#   suite_close                the lists are large and soon old
#
# HVUV_DEBIAN_ARCHIVE is another archive's address.
# shellcheck shell=sh

suite_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The address from which this system's own suite comes: of one-line lists
# (deb [options] address suite component...) and of paragraphs of fields.
suite_archive() {
  # shellcheck disable=SC1091
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -f "$file" ] || sed -n 's/^ *deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\)  *\([^ ]*\).*/\3 \2/p' \
      "$file"
  done | sed -n "s/^$codename //p"
  for file in /etc/apt/sources.list.d/*.sources; do
    [ ! -f "$file" ] || awk -v suite="$codename" '
      function end() { if (found && address != "") print address; found = 0; address = "" }
      NF == 0 { end() }
      $1 == "URIs:" { address = $2 }
      $1 == "Suites:" { for (i = 2; i <= NF; i++) if ($i == suite) found = 1 }
      END { end() }' "$file"
  done
}

# suite_open FOLDER SUITE: 1, with a reason, where it cannot be had
suite_open() {
  suite=$2
  suite_apt_folder=$1/apt
  archive=${HVUV_DEBIAN_ARCHIVE:-$(suite_archive | head -n 1)}
  if [ -z "$archive" ]; then
    echo "apt's sources here name no archive of Debian; HVUV_DEBIAN_ARCHIVE may" >&2
    return 1
  fi
  if [ ! -f "$suite_keyring" ]; then
    echo "there is no $suite_keyring to check signatures with (package" \
      "debian-archive-keyring)" >&2
    return 1
  fi
  rm -rf "$suite_apt_folder"
  mkdir -p "$suite_apt_folder/sources" "$suite_apt_folder/lists/partial" \
    "$suite_apt_folder/cache/archives/partial"
  suite_apt_folder=$(cd "$suite_apt_folder" && pwd)
  : >"$suite_apt_folder/status"
  echo "deb [signed-by=$suite_keyring arch=amd64] $archive $suite main" \
    >"$suite_apt_folder/sources/suite.list"
  suite_apt apt-get -o APT::Update::Error-Mode=any update >"$suite_apt_folder/log" 2>&1 || {
    cat "$suite_apt_folder/log" >&2
    echo "apt cannot get the lists of Debian $suite from where this system's own" \
      "packages come from" >&2
    return 1
  }
}

# suite_apt PROGRAM ARGUMENT...
suite_apt() {
  program=$1
  shift
  "$program" -qq -o Dir::Etc::SourceList=/dev/null \
    -o Dir::Etc::SourceParts="$suite_apt_folder/sources" \
    -o Dir::Etc::PreferencesParts=/dev/null -o Dir::Etc::Preferences=/dev/null \
    -o Dir::State::Lists="$suite_apt_folder/lists" \
    -o Dir::State::status="$suite_apt_folder/status" \
    -o Dir::Cache="$suite_apt_folder/cache" \
    -o Acquire::Languages=none -o APT::Sandbox::User=root \
    -o Acquire::Retries=3 "$@"
}

suite_close() {
  rm -rf "$suite_apt_folder"
}
