'use strict';

// A socket from connect() until it is open, or is not going to be.

const assert = require('node:assert/strict');
const { once } = require('node:events');

const { each } = require('./support/each');
const { bytes, closed, listening, pair, record, text, turns, until } = require('./support/events');

// Resolves with what a socket fails with.
function failure(socket) {
  return new Promise((resolve) => socket.once('error', resolve));
}

each('connect is followed by ready, once each, after connect() has returned', async (transport) => {
  const { address } = await listening(transport);
  let calls = 0;
  const client = transport.connect(address, {}, () => { calls += 1; });
  const seen = record(client, ['connect', 'ready']);
  assert.deepEqual(seen, []);
  await once(client, 'ready');
  await turns();
  assert.deepEqual(seen, ['connect', 'ready']);
  assert.equal(calls, 1);
});

each('a socket is connecting, then open', async (transport) => {
  const { address } = await listening(transport);
  const client = transport.connect(address);
  assert.equal(client.connecting, true);
  assert.equal(client.pending, true);
  assert.equal(client.readyState, 'opening');
  await once(client, 'connect');
  assert.equal(client.connecting, false);
  assert.equal(client.pending, false);
  assert.equal(client.readyState, 'open');
});

each('an accepted socket is open at once', async (transport) => {
  const { server, address } = await listening(transport);
  const states = [];
  server.on('connection', (socket) => {
    states.push(socket.connecting, socket.pending, socket.readyState, socket.allowHalfOpen);
  });
  await once(transport.connect(address), 'connect');
  await until(() => states.length > 0);
  assert.deepEqual(states, [false, false, 'open', false]);
});

each('the accepted socket is there no earlier than the caller asked for it', async (transport) => {
  const { server } = await listening(transport);
  const seen = record(server, ['connection']);
  await turns();
  assert.deepEqual(seen, []);
});

each('connecting to nobody is an error, then a close after it', async (transport) => {
  const client = transport.connect(transport.address(), {}, () => seen.push('callback'));
  const seen = record(client, ['connect', 'ready', 'end', 'error', 'close']);
  const error = await failure(client);
  assert.deepEqual(seen, ['error']);
  await closed(client);
  await turns();
  assert.deepEqual(seen, ['error', 'close after an error']);
  assert.ok(transport.nobody.includes(error.code), error.code);
});

each('an error of connect() has its call, its address and both in the message', async (transport) => {
  const address = transport.address();
  const error = await failure(transport.connect(address));
  assert.ok(error instanceof Error);
  assert.equal(error.syscall, 'connect');
  assert.equal(error.address, address);
  assert.equal(typeof error.errno, 'number');
  assert.ok(error.errno < 0);
  assert.ok(error.message.startsWith(`connect ${error.code} ${address}`), error.message);
});

each('a socket that could not connect is destroyed when it reports so', async (transport) => {
  const client = transport.connect(transport.address());
  const states = await new Promise((resolve) => {
    client.on('error', () => resolve([client.destroyed, client.connecting]));
  });
  assert.deepEqual(states, [true, false]);
});

each('what is written before the connection arrives, in order', async (transport) => {
  const { server, address } = await listening(transport);
  const accepted = once(server, 'connection');
  const client = transport.connect(address);
  client.write('one ');
  client.write('two ');
  await once(client, 'connect');
  client.write('three ');
  client.end('four');
  const [peer] = await accepted;
  assert.equal(await text(peer), 'one two three four');
});

each('a socket can be ended before it is connected', async (transport) => {
  const { server, address } = await listening(transport);
  const accepted = once(server, 'connection');
  const client = transport.connect(address);
  const seen = record(client, ['connect', 'finish', 'close']);
  client.end();
  client.resume();
  const [peer] = await accepted;
  assert.equal(await text(peer), '');
  await closed(client);
  assert.deepEqual(seen, ['connect', 'finish', 'close']);
});

each('a write before the connection calls back after it', async (transport) => {
  const { address } = await listening(transport);
  const client = transport.connect(address);
  const seen = record(client, ['connect']);
  await new Promise((resolve) => client.write('early', () => resolve(seen.push('written'))));
  assert.deepEqual(seen, ['connect', 'written']);
});

