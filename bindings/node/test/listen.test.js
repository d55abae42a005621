'use strict';

// A server from listen() to 'close'.

const assert = require('node:assert/strict');
const events = require('node:events');

const { each } = require('./support/each');
const { closed, listening, pair, record, turns, until } = require('./support/events');

const { once } = events;

each('listening is reported after listen() has returned', async (transport) => {
  const server = transport.createServer();
  const seen = record(server, ['listening']);
  assert.equal(server.listen(transport.address()), server);
  assert.deepEqual(seen, []);
  await once(server, 'listening');
  assert.deepEqual(seen, ['listening']);
});

each('the callback of listen() is called once, with the server as this', async (transport) => {
  const server = transport.createServer();
  let calls = 0;
  const self = await new Promise((resolve) => {
    server.listen(transport.address(), function onListening() {
      calls += 1;
      resolve(this);
    });
  });
  await turns();
  assert.equal(self, server);
  assert.equal(calls, 1);
});

each('listen() takes a backlog before its callback', async (transport) => {
  const server = transport.createServer();
  await new Promise((resolve) => server.listen(transport.address(), 8, resolve));
  assert.equal(server.listening, true);
});

each('a server is listening from listen() to close()', async (transport) => {
  const server = transport.createServer();
  assert.equal(server.listening, false);
  server.listen(transport.address());
  assert.equal(server.listening, true);
  await once(server, 'listening');
  assert.equal(server.listening, true);
  server.close();
  assert.equal(server.listening, false);
});

each('address() is what the server listens on, and null before', async (transport) => {
  const server = transport.createServer();
  const address = transport.address();
  assert.equal(server.address(), null);
  server.listen(address);
  await once(server, 'listening');
  assert.equal(transport.text(server.address()), address);
});

each('listening where somebody listens is an error event and no listening', async (transport) => {
  const { address } = await listening(transport);
  const second = transport.createServer();
  const seen = record(second, ['listening', 'error']);
  second.listen(address);
  assert.deepEqual(seen, []);
  const [error] = await once(second, 'error').catch((thrown) => [thrown]);
  await turns();
  assert.deepEqual(seen, ['error']);
  assert.equal(error.code, 'EADDRINUSE');
  assert.equal(error.syscall, 'listen');
  assert.equal(error.address, address);
  assert.match(error.message, /EADDRINUSE/);
  assert.ok(error.message.includes(address));
  assert.equal(second.listening, false);
});

each('a server that could not listen can listen elsewhere', async (transport) => {
  const { address } = await listening(transport);
  const second = transport.createServer();
  second.listen(address);
  await once(second, 'error').catch(() => {});
  second.listen(transport.address());
  await once(second, 'listening');
  assert.equal(second.listening, true);
});

each('listen() of a server that listens throws', async (transport) => {
  const { server } = await listening(transport);
  assert.throws(() => server.listen(transport.address()), { code: 'ERR_SERVER_ALREADY_LISTEN' });
  assert.equal(server.listening, true);
});

each('an address is free again once its server has closed', async (transport) => {
  const { server, address } = await listening(transport);
  server.close();
  await once(server, 'close');
  const second = transport.createServer();
  second.listen(address);
  await once(second, 'listening');
  assert.equal(second.listening, true);
});

each('a server that has closed can listen again', async (transport) => {
  const { server, address } = await listening(transport);
  server.close();
  await once(server, 'close');
  server.listen(address);
  await once(server, 'listening');
  const client = transport.connect(address);
  await once(client, 'connect');
});

each('close() calls back with no error and is reported once', async (transport) => {
  const { server } = await listening(transport);
  const seen = record(server, ['close']);
  let argument = 'not called';
  assert.equal(server.close((error) => { argument = error; }), server);
  assert.equal(argument, 'not called');
  await once(server, 'close');
  await turns();
  assert.equal(argument, undefined);
  assert.deepEqual(seen, ['close']);
});

each('close() of a server that does not listen calls back with an error', async (transport) => {
  const server = transport.createServer();
  const error = await new Promise((resolve) => server.close(resolve));
  assert.equal(error.code, 'ERR_SERVER_NOT_RUNNING');
});

each('close() for the second time calls back with an error', async (transport) => {
  const { server } = await listening(transport);
  const [first, second] = await Promise.all([
    new Promise((resolve) => server.close(resolve)),
    new Promise((resolve) => server.close(resolve)),
  ]);
  assert.equal(first, undefined);
  assert.equal(second.code, 'ERR_SERVER_NOT_RUNNING');
});

