'use strict';

// limit.js TRANSPORT SCENE ADDRESS: a process that may have few descriptors, as
// its starter has seen to. It uses up what is left of them.

const fs = require('node:fs');
const { once } = require('node:events');

const { turns } = require('../support/events');
const { open } = require('../support/transports');

const [, , kind, scene, address] = process.argv;
const transport = open(kind);

// All descriptors but as many as are to be left.
function takeAllBut(left) {
  const taken = [];
  for (;;) {
    try {
      taken.push(fs.openSync('/dev/null'));
    } catch (error) {
      if (error.code !== 'EMFILE') throw error;
      for (let i = 0; i < left; i += 1) fs.closeSync(taken.pop());
      return taken;
    }
  }
}

function release(taken) {
  for (const fd of taken) fs.closeSync(fd);
}

async function echo() {
  const server = transport.module.createServer((socket) => socket.pipe(socket));
  server.listen(address);
  await once(server, 'listening');
  return server;
}

async function roundTrip() {
  const client = transport.connect(address);
  client.end('x');
  const [chunk] = await once(client, 'data');
  await once(client, 'close');
  await turns(); // in which the server's end is closed, too
  return chunk.toString();
}

const scenes = {
  // connect() fails, and works again when there is room.
  async connect() {
    const server = await echo();
    await roundTrip();
    const taken = takeAllBut(0);
    const [error] = await once(transport.connect(address), 'error').catch((thrown) => [thrown]);
    console.log('connect', error.code, error.syscall, error.address === address);
    release(taken);
    console.log('then', await roundTrip());
    server.close();
  },

  // listen() fails, and works again.
  async listen() {
    await roundTripElsewhere();
    const server = transport.module.createServer((socket) => socket.pipe(socket));
    const taken = takeAllBut(0);
    server.listen(address);
    const [error] = await once(server, 'error').catch((thrown) => [thrown]);
    console.log('listen', error.code, error.syscall, error.address === address, server.listening);
    release(taken);
    server.listen(address);
    await once(server, 'listening');
    console.log('then', await roundTrip());
    server.close();
  },

  // The same where nobody listens for 'error': no reason to end the process.
  async unheard() {
    const server = await echo();
    await roundTrip();
    const taken = takeAllBut(1);
    const warned = once(process, 'warning');
    const client = transport.connect(address);
    client.write('waited');
    const [warning] = await warned;
    console.log('warning', warning.code, warning.syscall, server.listening);
    release(taken);
    const [chunk] = await once(client, 'data');
    console.log('then', chunk.toString());
    client.destroy();
    server.close();
  },

  // There is one for the caller and none for who accepts it. The listener says
  // so once, and accepts when there is room.
  async accept() {
    const server = await echo();
    await roundTrip();
    const errors = [];
    server.on('error', (error) => errors.push(error));
    const taken = takeAllBut(1);
    const client = transport.connect(address);
    client.write('waited');
    await once(server, 'error').catch(() => {});
    console.log('accept', errors.length, errors[0].code, errors[0].syscall, server.listening);
    release(taken);
    const [chunk] = await once(client, 'data');
    console.log('then', chunk.toString());
    client.destroy();
    server.close();
  },
};

// What is loaded at a first use is loaded before there is no room.
async function roundTripElsewhere() {
  const other = transport.address();
  const server = transport.module.createServer((socket) => socket.end('x'));
  server.listen(other);
  const client = transport.connect(other);
  await once(client, 'data');
  client.destroy();
  server.close();
  await once(server, 'close');
}

scenes[scene]();
