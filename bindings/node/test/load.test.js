'use strict';

// Much of everything: ten thousand connections, a million messages.

const assert = require('node:assert/strict');

const { each } = require('./support/each');
const { run } = require('./support/child');

const MIB = 1 << 20;
const LONG = { timeout: 110000 };

each('ten thousand connections leave nothing behind', LONG, async (transport, t) => {
  const { code, lines, stderr } = await run('growth.js', transport.name, 10000);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  t.diagnostic(lines[0]);
  const grown = JSON.parse(lines[0]);
  assert.equal(grown.descriptors, 0);
  assert.equal(grown.resources, 0);
  assert.ok(grown.heapUsed < 2 * MIB, `${grown.heapUsed} bytes of heap`);
  assert.ok(grown.external < 2 * MIB, `${grown.external} bytes outside of the heap`);
  // The allocator's own keeping is as much, with net as well.
  assert.ok(grown.rss < 40 * MIB, `${grown.rss} bytes of memory`);
});

each('a million messages come back, each what it was', LONG, async (transport, t) => {
  const { code, lines, stderr } = await run('messages.js', transport.name, 1e6);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  t.diagnostic(`${lines[0]} s`);
});
