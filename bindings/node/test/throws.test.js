'use strict';

// Exceptions thrown in callbacks go where Node's own go, and the conversation
// goes on; process.exit() may be called in each of them.

const assert = require('node:assert/strict');

const { each } = require('./support/each');
const { run } = require('./support/child');

const on = ['net', 'local'];

// More than a child is given: one that hangs is to be told by what it has printed.
const options = { on, timeout: 120000 };

const places = [
  'connection',
  'connect',
  'the callback of connect()',
  'ready',
  'data',
  'data of an accepted socket',
  'end',
  'end of an accepted socket',
  'finish',
  'drain',
  'timeout',
  'error',
  'close',
  'close of an accepted socket',
  'close of a server',
  'the callback of write()',
  'the callback of a large write()',
  'the callback of end()',
  'the callback of close()',
];

// Where an exception keeps Node's streams from going on by themselves.
const stuck = [
  'connect',
  'the callback of connect()',
  'end',
  'end of an accepted socket',
  'the callback of write()',
];

for (const place of places) {
  const act = stuck.includes(place) ? 'destroy' : 'throw';
  each(`an exception within ${place} is an uncaught one, and all goes on`, options, async (transport) => {
    const { code, signal, lines, stderr } = await run('throws.js', transport.name, place, act);
    assert.equal(stderr, '');
    assert.equal(lines[0], `caught thrown within ${place}`);
    assert.deepEqual(lines.slice(1), ['over', 'exit']);
    assert.deepEqual([code, signal], [0, null]);
  });

  each(`process.exit() within ${place} exits at once`, options, async (transport) => {
    const { code, signal, lines, stderr } = await run('throws.js', transport.name, place, 'exit');
    assert.equal(stderr, '');
    assert.deepEqual(lines, ['exit']);
    assert.deepEqual([code, signal], [7, null]);
  });
}

each('an exception of a domain goes to the domain', options, async (transport) => {
  const { code, lines, stderr } = await run('domain.js', transport.name);
  assert.equal(stderr, '');
  assert.deepEqual(lines, ['domain: thrown within data', 'domain: an error that nobody hears', 'over']);
  assert.equal(code, 0);
});
