'use strict';

// each('a sentence', async (transport) => { ... }) makes one case for each
// transport: "net: a sentence", "local: a sentence", ...
//
// A case is given a transport of its own, which remembers the servers and the
// sockets made through it. When the case is over they are destroyed, and each
// has to report its end, so that no case leaves something behind and a lost
// 'close' is a failed case. One that has failed, or has taken too long, holds no
// loop, so the others go on.

const { test } = require('node:test');

const transports = require('./transports');
const { closed, watch } = require('./events');

const LIMIT_MS = 20000;
const TIDY_MS = 5000;

function remembering(transport) {
  const sockets = [];
  const servers = [];

  const keep = (socket) => {
    sockets.push(watch(socket));
    return socket;
  };

  return {
    ...transport,

    connect: (...args) => keep(transport.connect(...args)),

    // A socket that nobody has connected yet.
    socket: (options) => keep(new transport.module.Socket(options)),

    createServer: (...args) => {
      const server = transport.module.createServer(...args);
      servers.push(server);
      server.on('connection', keep);
      return server;
    },

    async tidy() {
      for (const server of servers) if (server.listening) server.close();
      for (const socket of sockets) {
        if (!socket.destroyed) socket.on('error', () => {});
        socket.destroy();
      }
      await within(TIDY_MS, Promise.all(sockets.map(closed)));
    },
  };
}

// Rejects when the time is over; what it waited for may go on.
function within(ms, promise) {
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing has happened for ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function each(name, options, body) {
  if (typeof options === 'function') return each(name, {}, options);
  for (const kind of options.on ?? transports.names) {
    if (!transports.names.includes(kind)) continue;
    const { timeout = LIMIT_MS } = options;
    test(`${kind}: ${name}`, async (t) => {
      const transport = remembering(transports.open(kind));
      try {
        await within(timeout, body(transport, t));
      } finally {
        await transport.tidy();
      }
    });
  }
}

module.exports = { each };
