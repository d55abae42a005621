'use strict';

// How a conversation ends: end() on either side, half-open sockets, writes that
// come too late, and the order of what is reported.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { finished } = require('node:stream');

const { each } = require('./support/each');
const { bytes, closed, pair, record, text, turns, until } = require('./support/events');

const HALF_OPEN = { client: { allowHalfOpen: true }, server: { allowHalfOpen: true } };

// Enough to fill what the kernel keeps of a Unix socket several times.
const LARGE = 1 << 20;

// Calls fn with a callback and resolves with what it is called with.
function called(fn) {
  return new Promise((resolve) => fn(resolve));
}

each('the end of one side ends the other, unless that is half-open', async (transport) => {
  const { client, peer } = await pair(transport);
  const seen = record(client, ['end', 'finish', 'error', 'close']);
  client.resume();
  peer.resume();
  peer.end();
  await Promise.all([closed(client), closed(peer)]);
  assert.deepEqual(seen, ['end', 'finish', 'close']);
});

each('the side that ends sees its finish before the end of the other', async (transport) => {
  const { client, peer } = await pair(transport);
  const seen = record(client, ['end', 'finish', 'error', 'close']);
  client.resume();
  peer.resume();
  client.end();
  await Promise.all([closed(client), closed(peer)]);
  assert.deepEqual(seen, ['finish', 'end', 'close']);
});

each('both sides can end at once', async (transport) => {
  const { client, peer } = await pair(transport);
  const seen = record(client, ['error', 'close']);
  record(peer, ['error', 'close'], seen);
  client.end('from one');
  peer.end('from the other');
  assert.deepEqual(
    await Promise.all([text(client), text(peer)]),
    ['from the other', 'from one']);
  await Promise.all([closed(client), closed(peer)]);
  assert.deepEqual(seen, ['close', 'close']);
});

each('end(data) delivers the data, then the end', async (transport) => {
  const { client, peer } = await pair(transport);
  client.end('the last words');
  assert.equal(await text(peer), 'the last words');
});

each('end(data, encoding) decodes the data', async (transport) => {
  const { client, peer } = await pair(transport);
  client.end('68c3bc', 'hex');
  assert.equal(await text(peer), 'hü');
});

each('end() returns the socket and calls back once the bytes have gone', async (transport) => {
  const { client, peer } = await pair(transport);
  peer.resume();
  const seen = record(client, ['finish']);
  await called((done) => {
    assert.equal(client.end('x', done), client);
    assert.deepEqual(seen, []);
  });
  assert.equal(client.writableFinished, true);
});

each('end() for the second time calls back all the same', async (transport) => {
  const { client, peer } = await pair(transport, HALF_OPEN);
  peer.resume();
  const calls = [];
  client.end('x', () => calls.push(1));
  client.end(() => calls.push(2));
  await until(() => calls.length === 2);
  assert.deepEqual(calls, [1, 2]);
});

each('end() after the finish calls back with an error and harms nothing', async (transport) => {
  const { client, peer } = await pair(transport, HALF_OPEN);
  const seen = record(client, ['error']);
  await called((done) => client.end(done));
  const error = await called((done) => client.end(done));
  assert.equal(error.code, 'ERR_STREAM_ALREADY_FINISHED');
  peer.end('fine');
  assert.equal(await text(client), 'fine');
  assert.deepEqual(seen, []);
});

each('a half-open client goes on writing after the end of its peer', async (transport) => {
  const { client, peer } = await pair(transport, { client: { allowHalfOpen: true } });
  peer.end();
  client.resume();
  await once(client, 'end');
  assert.equal(client.writable, true);
  client.end('one more thing');
  assert.equal(await text(peer), 'one more thing');
});

each('a half-open server goes on writing after the end of its client', async (transport) => {
  const { client, peer } = await pair(transport, { server: { allowHalfOpen: true } });
  client.end('a question');
  assert.equal(await text(peer), 'a question');
  await turns();
  assert.equal(peer.destroyed, false);
  peer.write('an ');
  peer.end('answer');
  assert.equal(await text(client), 'an answer');
});

each('a half-open socket stays open until both have ended', async (transport) => {
  const { client, peer } = await pair(transport, HALF_OPEN);
  const seen = record(client, ['end', 'finish', 'close']);
  client.resume();
  peer.resume();
  peer.end();
  await once(client, 'end');
  await turns();
  assert.deepEqual(seen, ['end']);
  client.end();
  await closed(client);
  assert.deepEqual(seen, ['end', 'finish', 'close']);
});

