'use strict';

// connect() and listen() as promises. Both take a signal, and leave nothing
// behind when they reject.

const { once } = require('node:events');

const hvuv = require('./index');

/** Resolves with a connected socket. */
async function connect(address, options) {
  const socket = hvuv.connect(address, options);
  await once(socket, 'connect'); // rejects with its 'error'
  return socket;
}

/** Resolves with a server that listens. */
async function listen(address, options, onConnection) {
  if (typeof options === 'function') [options, onConnection] = [undefined, options];
  const server = hvuv.createServer(options, onConnection);
  options?.signal?.throwIfAborted();
  server.listen(address, options);
  await once(server, 'listening', { signal: options?.signal });
  return server;
}

module.exports = { connect, listen };
