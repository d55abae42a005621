'use strict';

// In which asynchronous context callbacks run, and what async_hooks sees.

const assert = require('node:assert/strict');
const { AsyncLocalStorage, createHook, executionAsyncId } = require('node:async_hooks');
const { once } = require('node:events');

const { each } = require('./support/each');
const { closed, listening, pair, turns, until } = require('./support/events');

each('callbacks run in the context that their socket was made in', async (transport) => {
  const storage = new AsyncLocalStorage();
  const seen = {};
  const note = (name) => { seen[name] = storage.getStore(); };

  const address = transport.address();
  const server = transport.createServer();
  server.on('listening', () => note('listening'));
  server.on('connection', (peer) => {
    note('connection');
    peer.resume();
    peer.write('x');
  });
  storage.run('server', () => server.listen(address));
  await once(server, 'listening');

  const client = storage.run('client', () => transport.connect(address));
  client.on('connect', () => note('connect'));
  client.on('data', () => note('data'));
  client.on('close', () => note('close'));
  storage.run('writer', () => client.write('x', () => note('the callback of write()')));
  await once(client, 'data');
  client.end();
  await closed(client);

  assert.deepEqual(seen, {
    listening: 'server',
    connection: 'server',
    connect: 'client',
    data: 'client',
    close: 'client',
    'the callback of write()': 'client',
  });
});

each('what a write and an end call back runs in the context of who called them', async (transport) => {
  const storage = new AsyncLocalStorage();
  const { client, peer } = await pair(transport);
  const seen = {};
  peer.pause();
  storage.run('writer', () => client.write(Buffer.alloc(3e6), () => { seen.write = storage.getStore(); }));
  await turns();
  peer.resume();
  await until(() => 'write' in seen);
  client.on('finish', () => { seen.finish = storage.getStore(); });
  storage.run('ender', () => client.end());
  await closed(client);
  assert.deepEqual(seen, { write: 'writer', finish: 'ender' });
});

each('two sockets of one turn keep their contexts apart', async (transport) => {
  const storage = new AsyncLocalStorage();
  const { server, address } = await listening(transport);
  server.on('connection', (peer) => peer.end('x'));
  const seen = [];
  const clients = Array.from({ length: 10 }, (_, i) => storage.run(i, () => {
    const client = transport.connect(address);
    client.on('data', () => seen.push([i, storage.getStore()]));
    return client;
  }));
  await Promise.all(clients.map(closed));
  assert.equal(seen.length, 10);
  for (const [i, store] of seen) assert.equal(store, i);
});

each('async_hooks sees a socket before its callbacks, and its end after', async (transport) => {
  const types = new Map();
  const ended = [];
  const hook = createHook({
    init: (id, type) => types.set(id, type),
    destroy: (id) => ended.push(id),
  }).enable();
  try {
    const { client, peer } = await pair(transport);
    const ids = new Set();
    client.on('data', () => ids.add(executionAsyncId()));
    peer.write('x');
    await once(client, 'data');
    client.destroy();
    await closed(client);
    await turns();
    const [id] = ids;
    assert.equal(typeof types.get(id), 'string');
    assert.ok(ended.includes(id));
  } finally {
    hook.disable();
  }
});

each('promises of a callback are settled before the next callback', async (transport) => {
  const { client, peer } = await pair(transport);
  const seen = [];
  client.on('data', (chunk) => {
    seen.push('data');
    Promise.resolve().then(() => seen.push('microtask'));
    process.nextTick(() => seen.push('tick'));
    if (chunk.toString().endsWith('.')) client.end();
  });
  peer.resume();
  peer.write('one');
  await until(() => seen.length === 3);
  peer.write('two.');
  await closed(client);
  assert.deepEqual(seen, ['data', 'tick', 'microtask', 'data', 'tick', 'microtask']);
});