each('bytesWritten counts what waits for the connection', async (transport) => {
  const { address } = await listening(transport);
  const client = transport.connect(address);
  client.write('12345');
  client.write(Buffer.alloc(10));
  client.write('é', 'utf8');
  client.write('é', 'latin1');
  assert.equal(client.bytesWritten, 18);
  await once(client, 'connect');
  assert.equal(client.bytesWritten, 18);
});

each('a write that waits for a connection fails when there is none', async (transport) => {
  const client = transport.connect(transport.address());
  client.on('error', () => {});
  const error = await new Promise((resolve) => client.write('for nobody', resolve));
  assert.ok(error instanceof Error);
});

each('destroy() while connecting is a close and nothing else', async (transport) => {
  const { address } = await listening(transport);
  const client = transport.connect(address, {}, () => seen.push('callback'));
  const seen = record(client, ['connect', 'ready', 'error', 'end', 'close']);
  assert.equal(client.destroy(), client);
  assert.deepEqual(seen, []);
  await closed(client);
  await turns(20);
  assert.deepEqual(seen, ['close']);
  assert.equal(client.connecting, false);
});

each('destroy(error) while connecting is that error and a close', async (transport) => {
  const { address } = await listening(transport);
  const client = transport.connect(address);
  const seen = record(client, ['connect', 'error', 'close']);
  const reason = new Error('never mind');
  const failed = failure(client);
  client.destroy(reason);
  assert.equal(await failed, reason);
  await closed(client);
  assert.deepEqual(seen, ['error', 'close after an error']);
});

each('destroy() some turns into a connect is clean', async (transport) => {
  const { server, address } = await listening(transport);
  server.on('connection', (socket) => socket.resume().on('error', () => {}));
  for (let late = 0; late < 8; late += 1) {
    const client = transport.connect(address);
    const seen = record(client, ['error', 'close']);
    await turns(late);
    client.destroy();
    await closed(client);
    assert.deepEqual(seen, ['close']);
  }
});

each('a write is refused with an error by a socket that was never connected', async (transport) => {
  const socket = transport.socket();
  const failed = failure(socket);
  const error = await new Promise((resolve) => socket.write('x', resolve));
  assert.equal(error.code, 'ERR_SOCKET_CLOSED');
  assert.equal((await failed).code, 'ERR_SOCKET_CLOSED');
});

each('a socket that was never connected can be destroyed', async (transport) => {
  const socket = transport.socket();
  const seen = record(socket, ['error', 'close']);
  socket.destroy();
  await closed(socket);
  assert.deepEqual(seen, ['close']);
});

each('a socket that was never connected is closed, not connecting', (transport) => {
  const socket = transport.socket();
  assert.equal(socket.connecting, false);
  assert.equal(socket.pending, true);
  assert.equal(socket.bytesRead, 0);
  assert.equal(socket.bytesWritten ?? 0, 0);
});

each('connect() of a socket made before connects it', async (transport) => {
  const { address } = await listening(transport);
  const socket = transport.socket();
  const called = new Promise((resolve) => {
    assert.equal(socket.connect(transport.target(address), resolve), socket);
  });
  await called;
  assert.equal(socket.readyState, 'open');
});

each('setEncoding() before the connection holds', async (transport) => {
  const { server, address } = await listening(transport);
  server.on('connection', (socket) => socket.end('grüße'));
  const client = transport.connect(address);
  client.setEncoding('utf8');
  const [chunk] = await once(client, 'data');
  assert.equal(typeof chunk, 'string');
});

each('pause() before the connection holds', async (transport) => {
  const { server, address } = await listening(transport);
  server.on('connection', (socket) => socket.end('held back'));
  const client = transport.connect(address);
  const seen = [];
  client.on('data', (chunk) => seen.push(chunk.toString()));
  client.pause();
  await once(client, 'connect');
  await turns(20);
  assert.deepEqual(seen, []);
  client.resume();
  await once(client, 'end');
  assert.equal(seen.join(''), 'held back');
});

each('pause() and resume() before the connection cancel out', async (transport) => {
  const { server, address } = await listening(transport);
  server.on('connection', (socket) => socket.end('at once'));
  const client = transport.connect(address);
  client.pause();
  client.resume();
  assert.equal((await bytes(client)).toString(), 'at once');
});

each('options of null are as good as none', async (transport) => {
  const { address } = await listening(transport);
  await once(transport.connect(address, { signal: null, timeout: null }), 'connect');
});