each('a megabyte goes one way after the other has ended', async (transport) => {
  const { client, peer } = await pair(transport, HALF_OPEN);
  client.end();
  peer.resume();
  await once(peer, 'end');
  peer.end(Buffer.alloc(LARGE, 'm'));
  assert.equal((await bytes(client)).length, LARGE);
});

each('readyState follows the halves', async (transport) => {
  const { client, peer } = await pair(transport, HALF_OPEN);
  client.resume();
  peer.resume();
  client.end();
  assert.equal(client.readyState, 'readOnly');
  await once(peer, 'end');
  assert.equal(peer.readyState, 'writeOnly');
  peer.end();
  await closed(client);
  assert.equal(client.readyState, 'closed');
});

each('allowHalfOpen is a property of the socket', async (transport) => {
  const { client, peer } = await pair(transport, { client: { allowHalfOpen: true } });
  assert.equal(client.allowHalfOpen, true);
  assert.equal(peer.allowHalfOpen, false);
});

each('end(data) of a megabyte delivers all of it', async (transport) => {
  const { client, peer } = await pair(transport);
  client.end(Buffer.alloc(LARGE, 'e'));
  assert.equal((await bytes(peer)).length, LARGE);
});

each('the end comes behind the data to a socket that was paused', async (transport) => {
  const { client, peer } = await pair(transport);
  const seen = record(client, ['end', 'close']);
  client.pause();
  peer.end('kept');
  await turns(20);
  assert.deepEqual(seen, []);
  client.on('data', () => seen.push('data'));
  client.resume();
  await closed(client);
  assert.deepEqual(seen, ['data', 'end', 'close']);
});

each('the end without data is seen by a socket that nobody reads', async (transport) => {
  const { client, peer } = await pair(transport);
  const seen = record(client, ['end', 'finish', 'close']);
  peer.end();
  await closed(client);
  assert.deepEqual(seen, ['end', 'finish', 'close']);
});

each('data that nobody reads holds back the end', async (transport) => {
  const { client, peer } = await pair(transport);
  const seen = record(client, ['end', 'close']);
  peer.end('unread');
  await turns(20);
  assert.deepEqual(seen, []);
  assert.equal(client.destroyed, false);
});

each('a write after end() is an error, to its callback and as an event', async (transport) => {
  const { client, peer } = await pair(transport);
  peer.resume();
  const seen = record(client, ['error', 'close']);
  client.end();
  const failed = called((done) => client.once('error', done));
  const error = await called((done) => client.write('too late', done));
  assert.equal(error.code, 'ERR_STREAM_WRITE_AFTER_END');
  assert.equal((await failed).code, 'ERR_STREAM_WRITE_AFTER_END');
  await closed(client);
  assert.deepEqual(seen, ['error', 'close after an error']);
});

each('a write after the end of the peer is EPIPE, unless half-open', async (transport) => {
  const { client, peer } = await pair(transport);
  peer.end();
  client.resume();
  const failed = called((done) => client.once('error', done));
  await once(client, 'end');
  const error = await called((done) => client.write('to whom', done));
  assert.equal(error.code, 'EPIPE');
  assert.equal((await failed).code, 'EPIPE');
});

each('a write after destroy() is refused to its callback alone', async (transport) => {
  const { client } = await pair(transport);
  const seen = record(client, ['error']);
  client.destroy();
  const error = await called((done) => client.write('x', done));
  assert.equal(error.code, 'ERR_STREAM_DESTROYED');
  await closed(client);
  await turns();
  assert.deepEqual(seen, []);
});

each('end() after destroy() is harmless', async (transport) => {
  const { client } = await pair(transport);
  const seen = record(client, ['error', 'finish', 'close']);
  client.destroy();
  client.end();
  await closed(client);
  await turns();
  assert.deepEqual(seen, ['close']);
});

each('a socket whose halves have both ended is destroyed', async (transport) => {
  const { client, peer } = await pair(transport);
  client.resume();
  peer.resume();
  client.end();
  await Promise.all([closed(client), closed(peer)]);
  assert.deepEqual([client.destroyed, peer.destroyed], [true, true]);
  assert.deepEqual([client.readableEnded, client.writableFinished], [true, true]);
});

each('destroy() of the peer is an end', async (transport) => {
  const { client, peer } = await pair(transport);
  const seen = record(client, ['end', 'error', 'close']);
  client.resume();
  peer.destroy();
  await closed(client);
  assert.deepEqual(seen, ['end', 'close']);
});

each('what was written before the peer was destroyed arrives', async (transport) => {
  const { client, peer } = await pair(transport);
  await called((done) => peer.write('hold on to this', done));
  peer.destroy();
  assert.equal(await text(client), 'hold on to this');
});

