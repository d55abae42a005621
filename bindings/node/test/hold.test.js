'use strict';

// What keeps a process alive, and what does not: as net.

const assert = require('node:assert/strict');

const { each } = require('./support/each');
const { run } = require('./support/child');

// Only transports whose other end is no helper in the same process.
const on = ['net', 'local'];

const holds = {
  'a server that listens': true,
  'a server after unref()': false,
  'a server after unref() before listen()': false,
  'a server after unref() and ref()': true,
  'a server that has closed': false,
  'an open connection': true,
  'one side of a connection, the other after unref()': true,
  'both sides of a connection after unref()': false,
  'a connection after unref() and ref()': true,
  'a socket after unref() while it was connecting': false,
  'a socket that was never connected': false,
  'accepted sockets that nobody reads': false,
  'a paused socket': true,
  'a connection that has ended': false,
  'a connection that was destroyed': false,
  'the timeout of a socket after unref()': false,
  'a connect that failed': false,
  'a write that cannot go on, after unref()': true,
};

for (const [scene, isHeld] of Object.entries(holds)) {
  each(`${isHeld ? 'the loop is held by' : 'the loop is let go by'} ${scene}`, { on }, async (transport) => {
    const { code, lines, stderr } = await run('hold.js', transport.name, scene);
    assert.equal(stderr, '');
    assert.deepEqual(lines, [isHeld ? 'held' : 'let go']);
    assert.equal(code, 0);
  });
}
