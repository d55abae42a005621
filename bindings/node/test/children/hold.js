'use strict';

// hold.js TRANSPORT SCENE: sets a scene, then prints "held" if something keeps
// the loop alive, "let go" if nothing does.

const { once } = require('node:events');

const { open } = require('../support/transports');
const { listening, pair } = require('../support/events');

const HELD_MS = 400;

const transport = open(process.argv[2]);
// The cases' own transport remembers what it made; here nobody tidies up.
const made = {
  ...transport,
  createServer: (...args) => transport.module.createServer(...args),
  socket: () => new transport.module.Socket(),
};

const scenes = {
  'a server that listens': () => listening(made),

  'a server after unref()': async () => {
    const { server } = await listening(made);
    server.unref();
  },

  'a server after unref() before listen()': async () => {
    const server = made.createServer();
    server.unref();
    server.listen(made.address());
  },

  'a server after unref() and ref()': async () => {
    const { server } = await listening(made);
    server.unref();
    server.ref();
  },

  'a server that has closed': async () => {
    const { server } = await listening(made);
    server.close();
  },

  'an open connection': async () => {
    const { server } = await pair(made);
    server.close();
  },

  'one side of a connection, the other after unref()': async () => {
    const { server, peer } = await pair(made);
    server.close();
    peer.unref();
  },

  'both sides of a connection after unref()': async () => {
    const { server, client, peer } = await pair(made);
    server.close();
    client.unref();
    peer.unref();
  },

  'a connection after unref() and ref()': async () => {
    const { server, client, peer } = await pair(made);
    server.close();
    peer.unref();
    client.unref();
    client.ref();
  },

  'a socket after unref() while it was connecting': async () => {
    const { server, address } = await listening(made, { pauseOnConnect: true });
    const accepted = once(server, 'connection');
    const client = made.connect(address);
    client.unref();
    const [peer] = await accepted;
    peer.unref();
    server.close();
  },

  'a socket that was never connected': () => made.socket(),

  'accepted sockets that nobody reads': async () => {
    const { server, client } = await pair(made, { server: { pauseOnConnect: true } });
    server.close();
    client.unref();
  },

  'a paused socket': async () => {
    const { server, client, peer } = await pair(made);
    server.close();
    peer.unref();
    client.pause();
  },

  'a connection that has ended': async () => {
    const { server, client, peer } = await pair(made);
    server.close();
    client.resume();
    peer.resume();
    client.end();
  },

  'a connection that was destroyed': async () => {
    const { server, client, peer } = await pair(made);
    server.close();
    client.destroy();
    peer.destroy();
  },

  'the timeout of a socket after unref()': async () => {
    const { server, client, peer } = await pair(made);
    server.close();
    client.setTimeout(100000);
    client.unref();
    peer.unref();
  },

  'a connect that failed': () => {
    made.connect(made.address()).on('error', () => {});
  },

  'a write that cannot go on, after unref()': async () => {
    const { server, client } = await pair(made, { server: { pauseOnConnect: true } });
    server.close();
    client.write(Buffer.alloc(16 << 20));
    client.unref();
  },
};

process.once('beforeExit', () => {
  console.log('let go');
  process.exit();
});

(async () => {
  await scenes[process.argv[3]]();
  setTimeout(() => {
    console.log('held');
    process.exit();
  }, HELD_MS).unref();
})();