each('close() within the callback of listen() closes', async (transport) => {
  const server = transport.createServer();
  const seen = record(server, ['listening', 'close']);
  server.listen(transport.address(), () => server.close());
  await once(server, 'close');
  assert.deepEqual(seen, ['listening', 'close']);
});

each('close() straight after listen() leaves listening unreported', async (transport) => {
  const server = transport.createServer();
  const seen = record(server, ['listening', 'close']);
  server.listen(transport.address());
  server.close();
  await once(server, 'close');
  await turns();
  assert.deepEqual(seen, ['close']);
});

each('close is reported once the last connection has closed', async (transport) => {
  const { server, client, peer } = await pair(transport);
  const seen = record(server, ['close']);
  server.close();
  await turns();
  assert.deepEqual(seen, []);
  client.destroy();
  await once(server, 'close');
  assert.equal(peer.destroyed, true);
});

each('connections go on after their server has closed', async (transport) => {
  const { server, client, peer } = await pair(transport);
  server.close();
  await turns();
  client.write('still here');
  assert.equal((await once(peer, 'data')).toString(), 'still here');
  peer.write('so am I');
  assert.equal((await once(client, 'data')).toString(), 'so am I');
});

each('nobody can connect once a server has closed', async (transport) => {
  const { server, address } = await listening(transport);
  server.close();
  await once(server, 'close');
  const client = transport.connect(address);
  const error = await new Promise((resolve) => client.once('error', resolve));
  assert.ok(transport.nobody.includes(error.code), error.code);
});

each('close() within the connection event keeps that connection', async (transport) => {
  const { server, address } = await listening(transport);
  server.on('connection', (socket) => {
    server.close();
    socket.end('last one');
  });
  const client = transport.connect(address);
  assert.equal((await once(client, 'data')).toString(), 'last one');
  await once(server, 'close');
});

each('getConnections() counts those that are open', async (transport) => {
  const { server, client, peer } = await pair(transport);
  const count = () => new Promise((resolve, reject) => {
    server.getConnections((error, number) => (error ? reject(error) : resolve(number)));
  });
  assert.equal(await count(), 1);
  client.destroy();
  await closed(peer);
  assert.equal(await count(), 0);
  server.close();
  assert.equal(await count(), 0);
});

each('getConnections() calls back after it has returned', async (transport) => {
  const { server } = await listening(transport);
  let called = false;
  assert.equal(server.getConnections(() => { called = true; }), server);
  assert.equal(called, false);
  await turns();
  assert.equal(called, true);
});

each('the listener of createServer() is one of connection', async (transport) => {
  const seen = [];
  const server = transport.createServer((socket) => seen.push(socket));
  const address = transport.address();
  server.listen(address);
  server.on('connection', (socket) => seen.push(socket));
  const client = transport.connect(address);
  await once(client, 'connect');
  await until(() => seen.length === 2);
  assert.equal(seen[0], seen[1]);
  assert.equal(seen[0].server, server);
});

each('more connections than maxConnections are dropped, and reported so', async (transport) => {
  const { server, client, address } = await pair(transport);
  const seen = record(server, ['connection', 'drop']);
  server.maxConnections = 1;
  const refused = transport.connect(address);
  refused.on('error', () => {});
  await once(server, 'drop');
  refused.resume();
  await closed(refused);
  assert.deepEqual(seen, ['drop']);
  assert.equal(client.destroyed, false);
});

each('maxConnections that is null is no limit', async (transport) => {
  const { server, address } = await listening(transport);
  server.maxConnections = null;
  transport.connect(address).on('error', () => {});
  const { event } = await Promise.race(['connection', 'drop'].map(async (name) => {
    await once(server, name);
    return { event: name };
  }));
  assert.equal(event, 'connection');
});

each('a highWaterMark below 0 is the default', async (transport) => {
  const { server, peer } = await pair(transport, { server: { highWaterMark: -1 } });
  assert.ok(peer.readableHighWaterMark > 0);
  assert.equal(server.highWaterMark, peer.readableHighWaterMark);
  assert.equal(transport.createServer().highWaterMark, server.highWaterMark);
  assert.throws(() => transport.createServer({ highWaterMark: '1' }), {
    code: 'ERR_INVALID_ARG_TYPE',
    message: `The "options.highWaterMark" property must be of type number. Received type string ('1')`,
  });
});

each('a dropped connection leaves room for the next', async (transport) => {
  const { server, client, peer, address } = await pair(transport);
  server.maxConnections = 1;
  client.destroy();
  await closed(peer);
  const second = transport.connect(address);
  await Promise.all([once(second, 'connect'), once(server, 'connection')]);
});

