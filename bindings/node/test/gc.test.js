'use strict';

// What the collector of rubbish may take, and what not: as net.

const assert = require('node:assert/strict');

const { each } = require('./support/each');
const { run } = require('./support/child');

const scenes = {
  'an open socket': ['alive', 'data hello', 'end', 'close'],
  'an accepted socket': ['data hello', 'close'],
  'a server': ['data hello', 'close'],
  'closed sockets': ['collected'],
  'failed sockets': ['collected'],
  'buffers under way': ['5000000 0'],
  'each callback': ['hello', 'hello', 'hello', 'hello', 'hello'],
};

for (const [scene, expected] of Object.entries(scenes)) {
  each(`collecting rubbish: ${scene}`, async (transport) => {
    const { code, lines, stderr } = await run('collected.js', transport.name, scene);
    assert.equal(stderr, '');
    assert.deepEqual(lines, expected);
    assert.equal(code, 0);
  });
}
