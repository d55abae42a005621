'use strict';

// collected.js TRANSPORT SCENE: what the collector of rubbish may take and what
// not. Prints what happened to a socket that nobody refers to.

const { once } = require('node:events');

const { collect, gc } = require('../support/memory');
const { open } = require('../support/transports');
const { turns } = require('../support/events');

const transport = open(process.argv[2]);

const say = (...words) => console.log(...words);

async function serve(onConnection) {
  const server = transport.module.createServer(onConnection);
  const address = transport.address();
  server.listen(address);
  await once(server, 'listening');
  return { server, address };
}

const scenes = {
  // An open socket lives without a reference, and still reports.
  async 'an open socket'() {
    let peer;
    const { server, address } = await serve((socket) => { peer = socket; });
    const gone = (() => {
      const client = transport.connect(address);
      client.on('data', (chunk) => say('data', chunk.toString()));
      client.on('end', () => say('end'));
      client.on('close', () => say('close'));
      return new WeakRef(client);
    })();
    while (peer === undefined) await turns(1);
    await gc();
    say(gone.deref() === undefined ? 'collected' : 'alive');
    peer.write('hello');
    await turns(20);
    await gc();
    const closed = once(gone.deref(), 'close');
    peer.end();
    await closed;
    server.close();
  },

  // So does an accepted one, and one that is connecting.
  async 'an accepted socket'() {
    const { server, address } = await serve((socket) => {
      socket.on('data', (chunk) => say('data', chunk.toString()));
      socket.on('close', () => {
        say('close');
        server.close();
      });
    });
    const client = transport.connect(address);
    await once(client, 'connect');
    await turns(20);
    await gc();
    client.write('hello');
    await turns(20);
    client.end();
    client.resume();
  },

  async 'a server'() {
    const address = transport.address();
    (() => {
      const server = transport.module.createServer((socket) => socket.end('hello'));
      server.on('close', () => say('close'));
      server.on('connection', () => server.close());
      server.listen(address);
    })();
    await turns(5);
    await gc();
    const client = transport.connect(address);
    client.on('data', (chunk) => say('data', chunk.toString()));
    await once(client, 'close');
  },

  // What has closed is taken.
  async 'closed sockets'() {
    const refs = [];
    const { server, address } = await serve((socket) => {
      refs.push(new WeakRef(socket));
      socket.on('error', () => {}).resume();
    });
    for (let i = 0; i < 100; i += 1) {
      const client = transport.connect(address);
      refs.push(new WeakRef(client));
      client.end('x');
      client.resume();
      await once(client, 'close');
    }
    await turns(50);
    await gc();
    const alive = refs.filter((ref) => ref.deref() !== undefined).length;
    say(alive < 10 ? 'collected' : `${alive} of ${refs.length} alive`);
    server.close();
  },

  async 'failed sockets'() {
    const refs = [];
    for (let i = 0; i < 100; i += 1) {
      const client = transport.connect(transport.address());
      refs.push(new WeakRef(client));
      client.on('error', () => {});
      await new Promise((resolve) => client.once('close', resolve));
    }
    await turns(50);
    await gc();
    const alive = refs.filter((ref) => ref.deref() !== undefined).length;
    say(alive < 10 ? 'collected' : `${alive} of ${refs.length} alive`);
  },

  // A buffer that is being written is not taken before it is.
  async 'buffers under way'() {
    const { server, address } = await serve((socket) => {
      let at = 0;
      let wrong = 0;
      socket.on('data', (chunk) => {
        for (const byte of chunk) if (byte !== Math.floor(at++ / 500000) + 1) wrong += 1;
      });
      socket.on('close', () => {
        say(at, wrong);
        server.close();
      });
      socket.pause();
      setTimeout(() => socket.resume(), 50);
    });
    const client = transport.connect(address);
    for (let i = 1; i <= 10; i += 1) client.write(Buffer.alloc(500000, i));
    client.end();
    for (let i = 0; i < 20; i += 1) {
      await turns(2);
      collect();
      Buffer.alloc(1000000, 255);
    }
    client.resume();
    await once(client, 'close');
  },

  // A conversation with a collection in each of its callbacks.
  async 'each callback'() {
    const { server, address } = await serve((socket) => {
      collect();
      socket.on('data', (chunk) => {
        collect();
        socket.write(chunk, collect);
      });
      socket.on('end', () => {
        collect();
        socket.end(collect);
      });
      socket.on('close', () => collect());
    });
    for (let i = 0; i < 5; i += 1) {
      const client = transport.connect(address, {}, collect);
      let text = '';
      client.on('data', (chunk) => {
        collect();
        text += chunk.toString();
        if (text.length === 5) client.end(collect);
      });
      client.write('hel', collect);
      collect();
      client.write('lo', collect);
      await once(client, 'close');
      collect();
      say(text);
    }
    server.close(collect);
  },
};

scenes[process.argv[3]]();