each('pauseOnConnect holds the data until it is asked for', async (transport) => {
  const { client, peer } = await pair(transport, { server: { pauseOnConnect: true } });
  const seen = [];
  peer.on('data', (chunk) => seen.push(chunk.toString()));
  assert.equal(peer.isPaused(), true);
  client.write('waiting');
  await turns(20);
  assert.deepEqual(seen, []);
  assert.equal(peer.bytesRead, 0);
  peer.resume();
  await until(() => seen.length > 0);
  assert.equal(seen.join(''), 'waiting');
});

each('highWaterMark of a server is that of its sockets', async (transport) => {
  const { peer } = await pair(transport, { server: { highWaterMark: 1000 } });
  assert.equal(peer.readableHighWaterMark, 1000);
  assert.equal(peer.writableHighWaterMark, 1000);
});

each('listen() with a signal that has fired closes', async (transport) => {
  const server = transport.createServer();
  const seen = record(server, ['close', 'error']);
  const signal = AbortSignal.abort();
  transport.listenWith(server, transport.address(), { signal });
  await once(server, 'close');
  assert.deepEqual(seen, ['close']);
});

each('a signal closes a server that listens', async (transport) => {
  const server = transport.createServer();
  const controller = new AbortController();
  transport.listenWith(server, transport.address(), { signal: controller.signal });
  await once(server, 'listening');
  controller.abort();
  await once(server, 'close');
  assert.equal(server.listening, false);
});

each('a server is disposed of by closing it', async (transport) => {
  const { server } = await listening(transport);
  await server[Symbol.asyncDispose]();
  assert.equal(server.listening, false);
  await server[Symbol.asyncDispose]();
});

each('createServer() wants an object and a function', (transport) => {
  for (const wrong of [1, 'text', true]) {
    assert.throws(() => transport.module.createServer(wrong), { code: 'ERR_INVALID_ARG_TYPE' });
  }
});

each('ref() and unref() return the server, listening or not', async (transport) => {
  const server = transport.createServer();
  assert.equal(server.unref(), server);
  assert.equal(server.ref(), server);
  server.listen(transport.address());
  await once(server, 'listening');
  assert.equal(server.unref(), server);
  assert.equal(server.ref(), server);
});

each('a rejection of a connection listener destroys the socket', async (transport) => {
  const before = events.captureRejections;
  events.captureRejections = true;
  try {
    const { server, address } = await listening(transport);
    const caught = new Promise((resolve) => {
      server.on('connection', async (socket) => {
        socket.on('error', resolve);
        throw new Error('thrown in a listener');
      });
    });
    const client = transport.connect(address);
    client.on('error', () => {});
    assert.equal((await caught).message, 'thrown in a listener');
    client.resume();
    await closed(client);
  } finally {
    events.captureRejections = before;
  }
});

each('a hundred callers at once are all accepted', async (transport) => {
  const { server, address } = await listening(transport);
  let accepted = 0;
  server.on('connection', () => { accepted += 1; });
  const clients = Array.from({ length: 100 }, () => transport.connect(address));
  await Promise.all(clients.map((client) => once(client, 'connect')));
  await until(() => accepted === 100);
});

each('a rejection of a listener of data destroys its socket', async (transport) => {
  const before = events.captureRejections;
  events.captureRejections = true;
  try {
    const { client, peer } = await pair(transport);
    const caught = new Promise((resolve) => client.once('error', resolve));
    client.on('data', async () => {
      throw new Error('thrown in a listener');
    });
    peer.on('error', () => {});
    peer.write('x');
    assert.equal((await caught).message, 'thrown in a listener');
    await closed(client);
  } finally {
    events.captureRejections = before;
  }
});

each('a thousand connections are open at once, and each is itself', async (transport) => {
  const { server, address } = await listening(transport);
  const peers = new Map();
  server.on('connection', (socket) => {
    socket.once('data', (chunk) => peers.set(Number(chunk), socket));
  });
  const clients = [];
  for (let i = 0; i < 1000; i += 1) {
    const client = transport.connect(address);
    client.write(String(i));
    clients.push(client);
    if (i % 100 === 99) await until(() => peers.size === i + 1);
  }
  const replies = Promise.all(clients.map(async (client) => Number((await once(client, 'data'))[0])));
  for (const [i, peer] of peers) peer.end(String(i));
  assert.deepEqual(await replies, clients.map((_, i) => i));
});
