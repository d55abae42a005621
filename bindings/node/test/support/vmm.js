'use strict';

// A hypervisor played in JavaScript: what Firecracker and its like do between a
// program of the host and the guest behind a Unix socket. It accepts at PATH,
// reads "CONNECT <port>\n", connects to whoever listens at PATH_<port>, which
// stands for the guest, replies "OK <number>\n" and carries bytes both ways.
//
// Its manners:
//   generous  the end of one direction is passed on behind its last byte
//   stingy    the end of the host's direction ends both at once, and what the
//             guest had still to say is lost; the end of the guest's is not
//             passed on but, somewhat later, closes; the OK comes late and in two
//             pieces
//   silent    accepts and does nothing more, as one whose VM is paused
//
// It knows nothing of hvuv, and its handles hold no process open.

const net = require('node:net');

const LATE_MS = 20;

// One way of a pair of sockets, with the back-pressure of both.
function carry(from, to, onEnd) {
  from.on('data', (chunk) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', onEnd);
  from.on('error', () => to.destroy());
  from.on('close', () => {
    if (!to.writableFinished) to.destroySoon();
    else to.destroy();
  });
}

function join(host, guest, manners) {
  const stingy = manners === 'stingy';
  carry(host, guest, () => {
    guest.end();
    if (stingy) host.destroy();
  });
  carry(guest, host, () => {
    if (stingy) setTimeout(() => host.destroySoon(), LATE_MS).unref();
    else host.end();
  });
}

function acknowledge(host, manners, done) {
  if (manners !== 'stingy') {
    host.write('OK 1024\n', done);
    return;
  }
  setTimeout(() => host.write('O'), LATE_MS).unref();
  setTimeout(() => host.write('K 1024\n', done), 2 * LATE_MS).unref();
}

// Calls back with the port that the host asks for and what came behind it.
function readRequest(host, callback) {
  let seen = Buffer.alloc(0);
  const onData = (chunk) => {
    seen = Buffer.concat([seen, chunk]);
    const end = seen.indexOf('\n');
    if (end < 0) return;
    host.off('data', onData);
    host.pause();
    const line = /^CONNECT (\d+)$/.exec(seen.subarray(0, end).toString());
    callback(line?.[1], seen.subarray(end + 1));
  };
  host.on('data', onData);
}

function startVmm(path, manners = 'generous') {
  const server = net.createServer({ allowHalfOpen: true }, (host) => {
    host.unref();
    host.on('error', () => {});
    if (manners === 'silent') return;
    readRequest(host, (port, behind) => {
      const guest = net.connect({ path: `${path}_${port}`, allowHalfOpen: true });
      guest.unref();
      guest.on('error', () => host.destroy());
      guest.on('connect', () => acknowledge(host, manners, () => {
        if (behind.length > 0) guest.write(behind);
        join(host, guest, manners);
        host.resume();
      }));
    });
  });
  server.unref();
  server.listen(path);
  return server;
}

module.exports = { startVmm };
