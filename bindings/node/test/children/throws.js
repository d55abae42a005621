'use strict';

// throws.js TRANSPORT PLACE throw|destroy|exit: throws within a callback and
// goes on to the orderly end of a conversation; or destroys both sockets once it
// has thrown; or exits in place of throwing, with the code 7.
//
// Prints what was caught, and "over" when both sides have closed.

const { open } = require('../support/transports');
const { listening, watch, closed } = require('../support/events');

const [, , kind, place, act] = process.argv;
const transport = open(kind);

const LARGE = Buffer.alloc(1 << 20);

let armed = true;

// Called in each callback; acts once, in the one that is meant.
function here(name) {
  if (name !== place || !armed) return;
  armed = false;
  if (act === 'exit') process.exit(7);
  throw new Error(`thrown within ${name}`);
}

const sockets = [];

process.on('uncaughtException', (error) => {
  console.log('caught', error.message);
  if (act === 'destroy') for (const socket of sockets) socket.destroy();
});
process.on('exit', () => console.log('exit'));
process.on('beforeExit', () => here('beforeExit'));

function serve(peer) {
  sockets.push(watch(peer));
  peer.on('data', () => here('data of an accepted socket'));
  peer.on('end', () => here('end of an accepted socket'));
  peer.on('close', () => here('close of an accepted socket'));
  peer.write('hello');
  here('connection');
}

async function converse() {
  const seam = {
    ...transport,
    createServer: (...args) => transport.module.createServer(...args),
  };
  const { server, address } = await listening(seam);
  server.on('listening', () => here('listening'));
  const done = new Promise((resolve) => server.once('close', resolve));
  server.on('close', () => here('close of a server'));
  const accepted = new Promise((resolve) => {
    server.on('connection', (peer) => {
      resolve(peer);
      serve(peer);
    });
  });

  const client = watch(transport.connect(address, {}, () => here('the callback of connect()')));
  sockets.push(client);
  client.on('connect', () => here('connect'));
  client.on('ready', () => here('ready'));
  client.on('data', () => here('data'));
  client.on('end', () => here('end'));
  client.on('finish', () => here('finish'));
  client.once('drain', () => client.setTimeout(20, () => {
    setImmediate(() => client.end('x', () => here('the callback of end()')));
    here('timeout');
  }));
  client.on('drain', () => here('drain'));
  client.on('close', () => here('close'));
  client.write('x', () => here('the callback of write()'));
  client.write(LARGE, () => here('the callback of a large write()'));

  const failing = transport.connect(transport.address());
  failing.on('error', () => here('error'));

  const peer = await accepted;
  await Promise.all([closed(client), closed(peer)]);
  server.close(() => here('the callback of close()'));
  await done;
}

converse().then(() => console.log('over'));
