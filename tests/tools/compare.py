#!/usr/bin/env python3
"""compare.py FOLDER [ROUNDS]: hvforward beside socat and systemd-socket-proxyd, hvcat
beside ncat, in interleaved rounds on this machine. To be run by hand; FOLDER has the
tools, built with optimization (./dev build --preset release). Prints the median
processor time and throughput of each, and their ratios to the first of its group.

Callers and servers are this program's, the same for each contender. Processor time is
the contender's own, with its children (wait4(2)).
"""
import os
import shutil
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time

BULK = 1 << 30
CALLS = 2000
CAT_BYTES = 1 << 29
CHUNK = 1 << 20

tools = os.path.abspath(sys.argv[1])
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
work = tempfile.mkdtemp()
os.environ["HVUV_LOCAL_DIR"] = os.path.join(work, "local")
proxyd = next(
    (p for p in ("/usr/lib/systemd/systemd-socket-proxyd", "/lib/systemd/systemd-socket-proxyd")
     if os.path.exists(p)), None)


def listen(backlog=4096):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen(backlog)
    return sock


def free_port():
    with listen() as sock:
        return sock.getsockname()[1]


def start(argv, passed=None, stdin="/dev/null", stdout="/dev/null"):
    pid = os.fork()
    if pid != 0:
        return pid
    for path, fd, flags in ((stdin, 0, os.O_RDONLY), (stdout, 1, os.O_WRONLY), ("/dev/null", 2, os.O_WRONLY)):
        os.dup2(os.open(path, flags), fd)
    if passed is not None:
        os.dup2(passed.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ["LISTEN_FDS"] = "1"
        os.environ["LISTEN_PID"] = str(os.getpid())
    try:
        os.execvp(argv[0], argv)
    finally:
        os._exit(127)


def processor_s(pid):
    usage = os.wait4(pid, 0)[2]
    return usage.ru_utime + usage.ru_stime


def connect(port):
    for _ in range(500):
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            time.sleep(0.01)
    raise SystemExit("nobody listens")


# --- Forwarders: name, and how one is started between a port and the server's

def start_hvforward(port, to):
    return start([tools + "/hvforward", f"tcp://127.0.0.1:{port}", f"tcp://127.0.0.1:{to}"])


def start_socat(port, to):
    return start(["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,backlog=4096,nodelay",
                  f"TCP:127.0.0.1:{to},nodelay"])


def start_proxyd(port, to):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(4096)
    pid = start([proxyd, f"127.0.0.1:{to}"], passed=sock)
    sock.close()
    return pid


def bulk(server, port):
    def sink():
        conn, _ = server.accept()
        room = bytearray(CHUNK)
        while conn.recv_into(room):
            pass
        conn.close()

    # The forwarder listens when a connection is accepted, and that one is the load.
    thread = threading.Thread(target=sink)
    thread.start()
    with connect(port) as conn:
        chunk = bytes(CHUNK)
        since = time.monotonic()
        for _ in range(BULK // CHUNK):
            conn.sendall(chunk)
        conn.shutdown(socket.SHUT_WR)
        thread.join()
    return BULK / (time.monotonic() - since) / 1e6


def short_calls(server, port):
    def answer():
        for _ in range(CALLS):
            conn, _ = server.accept()
            conn.sendall(conn.recv(100))
            conn.close()

    thread = threading.Thread(target=answer)
    thread.start()
    since = time.monotonic()
    for _ in range(CALLS):
        with connect(port) as conn:
            conn.sendall(b"x" * 100)
            while conn.recv(100):
                pass
    thread.join()
    return CALLS / (time.monotonic() - since)


def forwarder(begin, load):
    def run():
        port = free_port()
        with listen() as server:
            pid = begin(port, server.getsockname()[1])
            rate = load(server, port)
            time.sleep(0.05)  # its last call has ended, and its children are reaped
            os.kill(pid, signal.SIGTERM)
            return processor_s(pid), rate
    return run


# --- Netcats: one listens, one sends a file

def cats(listener, sender, path):
    def run():
        if os.path.exists(path):
            os.unlink(path)
        since = time.monotonic()
        first = start(listener)
        while not os.path.exists(path):
            time.sleep(0.005)
        time.sleep(0.1)
        since = time.monotonic()
        second = start(sender, stdin=work + "/file")
        spent = processor_s(second) + processor_s(first)
        return spent, CAT_BYTES / (time.monotonic() - since) / 1e6
    return run


def compare(title, unit, contenders):
    seen = {name: [] for name, _ in contenders}
    for _ in range(rounds):
        for name, run in contenders:
            seen[name].append(run())
    print(f"{title}, {rounds} rounds")
    first = contenders[0][0]
    spent = {n: statistics.median(s for s, _ in v) for n, v in seen.items()}
    rate = {n: statistics.median(r for _, r in v) for n, v in seen.items()}
    for name, _ in contenders:
        ratio = statistics.median(a[0] / b[0] for a, b in zip(seen[first], seen[name]))
        faster = statistics.median(a[1] / b[1] for a, b in zip(seen[first], seen[name]))
        print(f"  {name:24}{spent[name]:8.3f} s of processor{rate[name]:10.0f} {unit}"
              f"   {first} has {ratio:.2f} of its processor time, {faster:.2f} of its rate",
              flush=True)


def main():
    starters = [("hvforward", start_hvforward)]
    if shutil.which("socat"):
        starters.append(("socat", start_socat))
    if proxyd:
        starters.append(("systemd-socket-proxyd", start_proxyd))
    compare("1 GiB, TCP to TCP", "MB/s", [(n, forwarder(s, bulk)) for n, s in starters])
    compare(f"{CALLS} short calls, one after another", "calls/s",
            [(n, forwarder(s, short_calls)) for n, s in starters])
    with open(work + "/file", "wb") as file:
        for _ in range(CAT_BYTES // CHUNK):
            file.write(bytes(CHUNK))
    pairs = [("hvcat", cats([tools + "/hvcat", "-l", "local://any/9"],
                            [tools + "/hvcat", "local://loopback/9"],
                            work + "/local/host/9.a"))]
    if shutil.which("ncat"):
        pairs.append(("ncat", cats(["ncat", "-l", "-U", work + "/ncat", "--recv-only"],
                                   ["ncat", "-U", work + "/ncat", "--send-only"],
                                   work + "/ncat")))
    compare("512 MiB of a file, over a Unix socket, both sides", "MB/s", pairs)


try:
    main()
finally:
    shutil.rmtree(work)
