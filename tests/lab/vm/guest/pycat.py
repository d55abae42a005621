"""pycat.py [-l] listen|connect PORT: what ../hvcat.c does, with Python's own
sockets; pycat.py echo PORT sends back what it gets, to one client."""

import socket
import sys
import threading


def listen(port):
    server = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    server.bind((socket.VMADDR_CID_ANY, port))
    server.listen(1)
    print("Listening on port", port, file=sys.stderr, flush=True)
    return server.accept()[0]


def connect(port):
    stream = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    stream.connect((1, port))
    return stream


def send(stream):
    stream.sendall(sys.stdin.buffer.read())
    stream.shutdown(socket.SHUT_WR)


def chunks(stream):
    while data := stream.recv(65536):
        yield data


def receive(stream):
    for data in chunks(stream):
        sys.stdout.buffer.write(data)


how, port = sys.argv[-2], int(sys.argv[-1])
stream = connect(port) if how == "connect" else listen(port)
stream.settimeout(20)
if how == "echo":
    for data in chunks(stream):
        stream.sendall(data)
elif "-l" in sys.argv:
    receive(stream)
    send(stream)
else:
    sender = threading.Thread(target=send, args=[stream])
    sender.start()
    receive(stream)
    sender.join()