each('destroy() with bytes unread is a reset to the peer', { on: ['net', 'local'] }, async (transport) => {
  const { client, peer } = await pair(transport, { server: { pauseOnConnect: true } });
  const seen = record(client, ['end', 'error', 'close']);
  client.resume();
  await called((done) => client.write('never read', done));
  await turns();
  const failed = called((done) => client.once('error', done));
  peer.destroy();
  const error = await failed;
  await closed(client);
  assert.equal(error.code, 'ECONNRESET');
  assert.equal(error.syscall, 'read');
  assert.deepEqual(seen, ['error', 'close after an error']);
});

each('writing to a peer that has gone fails once', async (transport) => {
  const { client, peer } = await pair(transport);
  const seen = record(client, ['error', 'close']);
  const failed = called((done) => client.once('error', done));
  peer.destroy();
  const write = (error) => {
    if (!error) client.write('hello?', write);
  };
  write();
  const error = await failed;
  await closed(client);
  assert.ok(['EPIPE', 'ECONNRESET'].includes(error.code), error.code);
  assert.deepEqual(seen, ['error', 'close after an error']);
});

each('destroySoon() writes what is queued first', async (transport) => {
  const { client, peer } = await pair(transport);
  client.write(Buffer.alloc(LARGE, 's'));
  client.destroySoon();
  assert.equal((await bytes(peer)).length, LARGE);
  await closed(client);
});

each('destroySoon() of a socket that has finished destroys at once', async (transport) => {
  const { client, peer } = await pair(transport, HALF_OPEN);
  peer.resume();
  await called((done) => client.end(done));
  client.destroySoon();
  assert.equal(client.destroyed, true);
});

each('finished() reports an orderly end', async (transport) => {
  const { client, peer } = await pair(transport);
  client.resume();
  peer.resume();
  const results = Promise.all([client, peer].map((socket) => called((done) => finished(socket, done))));
  client.end();
  assert.deepEqual(await results, [undefined, undefined]);
});

each('finished() reports a destroyed socket as closed too early', async (transport) => {
  const { client } = await pair(transport);
  const result = called((done) => finished(client, done));
  client.destroy();
  assert.equal((await result).code, 'ERR_STREAM_PREMATURE_CLOSE');
});

each('the end of a server that says nothing is an empty conversation', async (transport) => {
  const { server, client } = await pair(transport);
  server.close();
  for (let i = 0; i < 20; i += 1) {
    const again = await pair(transport, { server: { allowHalfOpen: i % 2 === 0 } });
    again.peer.end();
    assert.equal(await text(again.client), '');
    again.peer.resume();
    await closed(again.peer);
  }
  assert.equal(client.destroyed, false);
});

// Of net's, only TCP can do this.
const canReset = { on: ['local', 'hybrid'] };

each('resetAndDestroy() with bytes unread is a reset to the peer', { on: ['local'] }, async (transport) => {
  const { client, peer } = await pair(transport, { server: { pauseOnConnect: true } });
  const seen = record(client, ['end', 'error', 'close']);
  client.resume();
  await called((done) => client.write('never read', done));
  const failed = called((done) => client.once('error', done));
  assert.equal(peer.resetAndDestroy(), peer);
  assert.equal((await failed).code, 'ECONNRESET');
  await Promise.all([closed(client), closed(peer)]);
  assert.deepEqual(seen, ['error', 'close after an error']);
});

each('resetAndDestroy() sends nothing of what is queued', canReset, async (transport) => {
  const { client, peer } = await pair(transport, { server: { pauseOnConnect: true } });
  client.write(Buffer.alloc(8 * LARGE));
  await turns(20);
  client.resetAndDestroy();
  await closed(client);
  peer.on('error', () => {});
  peer.resume();
  await closed(peer);
  assert.ok(peer.bytesRead < 8 * LARGE);
});

each('resetAndDestroy() while connecting waits for the connection', canReset, async (transport) => {
  const { server, client: other } = await pair(transport);
  const client = transport.connect(transport.address());
  client.on('error', () => {});
  client.resetAndDestroy();
  await closed(client);
  assert.equal(other.destroyed, false);
  assert.equal(server.listening, true);
});

each('resetAndDestroy() of a socket without a connection is an error', canReset, async (transport) => {
  const socket = transport.socket();
  const failed = called((done) => socket.once('error', done));
  socket.resetAndDestroy();
  assert.equal((await failed).code, 'ERR_SOCKET_CLOSED');
});
