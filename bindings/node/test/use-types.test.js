'use strict';

// The types, by the compiler that people use: what they are for compiles, and what they
// forbid does not.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { missing } = require('./support/use.js');

function find(name) {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

const compiler = find('typescript/bin/tsc');
const types = find('@types/node/package.json');
const options = { skip: (!compiler || !types) && missing('typescript with @types/node') };

// What the compiler says of a file in types/, without paths
function compile(file) {
  const { status, stdout } = spawnSync(process.execPath, [
    compiler, '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022',
    '--typeRoots', path.dirname(path.dirname(types)), '--types', 'node',
    path.join(__dirname, 'types', file),
  ], { encoding: 'utf8' });
  return { status, stdout };
}

test('programs in TypeScript compile', options, () => {
  const { status, stdout } = compile('uses.ts');
  assert.equal(stdout, '');
  assert.equal(status, 0);
});
