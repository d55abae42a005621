'use strict';

// setTimeout() of a socket: an event when nothing has moved for so long.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { setTimeout: wait } = require('node:timers/promises');

const { each } = require('./support/each');
const { closed, listening, pair, record, turns, until } = require('./support/events');

each('an idle socket reports a timeout and stays open', async (transport) => {
  const { client } = await pair(transport);
  const seen = record(client, ['timeout', 'end', 'error', 'close']);
  assert.equal(client.setTimeout(10), client);
  await once(client, 'timeout');
  assert.deepEqual(seen, ['timeout']);
  assert.equal(client.destroyed, false);
});

each('a timeout takes no less than it was given', async (transport) => {
  const { client } = await pair(transport);
  const start = performance.now();
  client.setTimeout(50);
  await once(client, 'timeout');
  assert.ok(performance.now() - start >= 49);
});

each('the callback of setTimeout() is called once', async (transport) => {
  const { client } = await pair(transport);
  let calls = 0;
  client.setTimeout(5, () => { calls += 1; });
  await once(client, 'timeout');
  client.setTimeout(5);
  await once(client, 'timeout');
  assert.equal(calls, 1);
});

each('setTimeout(0) takes the limit back, and its callback', async (transport) => {
  const { client } = await pair(transport);
  const seen = record(client, ['timeout']);
  const callback = () => seen.push('callback');
  client.setTimeout(10, callback);
  client.setTimeout(0, callback);
  await wait(40);
  assert.deepEqual(seen, []);
  assert.equal(client.listenerCount('timeout'), 1);
});

each('the last setTimeout() counts', async (transport) => {
  const { client } = await pair(transport);
  const seen = record(client, ['timeout']);
  client.setTimeout(5);
  client.setTimeout(100000);
  await wait(30);
  assert.deepEqual(seen, []);
});

each('timeout is the number of milliseconds that was set', async (transport) => {
  const { client } = await pair(transport);
  assert.equal(client.timeout ?? 0, 0);
  client.setTimeout(1234);
  assert.equal(client.timeout, 1234);
  client.setTimeout(0);
  assert.equal(client.timeout, 0);
});

each('timeout may be an option of connect()', async (transport) => {
  const { address } = await listening(transport);
  const client = transport.connect(address, { timeout: 10 });
  assert.equal(client.timeout, 10);
  await once(client, 'timeout');
});

each('setTimeout() may be called before the connection', async (transport) => {
  const { address } = await listening(transport);
  const client = transport.connect(address);
  client.setTimeout(10);
  await once(client, 'timeout');
  assert.equal(client.destroyed, false);
});

// The timeouts of a client that come before 100 ms have passed without moved(),
// by the timers of the same loop: a machine that stands still delays both.
function hasty(client) {
  const seen = [];
  let isQuiet = false;
  let timer;
  const moved = () => {
    isQuiet = false;
    clearTimeout(timer);
    timer = setTimeout(() => { isQuiet = true; }, 100).unref();
  };
  client.on('timeout', () => isQuiet || seen.push('timeout'));
  moved();
  return { moved, seen };
}

each('bytes that arrive put the timeout off', async (transport) => {
  const { client, peer } = await pair(transport);
  const { moved, seen } = hasty(client);
  client.on('data', moved);
  client.setTimeout(150);
  for (let i = 0; i < 10; i += 1) {
    await wait(30);
    peer.write('x');
  }
  await once(client, 'timeout');
  assert.deepEqual(seen, []);
});

each('bytes that leave put the timeout off', async (transport) => {
  const { client, peer } = await pair(transport);
  const { moved, seen } = hasty(client);
  peer.resume();
  client.setTimeout(150);
  for (let i = 0; i < 10; i += 1) {
    await wait(30);
    client.write('x');
    moved();
  }
  await once(client, 'timeout');
  assert.deepEqual(seen, []);
});

each('a write that the peer takes slowly is no idle time', async (transport) => {
  const { client, peer } = await pair(transport, { server: { pauseOnConnect: true } });
  const { moved, seen } = hasty(client);
  client.write(Buffer.alloc(8 << 20));
  client.setTimeout(150);
  peer.on('data', () => {
    moved();
    peer.pause();
    setTimeout(() => peer.resume(), 5);
  });
  peer.resume();
  const start = performance.now();
  await until(() => performance.now() - start > 400 || client.writableLength === 0);
  assert.deepEqual(seen, []);
});

each('a write that the peer does not take is idle time', async (transport) => {
  const { client } = await pair(transport, { server: { pauseOnConnect: true } });
  client.write(Buffer.alloc(8 << 20));
  client.setTimeout(30);
  await once(client, 'timeout');
  assert.equal(client.destroyed, false);
});

each('a timeout can be set again within its event', async (transport) => {
  const { client } = await pair(transport);
  let rounds = 0;
  client.on('timeout', () => {
    rounds += 1;
    if (rounds < 3) client.setTimeout(5);
    else client.destroy();
  });
  client.setTimeout(5);
  await closed(client);
  assert.equal(rounds, 3);
});

each('end() within the timeout event ends in order', async (transport) => {
  const { client, peer } = await pair(transport);
  const seen = record(client, ['end', 'finish', 'error', 'close']);
  peer.resume();
  client.resume();
  client.setTimeout(5, () => client.end());
  await closed(client);
  assert.deepEqual(seen, ['finish', 'end', 'close']);
});

each('a destroyed socket has no timeout any more', async (transport) => {
  const { client } = await pair(transport);
  const seen = record(client, ['timeout', 'close']);
  client.setTimeout(10);
  client.destroy();
  client.setTimeout(10);
  await closed(client);
  await wait(40);
  assert.deepEqual(seen, ['close']);
});

each('setTimeout() of a destroyed socket changes nothing', async (transport) => {
  const { client } = await pair(transport);
  client.setTimeout(1234);
  client.destroy();
  assert.equal(client.setTimeout(10, () => {}), client);
  assert.equal(client.timeout, 1234);
  assert.equal(client.listenerCount('timeout'), 0);
});

each('a timeout beyond 32 bits is made shorter, with a warning', async (transport) => {
  const warned = once(process, 'warning');
  transport.socket().setTimeout(2 ** 40);
  const [warning] = await warned;
  assert.equal(warning.name, 'TimeoutOverflowWarning');
  assert.match(warning.message, /^1099511627776 does not fit into a 32-bit signed integer/);
});

each('sockets of a server have timeouts of their own', async (transport) => {
  const { server, address } = await listening(transport);
  const seen = [];
  server.on('connection', (socket) => {
    socket.setTimeout(10, () => {
      seen.push('timeout');
      socket.end();
    });
  });
  const clients = [1, 2, 3].map(() => transport.connect(address).resume());
  await Promise.all(clients.map(closed));
  assert.deepEqual(seen, ['timeout', 'timeout', 'timeout']);
});

each('setTimeout() refuses what is no time', async (transport) => {
  const { client } = await pair(transport);
  for (const wrong of ['100', undefined, null, {}, () => {}, true]) {
    assert.throws(() => client.setTimeout(wrong), { code: 'ERR_INVALID_ARG_TYPE' });
  }
  for (const wrong of [-1, NaN, Infinity]) {
    assert.throws(() => client.setTimeout(wrong), { code: 'ERR_OUT_OF_RANGE' });
  }
  for (const wrong of ['x', 1, null, {}]) {
    assert.throws(() => client.setTimeout(1000, wrong), { code: 'ERR_INVALID_ARG_TYPE' });
  }
  await turns();
  client.setTimeout(0);
});
