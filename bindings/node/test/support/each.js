'use strict';

// each('a sentence', async (transport) => { ... }) makes one case for each
// transport: "net: a sentence", "local: a sentence", ...
//
// A case is given a transport of its own, which remembers the servers and the
// sockets made through it. When the case is over they are destroyed, and each
// has to report its end, so that no case leaves something behind and a lost
// 'close' is a failed case.

const { test } = require('node:test');

const transports = require('./transports');
const { closed, watch } = require('./events');

const LIMIT_MS = 20000;

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
      await Promise.all(sockets.map(closed));
    },
  };
}

function each(name, options, body) {
  if (typeof options === 'function') return each(name, {}, options);
  for (const kind of options.on ?? transports.names) {
    if (!transports.names.includes(kind)) continue;
    const settings = { timeout: LIMIT_MS, ...options.test };
    test(`${kind}: ${name}`, settings, async (t) => {
      const transport = remembering(transports.open(kind));
      try {
        await body(transport, t);
      } finally {
        await transport.tidy();
      }
    });
  }
}

module.exports = { each };
