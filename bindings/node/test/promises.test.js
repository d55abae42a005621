'use strict';

// hvuv/promises, and what ECMAScript modules import.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const path = require('node:path');

const { each } = require('./support/each');
const { closed, listening, text, watch } = require('./support/events');

const root = process.env.HVUV_TEST_PACKAGE ?? path.join(__dirname, '..');
const hvuv = require(root);
const promises = require(path.join(root, 'lib', 'promises.js'));

const on = ['local', 'hybrid'];

each('connect() and listen() resolve with what is ready', { on }, async (transport) => {
  const address = transport.address();
  const server = await promises.listen(address, (socket) => socket.end('hello'));
  assert.equal(server.listening, true);
  const socket = watch(await promises.connect(address));
  assert.ok(socket instanceof hvuv.Socket);
  assert.equal(await text(socket), 'hello');
  await closed(socket);
  server.close();
});

each('listen() takes the options of the server and of listen()', { on }, async (transport) => {
  const address = transport.address();
  const server = await promises.listen(address, { allowHalfOpen: true, backlog: 3 }, (socket) => {
    socket.on('end', () => socket.end(String(socket.allowHalfOpen)));
    socket.resume();
  });
  const socket = await promises.connect(address, { allowHalfOpen: true });
  socket.end();
  assert.equal(await text(socket), 'true');
  server.close();
});

each('connect() rejects with the error of the socket', { on }, async (transport) => {
  await assert.rejects(promises.connect(transport.address()), (error) => transport.nobody.includes(error.code));
});

each('listen() rejects with the error of the server', { on }, async (transport) => {
  const { address } = await listening(transport);
  await assert.rejects(promises.listen(address), { code: 'EADDRINUSE', syscall: 'listen', address });
});

test('a wrong address rejects, and throws nothing', async () => {
  const tries = [promises.connect('nonsense'), promises.listen('nonsense'), promises.connect(), promises.listen(5)];
  for (const outcome of await Promise.allSettled(tries)) {
    assert.equal(outcome.status, 'rejected');
    assert.match(outcome.reason.code, /^ERR_INVALID_/);
  }
});

each('a signal that has fired rejects both', { on }, async (transport) => {
  const { address } = await listening(transport);
  const signal = AbortSignal.abort();
  await assert.rejects(promises.connect(address, { signal }), { name: 'AbortError' });
  const other = transport.address();
  await assert.rejects(promises.listen(other, { signal }), { name: 'AbortError' });
  // Nobody listens there.
  await assert.rejects(promises.connect(other));
});

each('a signal that fires on the way rejects both, and nothing is left', { on }, async (transport) => {
  const { address } = await listening(transport);
  const controller = new AbortController();
  const other = transport.address();
  const tries = [
    promises.connect(address, { signal: controller.signal }),
    promises.listen(other, { signal: controller.signal }),
  ];
  controller.abort();
  for (const one of tries) await assert.rejects(one, { name: 'AbortError' });
  await assert.rejects(promises.connect(other));
});

test('the modules have the same names', async () => {
  const main = await import(path.join(root, 'lib', 'index.mjs'));
  const names = Object.keys(hvuv).sort();
  assert.deepEqual(Object.keys(main).filter((name) => name !== 'default').sort(), names);
  for (const name of names) assert.equal(main[name], hvuv[name]);
  const other = await import(path.join(root, 'lib', 'promises.mjs'));
  assert.deepEqual(Object.keys(other).filter((name) => name !== 'default').sort(), Object.keys(promises).sort());
});
