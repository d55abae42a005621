'use strict';

// Conversations between processes, and what is seen when one is killed.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { once } = require('node:events');

const { each } = require('./support/each');
const { bytes, closed, listening, record, turns } = require('./support/events');
const { run, start } = require('./support/child');

// The VMM of the hybrid transport joins sockets of one process.
const on = ['net', 'local'];

each('a server in another process', { on }, async (transport) => {
  const address = transport.address();
  const child = start('peer.js', transport.name, 'echo', address);
  await once(child.stdout, 'data');
  const client = transport.connect(address, { allowHalfOpen: true });
  const sent = Buffer.alloc(1 << 20, 'between processes ');
  client.end(sent);
  assert.ok((await bytes(client)).equals(sent));
  child.stdin.end();
  await once(child, 'exit');
});

each('a client in another process, and its orderly exit', { on }, async (transport) => {
  const { server, address } = await listening(transport);
  const child = start('peer.js', transport.name, 'guest', address);
  const [peer] = await once(server, 'connection');
  const seen = record(peer, ['end', 'error', 'close']);
  assert.equal((await once(peer, 'data')).toString(), 'from another process');
  child.stdin.end();
  await closed(peer);
  assert.deepEqual(seen, ['end', 'close']);
});

each('a client that is killed is an end, or a reset', { on }, async (transport) => {
  const { server, address } = await listening(transport);
  const child = start('peer.js', transport.name, 'guest', address);
  const [peer] = await once(server, 'connection');
  peer.on('error', (error) => assert.equal(error.code, 'ECONNRESET'));
  await once(peer, 'data');
  child.kill('SIGKILL');
  await closed(peer);
});

each('a flooding client that is killed leaves whole what has come', { on }, async (transport) => {
  const { server, address } = await listening(transport);
  const child = start('peer.js', transport.name, 'flood', address);
  const [peer] = await once(server, 'connection');
  peer.on('error', () => {});
  let length = 0;
  peer.on('data', (chunk) => {
    length += chunk.length;
    if (length > 1 << 20) child.kill('SIGKILL');
  });
  await closed(peer);
  assert.equal(length, peer.bytesRead);
});

each('a server that is killed ends its connections', { on }, async (transport) => {
  const address = transport.address();
  const child = start('peer.js', transport.name, 'echo', address);
  await once(child.stdout, 'data');
  const client = transport.connect(address);
  await once(client, 'connect');
  child.kill('SIGKILL');
  client.on('error', () => {});
  client.resume();
  await closed(client);
});

each('an address whose server was killed is refused, and free again', { on: ['local'] }, async (transport) => {
  const address = transport.address();
  const child = start('peer.js', transport.name, 'echo', address);
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');

  const client = transport.connect(address);
  const [error] = await once(client, 'error').catch((thrown) => [thrown]);
  assert.equal(error.code, 'ECONNREFUSED');

  const { createServer } = transport;
  const server = createServer();
  server.listen(address);
  await once(server, 'listening');
  await once(transport.connect(address), 'connect');
});

each('a child is given no socket that is open here', { on }, async (transport) => {
  const { server, address } = await listening(transport);
  const accepted = once(server, 'connection');
  const client = transport.connect(address);
  const [peer] = await accepted;
  const child = start('peer.js', transport.name, 'guest', transport.address());
  peer.resume();
  client.destroy();
  await closed(peer); // would wait for the child if that had the socket too
  child.stdin.end();
  await once(child, 'exit');
  await turns();
});

for (const how of ['process.exit()', 'an exception', 'nothing left to do']) {
  each(`the files of a server are gone after an exit by ${how}`, { on: ['hybrid'] }, async () => {
    const at = path.join(process.env.HVUV_TEST_FOLDER, `exits-${process.pid}`);
    const { lines } = await run('exits.js', at, how);
    assert.deepEqual(lines, ['true']);
    assert.equal(fs.existsSync(`${at}_1`), false);
    assert.equal(fs.existsSync(`${at}_1.lock`), false);
  });
}
