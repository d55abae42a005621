#!/bin/sh
# openmetrics.sh TEST_METRICS: whether what hvuv_stats_format() writes is OpenMetrics
# to the parser of Prometheus' own client for Python, and says what it should.
set -eu
python=${PYTHON:-/usr/bin/python3}
if ! "$python" -c 'import prometheus_client.openmetrics.parser' 2>/dev/null; then
  echo "Skipped: no prometheus_client for $python. ./dev test-extras installs it, where \
there is apt-get."
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# What the tests' framework prints besides goes to stdout.
"$1" --print >/dev/null 2>"$folder/all"
sed -n '/^# TYPE/,/^# EOF/p' "$folder/all" >"$folder/text"
"$python" - "$folder/text" <<'END'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families

families = {f.name: f for f in text_string_to_metric_families(open(sys.argv[1]).read())}


def value(name, **labels):
    found = [s.value for f in families.values() for s in f.samples
             if s.name == name and s.labels == labels]
    assert len(found) == 1, (name, labels, found)
    return found[0]


assert len(families) == 18, families.keys()
for family in families.values():
    assert family.documentation, family
    assert family.type in ("counter", "gauge"), family
    assert (family.unit == "bytes") == family.name.endswith("_bytes"), family
odd = 'a "name" with \\, a%0Aline and %C3%A4'
for name in "echo", odd:
    assert value("hvuv_connections_opened_total", server=name) == 3
    assert value("hvuv_refused_total", server=name, reason="peer") == 1
    assert value("hvuv_peer_received_bytes_total", server=name,
                 peer="local://6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d") == 12
print(sum(len(f.samples) for f in families.values()), "samples in", len(families), "families")
END