each('a socket of objects is refused', async (transport) => {
  for (const option of ['objectMode', 'readableObjectMode', 'writableObjectMode']) {
    assert.throws(() => transport.socket({ [option]: true }), { code: 'ERR_INVALID_ARG_VALUE' });
  }
});

each('a signal that has fired leaves nothing to connect', async (transport) => {
  const { server, address } = await listening(transport);
  const seen = record(server, ['connection']);
  const client = transport.connect(address, { signal: AbortSignal.abort() });
  record(client, ['connect'], seen);
  const error = await failure(client);
  await closed(client);
  assert.equal(error.name, 'AbortError');
  assert.equal(error.code, 'ABORT_ERR');
  assert.deepEqual(seen.filter((name) => name === 'connect'), []);
});

each('a signal ends a connect that is under way', async (transport) => {
  const { address } = await listening(transport);
  const controller = new AbortController();
  const client = transport.connect(address, { signal: controller.signal });
  const seen = record(client, ['connect', 'error', 'close']);
  const failed = failure(client);
  controller.abort();
  assert.equal((await failed).name, 'AbortError');
  await closed(client);
  assert.deepEqual(seen, ['error', 'close after an error']);
});

each('a signal ends an open socket', async (transport) => {
  const controller = new AbortController();
  const { client, peer } = await pair(transport, { client: { signal: controller.signal } });
  const failed = failure(client);
  peer.resume().on('error', () => {});
  controller.abort(new Error('enough'));
  const error = await failed;
  assert.equal(error.name, 'AbortError');
  assert.equal(error.cause.message, 'enough');
  await closed(peer);
});

each('a signal that fires after the end changes nothing', async (transport) => {
  const controller = new AbortController();
  const { client, peer } = await pair(transport, { client: { signal: controller.signal } });
  const seen = record(client, ['error', 'close']);
  peer.end();
  client.resume();
  await closed(client);
  controller.abort();
  await turns();
  assert.deepEqual(seen, ['close']);
});

each('an error is reported once, whatever follows it', async (transport) => {
  const client = transport.connect(transport.address());
  const seen = record(client, ['error', 'close']);
  client.on('error', () => client.destroy(new Error('a second')));
  client.write('unsent');
  await closed(client);
  client.destroy(new Error('a third'));
  await turns();
  assert.deepEqual(seen, ['error', 'close after an error']);
});

each('connect() within the connection event is served', async (transport) => {
  const { server, address } = await listening(transport);
  let accepted = 0;
  server.on('connection', (socket) => {
    accepted += 1;
    socket.resume();
    if (accepted < 10) transport.connect(address).on('connect', function end() { this.end(); });
  });
  transport.connect(address);
  await until(() => accepted === 10);
});

each('connect() within the close event is served', async (transport) => {
  const { server, address } = await listening(transport);
  server.on('connection', (socket) => socket.end());
  let rounds = 0;
  const again = () => {
    rounds += 1;
    if (rounds < 10) transport.connect(address).resume().on('close', again);
  };
  again();
  await until(() => rounds === 10);
});

each('a socket that has closed can connect again', async (transport) => {
  const { server, address } = await listening(transport);
  server.on('connection', (socket) => socket.end('hello'));
  const client = transport.connect(address);
  const seen = [];
  client.on('data', (chunk) => seen.push(chunk.toString()));
  await closed(client);
  client.connect(transport.target(address));
  await closedAgain(client);
  assert.deepEqual(seen, ['hello', 'hello']);
});

each('connect() straight after destroy() is reported behind the close', async (transport) => {
  const { client, address } = await pair(transport);
  const seen = record(client, ['close', 'connect', 'ready']);
  client.destroy();
  client.connect(transport.target(address));
  assert.equal(client.connecting, true);
  await once(client, 'ready');
  assert.deepEqual(seen, ['close', 'connect', 'ready']);
  client.destroy();
  await closedAgain(client);
});

// As net has it over TCP; over a Unix socket it fails at once.
each('connect() to nobody straight after destroy() fails behind the close', { on: ['local', 'hybrid'] }, async (transport) => {
  const { client } = await pair(transport);
  const seen = record(client, ['close', 'error']);
  client.destroy();
  client.connect(transport.target(transport.address()));
  await once(client, 'error');
  await closedAgain(client);
  assert.deepEqual(seen, ['close', 'error', 'close after an error']);
});

