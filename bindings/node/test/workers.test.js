'use strict';

// Worker threads, each with a loop of its own, and how they end.

const assert = require('node:assert/strict');

const { each } = require('./support/each');
const { run } = require('./support/child');

const on = ['net', 'local'];
const timeout = 110000;

each('two hundred workers under load are ended at random', { on, timeout }, async (transport, t) => {
  const { code, lines, stderr } = await run('workers.js', transport.name, 200);
  t.diagnostic(lines[0] ?? stderr);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.equal(JSON.parse(lines[0]).descriptors, 0);
});

const scenes = {
  'one after the other, in workers alone': [0, Array(20).fill('hello 0')],
  'between threads': [0, ['from thread to thread', '0']],
  'the main thread exits under load': [7, []],
  'a worker that is terminated takes its server with it': [0, ['over']],
  'terminate() before the worker has begun': [0, ['over']],
};

for (const [scene, [wanted, said]] of Object.entries(scenes)) {
  each(`workers: ${scene}`, { on, timeout }, async (transport) => {
    const { code, signal, lines, stderr } = await run('threads.js', transport.name, scene);
    assert.equal(stderr, '');
    assert.deepEqual(lines, said);
    assert.deepEqual([code, signal], [wanted, null]);
  });
}
