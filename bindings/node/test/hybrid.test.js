'use strict';

// Addresses behind a hypervisor's Unix socket, with hypervisors that are played:
// a generous one, one as stingy as Firecracker, and one whose VM is paused.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { test } = require('node:test');

const { folder } = require('./support/transports');
const { startVmm } = require('./support/vmm');
const { closed, record, text, turns, watch } = require('./support/events');

const hvuv = require(process.env.HVUV_TEST_PACKAGE ?? '..');

let count = 0;

// A hypervisor of these manners, and in its guest a listener at port 52, which
// is a plain socket of Node's: the guest has no hvuv.
async function machine(t, manners, onGuest) {
  count += 1;
  const at = path.join(folder, `machine-${process.pid}-${count}`);
  const vmm = startVmm(at, manners);
  await once(vmm, 'listening');
  if (onGuest !== undefined) {
    const guest = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      onGuest(socket);
    });
    guest.listen(`${at}_52`);
    await once(guest, 'listening');
    t.after(() => guest.close());
  }
  t.after(() => vmm.close());
  return { at, address: `hybrid://${at}:52` };
}

function connect(t, ...args) {
  const socket = watch(hvuv.connect(...args));
  t.after(() => socket.destroy());
  return socket;
}

test('a guest is asked and replies', async (t) => {
  for (const manners of ['generous', 'stingy']) {
    const { address } = await machine(t, manners, (socket) => {
      socket.on('data', (chunk) => socket.write(chunk.toString().toUpperCase()));
    });
    const client = connect(t, address);
    client.write('hello');
    assert.equal((await once(client, 'data')).toString(), 'HELLO');
    client.destroy();
    await closed(client);
  }
});

test('what is written before the OK arrives behind it', async (t) => {
  const { address } = await machine(t, 'stingy', (socket) => socket.pipe(socket));
  const client = connect(t, address);
  client.write('one ');
  client.write('two');
  assert.equal(client.connecting, true);
  await once(client, 'connect');
  let seen = '';
  while (seen.length < 7) seen += (await once(client, 'data')).toString();
  assert.equal(seen, 'one two');
});

test('a large answer of a stingy guest comes whole before its end', async (t) => {
  const { address } = await machine(t, 'stingy', (socket) => {
    socket.once('data', () => socket.end(Buffer.alloc(1 << 20, 'g')));
  });
  const client = connect(t, address);
  client.write('all of it, please');
  const seen = record(client, ['error', 'close']);
  assert.equal((await text(client)).length, 1 << 20);
  await closed(client);
  assert.deepEqual(seen, ['close']);
});

test('the end of the host ends both where the hypervisor is stingy', async (t) => {
  const { address } = await machine(t, 'stingy', (socket) => {
    socket.on('end', () => socket.end('too late to be heard'));
    socket.resume();
  });
  const client = connect(t, address, { allowHalfOpen: true });
  await once(client, 'connect');
  client.end('the whole question');
  const heard = await text(client).catch(() => '');
  assert.equal(heard, '');
  await closed(client);
});

test('the end of the host leaves the other way open where it is generous', async (t) => {
  const { address } = await machine(t, 'generous', (socket) => socket.pipe(socket));
  const client = connect(t, address, { allowHalfOpen: true });
  client.end('question and answer');
  assert.equal(await text(client), 'question and answer');
});

test('a guest without a listener is refused', async (t) => {
  const { address } = await machine(t, 'generous');
  const client = connect(t, address);
  const seen = record(client, ['connect', 'error', 'close']);
  const error = await new Promise((resolve) => client.once('error', resolve));
  await closed(client);
  assert.equal(error.code, 'ECONNREFUSED');
  assert.match(error.message, /nobody listens on 52 in the guest/);
  assert.deepEqual(seen, ['error', 'close after an error']);
});

test('connectTimeout bounds the wait for a paused VM', async (t) => {
  const { address } = await machine(t, 'silent');
  const start = performance.now();
  const patient = connect(t, address); // five seconds
  const client = connect(t, address, { connectTimeout: 50 });
  const error = await new Promise((resolve) => client.once('error', resolve));
  assert.equal(error.code, 'ETIMEDOUT');
  assert.equal(error.syscall, 'connect');
  assert.equal(error.address, address);
  assert.ok(performance.now() - start >= 49);
  assert.equal(patient.connecting, true);
  patient.destroy();
  await closed(patient);
});

test('destroy() while a paused VM is waited for is a close', async (t) => {
  const { address } = await machine(t, 'silent');
  const client = connect(t, address);
  const seen = record(client, ['connect', 'error', 'close']);
  await turns();
  client.destroy();
  await closed(client);
  assert.deepEqual(seen, ['close']);
});

test('a signal ends the wait for a paused VM', async (t) => {
  const { address } = await machine(t, 'silent');
  const client = connect(t, address, { signal: AbortSignal.timeout(30) });
  const error = await new Promise((resolve) => client.once('error', resolve));
  assert.equal(error.name, 'AbortError');
  await closed(client);
});

test('a guest calls the host where that listens', async (t) => {
  const { at, address } = await machine(t, 'generous');
  const server = hvuv.createServer((socket) => {
    watch(socket);
    socket.end('from the host');
  });
  server.listen(address);
  await once(server, 'listening');
  t.after(() => server.close());
  const guest = net.connect(`${at}_52`);
  assert.equal(await text(guest), 'from the host');
});

test('a listener takes its socket with it, and takes over a stale one', async (t) => {
  const { at, address } = await machine(t, 'generous');
  const file = `${at}_52`;
  const server = hvuv.createServer();
  server.listen(address);
  await once(server, 'listening');
  assert.ok(fs.existsSync(file));
  server.close();
  await once(server, 'close');
  assert.equal(fs.existsSync(file), false);
  server.listen(address);
  await once(server, 'listening');
  server.close();
});

test('readableAll and writableAll let others connect', async (t) => {
  const { at, address } = await machine(t, 'generous');
  const server = hvuv.createServer();
  t.after(() => server.close());
  server.listen(address, { readableAll: true, writableAll: true });
  await once(server, 'listening');
  assert.equal(fs.statSync(`${at}_52`).mode & 0o066, 0o066);
});

test('a hundred guests at once', async (t) => {
  const { address } = await machine(t, 'generous', (socket) => socket.pipe(socket));
  await Promise.all(Array.from({ length: 100 }, async (_, i) => {
    const client = connect(t, address, { allowHalfOpen: true });
    client.end(`number ${i}`);
    assert.equal(await text(client), `number ${i}`);
  }));
});
