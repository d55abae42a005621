'use strict';

// One end of the benchmark, in a process of its own: a server or a client, of net or of
// hvuv. bench.js forks it, sends it one request at a time, and gets one reply for each.

const fs = require('node:fs');
const [contender, role, address] = process.argv.slice(2);
const sockets = contender === 'net' ? require('node:net') : require('..');
const connect = () => sockets.connect(address);

// Processor time of this process so far, of user and kernel, in microseconds.
function cpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const microseconds = () => Number(process.hrtime.bigint() / 1000n);

// --- The server: what comes goes back; a first byte 'S' asks to count only --------

const SINK = 'S'.charCodeAt(0);

function serve(socket) {
  let left = 0; // bytes still to be swallowed; one byte goes back after the last

  socket.on('data', (chunk) => {
    if (left > 0) {
      left -= chunk.length;
      if (left === 0) socket.write('.');
    } else if (chunk[0] === SINK) {
      left = chunk.readUInt32BE(1) - chunk.length;
    } else {
      socket.write(chunk);
    }
  });
  socket.on('error', () => {}); // a client that has ended
}

// --- The client -------------------------------------------------------------------

const ended = (socket) => new Promise((done) => socket.once('close', done));

// The listener of the last round goes.
function replace(socket, event, listener) {
  socket.removeAllListeners(event);
  socket.on(event, listener);
}

// Sends `size` bytes on each of `sockets` and waits for them, `count` times in all.
function echo(clients, size, count) {
  const message = Buffer.alloc(size, 'e');
  return new Promise((done, failed) => {
    let toSend = count;
    let toCome = count;
    for (const socket of clients) {
      let got = 0;
      const send = () => {
        if (toSend-- > 0) socket.write(message);
      };
      replace(socket, 'error', failed);
      replace(socket, 'data', (chunk) => {
        got += chunk.length;
        if (got < size) return;
        got = 0;
        if (--toCome === 0) done();
        else send();
      });
      send();
    }
  });
}

// Sends `count` MiB one way, in pieces of one MiB, and waits until all have come.
function bulk([socket], size, count) {
  const piece = Buffer.alloc(size, 'b');
  return new Promise((done, failed) => {
    let left = count;
    const head = Buffer.alloc(5);
    head[0] = SINK;
    head.writeUInt32BE(size * count + head.length, 1);
    replace(socket, 'error', failed);
    replace(socket, 'data', () => done());
    const go = () => {
      while (left > 0) {
        left--;
        if (!socket.write(piece)) return;
      }
    };
    replace(socket, 'drain', go);
    socket.write(head);
    go();
  });
}

// Connects, has `size` bytes there and back, closes; `width` at a time, `count` in all.
async function open(width, size, count) {
  const message = Buffer.alloc(size, 'e');
  let left = count;
  const one = () => new Promise((done, failed) => {
    const socket = connect();
    let got = 0;
    socket.on('error', failed);
    socket.on('connect', () => socket.write(message));
    socket.on('data', (chunk) => {
      got += chunk.length;
      if (got === size) socket.end();
    });
    socket.on('close', done);
  });
  const chain = async () => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: width }, chain));
}

let clients = [];

// kept(CONNECTIONS): that many of them, those of the last run again if it can be
async function kept(connections) {
  while (clients.length > connections) {
    const socket = clients.pop();
    const gone = ended(socket);
    socket.destroy();
    await gone;
  }
  while (clients.length < connections) {
    const socket = connect();
    await new Promise((done, failed) => {
      socket.once('connect', done);
      socket.once('error', failed);
    });
    clients.push(socket);
  }
  return clients;
}

async function run({ kind, connections, size, count }) {
  const work = kind === 'open'
    ? () => open(connections, size, count)
    : ((these) => () => (kind === 'bulk' ? bulk : echo)(these, size, count))(
      await kept(connections));
  const begin = { cpu: cpu(), time: microseconds() };
  await work();
  return { cpu: cpu() - begin.cpu, time: microseconds() - begin.time };
}

// --- Requests ---------------------------------------------------------------------

const requests = {
  cpu: async () => ({ cpu: cpu() }),
  run,
};

process.on('message', ({ request, ...arguments_ }) => {
  requests[request](arguments_).then(
    (reply) => process.send(reply),
    (error) => process.send({ failed: String(error && error.stack) }));
});
process.on('disconnect', () => process.exit(0));

if (role === 'server') {
  const server = sockets.createServer(serve);
  if (contender === 'net') fs.rmSync(address, { force: true });
  server.listen(address, () => process.send({ ready: true }));
} else {
  process.send({ ready: true });
}