each('what was written for a connection that is destroyed is not for the next', async (transport) => {
  const { server, address } = await listening(transport);
  const seen = [];
  server.on('connection', (peer) => peer.on('error', () => {}).on('data', (chunk) => seen.push(String(chunk))));
  const client = transport.connect(address);
  client.once('connect', () => {
    client.destroy();
    client.connect(transport.target(address));
  });
  client.write('of the first');
  const [error] = await once(client, 'error');
  assert.equal(error.code, 'ERR_SOCKET_CLOSED_BEFORE_CONNECTION');
  await closedAgain(client);
  await turns();
  assert.deepEqual(seen, []);
});

// net takes the close for one of the new connection.
each('a write straight after destroy() and connect() arrives', { on: ['local', 'hybrid'] }, async (transport) => {
  const { server, client, address } = await pair(transport);
  const again = once(server, 'connection');
  client.destroy();
  client.connect(address);
  const written = new Promise((resolve) => client.write('hello', resolve));
  const [peer] = await again;
  assert.equal(String(await once(peer, 'data')), 'hello');
  assert.equal(await written ?? null, null);
});

function closedAgain(socket) {
  return new Promise((resolve) => socket.once('close', resolve));
}

each('connect() without an address throws', (transport) => {
  assert.throws(() => transport.module.connect(), (error) =>
    ['ERR_MISSING_ARGS', 'ERR_INVALID_ARG_TYPE'].includes(error.code));
});

each('highWaterMark of connect() is that of the socket', async (transport) => {
  const { client } = await pair(transport, { client: { highWaterMark: 5 } });
  assert.equal(client.writableHighWaterMark, 5);
  assert.equal(client.readableHighWaterMark, 5);
});

each('setNoDelay() and setKeepAlive() return the socket', async (transport) => {
  const { client, peer } = await pair(transport);
  assert.equal(client.setNoDelay(), client);
  assert.equal(client.setNoDelay(false), client);
  assert.equal(peer.setKeepAlive(true, 1000), peer);
});

each('ref() and unref() return the socket, connected or not', async (transport) => {
  const { address } = await listening(transport);
  const client = transport.connect(address);
  assert.equal(client.unref(), client);
  assert.equal(client.ref(), client);
  await once(client, 'connect');
  assert.equal(client.unref(), client);
  assert.equal(client.ref(), client);
});

each('a write that waits for a connection fails when the socket is destroyed', async (transport) => {
  const { address } = await listening(transport);
  const client = transport.connect(address);
  const result = new Promise((resolve) => client.write('x', resolve));
  client.destroy();
  const error = await result;
  assert.ok(['ERR_SOCKET_CLOSED_BEFORE_CONNECTION', 'ERR_STREAM_DESTROYED'].includes(error.code), error.code);
});

each('end() that waits for a connection finishes nothing when there is none', async (transport) => {
  const client = transport.connect(transport.address());
  const seen = record(client, ['finish', 'error', 'close']);
  client.end('x');
  await closed(client);
  await turns();
  assert.deepEqual(seen, ['error', 'close after an error']);
});

each('a socket that has closed can be asked everything', async (transport) => {
  const { client } = await pair(transport);
  client.destroy();
  await closed(client);
  assert.equal(client.setTimeout(0), client);
  assert.equal(client.setNoDelay(), client);
  assert.equal(client.setKeepAlive(), client);
  assert.equal(client.ref(), client);
  assert.equal(client.unref(), client);
  assert.equal(client.pause(), client);
  assert.equal(client.resume(), client);
  assert.equal(client.read(), null);
  assert.equal(client.readyState, 'closed');
  assert.equal(client.pending, true);
  assert.equal(client.connecting, false);
  assert.equal(typeof client.address(), 'object');
  client.end();
  client.destroySoon();
  client.cork();
  client.uncork();
});

each('a socket that has failed to connect can try again', async (transport) => {
  const address = transport.address();
  const client = transport.connect(address);
  client.on('error', () => {});
  await closed(client);
  const server = transport.createServer((socket) => socket.end('at last'));
  server.listen(address);
  await once(server, 'listening');
  client.connect(transport.target(address));
  assert.equal((await once(client, 'data')).toString(), 'at last');
  await closedAgain(client);
});
