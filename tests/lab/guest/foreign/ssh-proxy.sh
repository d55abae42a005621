#!/bin/sh
# ssh-proxy.sh FOLDER: has FOLDER/systemd-ssh-proxy run systemd's helper for "ssh
# vsock/CID" and "ssh vsock-mux/PATH": this system's own, if it is new enough, else that of
# Debian 13 with the libraries of its own. FOLDER/why has the reason where neither can be
# had, and then the cases are skipped.
set -eu
folder=$1
here=$(cd "$(dirname "$0")" && pwd)
own=/usr/lib/systemd/systemd-ssh-proxy
rm -rf "$folder"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

if [ -x "$own" ]; then
  printf '#!/bin/sh\nexec %s "$@"\n' "$own" >"$folder/systemd-ssh-proxy"
  chmod +x "$folder/systemd-ssh-proxy"
  exit 0
fi

. "$here/../../../../third_party/suite.sh"
get() {
  suite_open "$folder" trixie && (cd "$folder" && suite_apt apt-get download systemd \
    libsystemd-shared libc6 libcap2 libmount1 libblkid1 libselinux1 libpcre2-8-0 libseccomp2 \
    libcrypt1 libacl1 libaudit1 libcap-ng0 libssl3t64)
}
if ! get >"$folder/log" 2>&1; then
  tail -n 3 "$folder/log" >"$folder/why"
  exit 0
fi
suite_close
for file in "$folder"/*.deb; do
  dpkg-deb -x "$file" "$folder/tree"
done
mkdir "$folder/lib"
cp "$folder/tree/usr/lib/systemd/systemd-ssh-proxy" "$folder/lib/"
find "$folder/tree/usr/lib" "$folder/tree/usr/lib64" -name '*.so*' \( \
  -name 'ld-linux*' -o -name 'libsystemd-shared*' -o -path '*-linux-gnu/lib*' \) \
  ! -path '*/gconv/*' -exec cp -L {} "$folder/lib/" \;
cat >"$folder/systemd-ssh-proxy" <<'END'
#!/bin/sh
lib=$(dirname "$0")/lib
exec "$lib"/ld-linux-x86-64.so.2 --library-path "$lib" "$lib/systemd-ssh-proxy" "$@"
END
chmod +x "$folder/systemd-ssh-proxy"
rm -rf "$folder/tree" "$folder"/*.deb
