'use strict';

// destroy() within each callback that there is, with and without an error: one
// close, nothing after it, and the other side hears of the end.

const assert = require('node:assert/strict');
const { once } = require('node:events');

const { each } = require('./support/each');
const { closed, listening, pair, record, turns } = require('./support/events');

const EVENTS = ['connect', 'ready', 'data', 'end', 'finish', 'drain', 'timeout', 'error', 'close'];
const LARGE = Buffer.alloc(1 << 20, 'd');

// A conversation in which the socket under test meets every one of its events:
// the server sends, reads, and ends when it has seen an end.
function converse(peer) {
  peer.on('error', () => {});
  peer.write('hello');
  peer.resume();
}

// What makes the event of that name come, on a socket that is being connected.
const causes = {
  connect: () => {},
  ready: () => {},
  data: () => {},
  end: (socket) => socket.resume().end(),
  finish: (socket) => socket.resume().end('x'),
  drain: (socket) => socket.write(LARGE),
  timeout: (socket) => socket.resume().setTimeout(5),
};

// What is reported in one go with an event, whatever its listeners do.
const together = { connect: ['ready'] };

for (const event of Object.keys(causes)) {
  for (const reason of [undefined, new Error('as the case wants it')]) {
    const what = reason === undefined ? 'destroy()' : 'destroy(error)';
    each(`${what} within ${event} is one close and nothing after it`, async (transport) => {
      const { server, address } = await listening(transport);
      server.on('connection', converse);
      const client = transport.connect(address);
      let seen = [];
      client.on(event, () => {
        client.destroy(reason);
        seen = record(client, EVENTS);
      });
      client.on('error', () => {});
      causes[event](client);
      await closed(client);
      await turns();
      const end = reason === undefined ? ['close'] : ['error', 'close after an error'];
      assert.deepEqual(seen, [...(together[event] ?? []), ...end]);
      assert.equal(client.destroyed, true);
    });
  }
}

// Each is given a connected pair and calls back from where destroy() is due.
const places = {
  'the callback of write()': ({ client }, here) => client.write('x', here),
  'the callback of a large write()': ({ client, peer }, here) => {
    peer.resume();
    client.write(LARGE, here);
  },
  'the callback of end()': ({ client }, here) => client.end('x', here),
  'the listener of readable': ({ client, peer }, here) => {
    client.once('readable', here);
    peer.write('x');
  },
  'the next tick': (_, here) => process.nextTick(here),
  'the next turn': (_, here) => setImmediate(here),
  'a microtask': (_, here) => queueMicrotask(here),
  'the listener of pause': ({ client }, here) => {
    client.resume();
    client.once('pause', here);
    client.pause();
  },
  'the listener of resume': ({ client }, here) => {
    client.once('resume', here);
    client.resume();
  },
  'the data event of its own peer': ({ client, peer }, here) => {
    peer.once('data', here);
    client.write('x');
  },
};

for (const [place, go] of Object.entries(places)) {
  each(`destroy() within ${place} closes both sides`, async (transport) => {
    const both = await pair(transport);
    const { client, peer } = both;
    peer.on('error', () => {});
    const seen = record(client, ['error', 'close']);
    go(both, () => client.destroy());
    await closed(client);
    peer.resume();
    await closed(peer);
    assert.deepEqual(seen, ['close']);
  });
}

each('destroy() within the connection event closes both sides', async (transport) => {
  const { server, address } = await listening(transport);
  const seen = [];
  server.on('connection', (socket) => record(socket.destroy(), EVENTS, seen));
  const client = transport.connect(address);
  client.on('error', () => {});
  client.resume();
  await closed(client);
  await turns();
  assert.deepEqual(seen, ['close']);
});

each('destroy() of both sides at once is two closes', async (transport) => {
  const { client, peer } = await pair(transport);
  const seen = record(client, EVENTS);
  record(peer, EVENTS, seen);
  client.destroy();
  peer.destroy();
  await Promise.all([closed(client), closed(peer)]);
  await turns();
  assert.deepEqual(seen, ['close', 'close']);
});

each('destroy() within the error event changes nothing', async (transport) => {
  const client = transport.connect(transport.address());
  const seen = record(client, ['error', 'close']);
  client.on('error', () => client.destroy());
  await closed(client);
  await turns();
  assert.deepEqual(seen, ['error', 'close after an error']);
});

each('destroy() within the close event changes nothing', async (transport) => {
  const { client } = await pair(transport);
  const seen = record(client, EVENTS);
  client.on('close', () => client.destroy(new Error('after all')));
  client.destroy();
  await closed(client);
  await turns();
  assert.deepEqual(seen, ['close']);
});

each('destroy() for the second time changes nothing', async (transport) => {
  const { client } = await pair(transport);
  const seen = record(client, EVENTS);
  client.destroy();
  client.destroy(new Error('not this one'));
  await closed(client);
  await turns();
  assert.deepEqual(seen, ['close']);
});

each('destroy() calls back each write that is under way, with an error', async (transport) => {
  const { client, peer } = await pair(transport, { server: { pauseOnConnect: true } });
  const results = [];
  for (let i = 0; i < 5; i += 1) client.write(LARGE, (error) => results.push(error));
  await turns();
  assert.deepEqual(results, []);
  client.destroy();
  await closed(client);
  await turns();
  assert.equal(results.length, 5);
  assert.ok(results.slice(1).every((error) => error instanceof Error));
  assert.equal(peer.destroyed, false);
});

each('destroy() with a write under way reports no error', async (transport) => {
  const { client } = await pair(transport, { server: { pauseOnConnect: true } });
  const seen = record(client, ['error', 'close']);
  client.write(LARGE);
  await turns();
  client.destroy();
  await closed(client);
  await turns();
  assert.deepEqual(seen, ['close']);
});

each('nothing is read after destroy()', async (transport) => {
  const { client, peer } = await pair(transport);
  let chunks = 0;
  client.on('data', () => {
    chunks += 1;
    client.destroy();
  });
  peer.on('error', () => {});
  peer.write(LARGE);
  await closed(client);
  await turns();
  assert.equal(chunks, 1);
});

each('a destroyed socket knows what it has carried', async (transport) => {
  const { client, peer } = await pair(transport);
  client.on('data', () => {});
  client.write('12345');
  peer.on('data', (chunk) => peer.write(chunk));
  await new Promise((resolve) => client.once('data', resolve));
  client.destroy();
  await closed(client);
  assert.deepEqual([client.bytesRead, client.bytesWritten], [5, 5]);
});

// Bytes that are refused are, as net has it, and encodings that it makes bytes of.
for (const encoding of ['utf8', 'latin1']) {
  each(`a string in ${encoding} that is refused is not counted as written`, { on: ['net', 'local'] }, async (transport) => {
    const { client, peer } = await pair(transport, { client: { allowHalfOpen: true } });
    client.resume();
    peer.destroy();
    await once(client, 'end');
    client.write('abcd', encoding);
    const [error] = await once(client, 'error');
    assert.equal(error.code, 'EPIPE');
    await closed(client);
    assert.equal(client.bytesWritten, 0);
  });
}

each('the destroyed sockets of a closed server let it close', async (transport) => {
  const { server, address, peer } = await pair(transport);
  const others = [];
  server.on('connection', (socket) => others.push(socket));
  for (let i = 0; i < 9; i += 1) transport.connect(address);
  while (others.length < 9) await turns(1);
  const done = new Promise((resolve) => server.close(resolve));
  for (const socket of [peer, ...others]) socket.destroy();
  assert.equal(await done, undefined);
});
