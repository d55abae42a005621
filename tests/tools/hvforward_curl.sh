#!/bin/sh
# hvforward_curl.sh FOLDER: curl, by two hvforwards as on a host and in a guest, from
# Python's web server; FOLDER has the tools.
set -eu
. "$(dirname "$0")/lib.sh"

command -v curl >/dev/null || skip "no curl here"
command -v python3 >/dev/null || skip "no python3 here, whose web server is asked"

mkdir site
head -c 20000000 /dev/urandom >site/big
cat >web.py <<'END'
import functools, http.server
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="site")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
print("port", server.server_address[1], flush=True)
server.serve_forever()
END
python3 web.py >web.out 2>/dev/null &
pids=$!
await '^port' web.out
forward guest local://any/80 "tcp://127.0.0.1:$(sed -n 's/^port //p' web.out)"
guest=$forward
forward host tcp://127.0.0.1:0 local://loopback/80
url=http://127.0.0.1:$(port host)/big
timeout 60 curl -sSf "$url" -o got
cmp site/big got || fail "not the same bytes"
say "20 MB of a web server, by way of two"
timeout 60 curl -sSf "$url" "$url" "$url" -o one -o two -o three
cmp site/big three || fail "not the same bytes"
code=0
timeout 60 curl -sSf "$url.none" -o none 2>said || code=$?
[ "$code" -eq 22 ] || fail "what is not there: code $code"
ended "$forward"
ended "$guest"
echo "curl works through hvforward"
