'use strict';

// What the tests with other people's libraries share.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

// The sockets of `local` addresses go to a folder of this process's own.
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hvuv-use-'));
process.env.HVUV_LOCAL_DIR = folder;
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

const hvuv = require('../..');

let ports = 5000;

// serve(TEST, ON_CONNECTION[, OPTIONS]): a server for one test, at an address of its own.
// What it has accepted is destroyed with it when the test has ended.
async function serve(t, onConnection, options) {
  const address = `local://loopback/${ports++}`;
  const open = new Set();
  const server = hvuv.createServer(options, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    onConnection(socket);
  });
  await new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(address, done);
  });
  t.after(() => new Promise((done) => {
    server.close(() => done());
    for (const socket of open) socket.destroy();
  }));
  return { server, address, open };
}

// event(EMITTER, NAME): its arguments, or the error that came first
function event(emitter, name) {
  return new Promise((done, failed) => {
    emitter.once(name, (...values) => done(values));
    if (name !== 'error') emitter.once('error', failed);
  });
}

// collect(STREAM): all that it has, as one buffer
async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

// optional(NAME): a development dependency, or undefined
function optional(name) {
  try {
    return require(name);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    return undefined;
  }
}

// What a test that needs one says when it is not there.
const missing = (name) => `${name} is not installed (npm ci), as where no registry is reached`;

// numbered(BYTES): bytes that show where one is lost or out of order
function numbered(bytes) {
  const buffer = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) buffer.writeUInt32LE(at, at);
  return buffer;
}

module.exports = { hvuv, folder, serve, event, collect, optional, missing, numbered };
