'use strict';

// What cases do with events: callbacks record, the case looks afterwards.

const { once } = require('node:events');
const { setImmediate: turn } = require('node:timers/promises');

// Pushes the name of each of these events to a list, as they come. 'close' of a
// socket is written as "close" or "close after an error".
function record(emitter, names, into = []) {
  for (const name of names) {
    emitter.on(name, (first) =>
      into.push(name === 'close' && first === true ? 'close after an error' : name));
  }
  return into;
}

const ends = new WeakMap();

// To be called when a socket is made: its `closed` property is true somewhat
// before its 'close', which is what cases wait for.
function watch(socket) {
  ends.set(socket, new Promise((resolve) => socket.once('close', resolve)));
  return socket;
}

// Resolves when a socket has reported its end for the first time.
function closed(socket) {
  return ends.get(socket);
}

// Some turns of the loop in which what is under way comes through.
async function turns(number = 10) {
  for (let i = 0; i < number; i += 1) await turn();
}

// Waits in turns of the loop until a condition holds; the case's own time limit
// bounds it.
async function until(condition) {
  while (!condition()) await turn();
}

// Everything that comes, until the end.
async function bytes(socket) {
  const chunks = [];
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function text(socket) {
  return (await bytes(socket)).toString();
}

// A server that listens.
async function listening(transport, options = {}, onConnection) {
  const server = transport.createServer(options, onConnection);
  const address = transport.address();
  server.listen(address);
  await once(server, 'listening');
  return { server, address };
}

// A server, a socket connected to it, and the server's end of it. options has
// those of the server and those of the client.
async function pair(transport, options = {}) {
  const { server, address } = await listening(transport, options.server);
  const accepted = once(server, 'connection');
  const client = transport.connect(address, options.client);
  const [[peer]] = await Promise.all([accepted, once(client, 'connect')]);
  return { server, address, client, peer };
}

module.exports = { bytes, closed, listening, pair, record, text, turns, until, watch };
