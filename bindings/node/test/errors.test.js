'use strict';

// Errors of the system: their shape, and what a socket or a server does then.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { test } = require('node:test');
const { getSystemErrorName } = require('node:util');

const { each } = require('./support/each');
const { closed, listening, pair, record, turns } = require('./support/events');
const { folder } = require('./support/transports');
const { run } = require('./support/child');

const hvuv = require(process.env.HVUV_TEST_PACKAGE ?? '..');

const on = ['local', 'hybrid'];

function failure(emitter) {
  return new Promise((resolve) => emitter.once('error', resolve));
}

function checkShape(error, syscall, address) {
  assert.ok(error instanceof Error);
  assert.equal(error.syscall, syscall);
  assert.equal(error.address, address);
  assert.equal(getSystemErrorName(error.errno), error.code);
  assert.ok(error.message.startsWith(`${syscall} ${error.code} ${address}: `), error.message);
  // Behind that, what it means, in a sentence.
  assert.match(error.message, /: \S.* .*\.$/s);
  assert.deepEqual(Object.keys(error).sort(), ['address', 'code', 'errno', 'syscall']);
}

each('an error of connect() has the shape of net, and says what it means', { on }, async (transport) => {
  const address = transport.address();
  checkShape(await failure(transport.connect(address)), 'connect', address);
});

each('an error of listen() has the shape of net, and says what it means', { on }, async (transport) => {
  const { address } = await listening(transport);
  const second = transport.createServer();
  second.listen(address);
  checkShape(await failure(second), 'listen', address);
});

each('an error of reading has the shape of net, and says what it means', { on: ['local'] }, async (transport) => {
  const { address, client, peer } = await pair(transport, { server: { pauseOnConnect: true } });
  client.resume();
  await new Promise((resolve) => client.write('never read', resolve));
  await turns();
  const failed = failure(client);
  peer.destroy();
  const error = await failed;
  assert.equal(error.code, 'ECONNRESET');
  checkShape(error, 'read', address);
});

each('explain() says again what is in the message of an error', { on }, async (transport) => {
  const address = transport.address();
  const error = await failure(transport.connect(address));
  assert.ok(error.message.endsWith(hvuv.explain(address, error)));
  assert.equal(hvuv.explain(address, error.code, 'connect'), hvuv.explain(address, error));
  assert.equal(hvuv.explain(hvuv.parseAddress(address), error.errno, 'connect'), hvuv.explain(address, error));
});

test('explain() refuses what is no error and no step', () => {
  for (const wrong of ['NOSUCH', 5, undefined, {}, '']) {
    assert.throws(() => hvuv.explain('local://any/1', wrong), { code: 'ERR_INVALID_ARG_TYPE' });
  }
  assert.throws(() => hvuv.explain('local://any/1', 'EACCES', 'dance'), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.throws(() => hvuv.explain('nonsense', 'EACCES'), { code: 'ERR_INVALID_ADDRESS' });
});

each('a caller that finds its server gone is refused, and so is the next', { on: ['local'] }, async (transport) => {
  const { server, address } = await listening(transport);
  server.close();
  await once(server, 'close');
  for (let i = 0; i < 3; i += 1) {
    assert.equal((await failure(transport.connect(address))).code, 'ECONNREFUSED');
  }
});

// The variable is read by each bind and connect.
async function inFolder(where, body) {
  const before = process.env.HVUV_LOCAL_DIR;
  process.env.HVUV_LOCAL_DIR = where;
  try {
    await body();
  } finally {
    process.env.HVUV_LOCAL_DIR = before;
  }
}

each('a folder that cannot be made is an error of listen()', { on: ['local'] }, async (transport) => {
  await inFolder(path.join(folder, 'no', 'such', 'parent'), async () => {
    const address = transport.address();
    const server = transport.createServer();
    const seen = record(server, ['listening']);
    server.listen(address);
    const error = await failure(server);
    checkShape(error, 'listen', address);
    assert.equal(error.code, 'ENOENT');
    assert.deepEqual(seen, []);
  });
});

each('a folder that others may write to is an error of listen()', { on: ['local'] }, async (transport) => {
  const where = path.join(folder, 'open-to-all');
  fs.mkdirSync(where);
  fs.chmodSync(where, 0o777);
  await inFolder(where, async () => {
    const address = transport.address();
    const server = transport.createServer();
    server.listen(address);
    const error = await failure(server);
    checkShape(error, 'listen', address);
    assert.equal(error.code, 'EACCES');
  });
});

each('where there is no folder nobody listens', { on: ['local'] }, async (transport) => {
  await inFolder(path.join(folder, 'nobody-here'), async () => {
    const address = transport.address();
    const error = await failure(transport.connect(address));
    checkShape(error, 'connect', address);
    assert.equal(error.code, 'ECONNREFUSED');
  });
});

test('a path without a hypervisor is an error of connect()', async () => {
  const missing = `hybrid://${path.join(folder, 'no-vmm')}:52`;
  const first = await failure(hvuv.connect(missing));
  checkShape(first, 'connect', missing);
  assert.equal(first.code, 'ENOENT');

  // One that has ended and left its socket behind.
  const stale = path.join(folder, 'stale-vmm');
  const script = 'require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, 9))';
  await once(spawn(process.execPath, ['-e', script, stale]), 'exit');
  assert.ok(fs.existsSync(stale));
  const second = await failure(hvuv.connect(`hybrid://${stale}:52`));
  assert.equal(second.code, 'ECONNREFUSED');
});

test('a path too long for a Unix socket is an error, and no crash', async () => {
  const server = hvuv.createServer();
  const address = `hybrid:///tmp/${'x'.repeat(100)}:1073741824`;
  server.listen(address);
  const error = await failure(server);
  assert.equal(error.code, 'ENAMETOOLONG');
  checkShape(error, 'listen', address);
});

test('a hypervisor that speaks something else is EPROTO', async (t) => {
  const at = path.join(folder, 'no-hypervisor');
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  server.listen(at);
  t.after(() => server.close());
  const address = `hybrid://${at}:52`;
  const error = await failure(hvuv.connect(address));
  assert.equal(error.code, 'EPROTO');
  checkShape(error, 'connect', address);
});

each('connectTimeout refuses what is no time, by its name', { on: ['local'] }, async (transport) => {
  const address = transport.address();
  for (const [wrong, code] of [[-1, 'ERR_OUT_OF_RANGE'], [NaN, 'ERR_OUT_OF_RANGE'], ['5', 'ERR_INVALID_ARG_TYPE']]) {
    assert.throws(() => hvuv.connect(address, { connectTimeout: wrong }), (error) =>
      error.code === code && error.message.includes('connectTimeout'));
  }
});

each('an unheard error of a socket ends the process, with its message', { on: ['net', 'local'] }, async (transport) => {
  const { code, stderr } = await run('unheard.js', transport.name);
  assert.equal(code, 1);
  assert.match(stderr, /Emitted 'error' event on Socket instance/);
  assert.match(stderr, /code: 'E[A-Z]+'/);
  assert.match(stderr, /syscall: 'connect'/);
});

// Runs a scene of limit.js with few descriptors: the shell's limit is one that
// Node cannot raise.
function limited(scene, address) {
  const script = path.join(__dirname, 'children', 'limit.js');
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', `ulimit -n 64 && exec "$0" "$@"`, process.execPath, script, 'local', scene, address], {
      env: { ...process.env, HVUV_TEST_FOLDER: folder, HVUV_LOCAL_DIR: folder, NODE_NO_WARNINGS: '1' },
    });
    let text = '';
    child.stdout.on('data', (chunk) => { text += chunk; });
    child.stderr.on('data', (chunk) => { text += chunk; });
    child.on('close', () => resolve(text.trim().split('\n')));
  });
}

const limits = {
  connect: ['connect EMFILE connect true', 'then x'],
  listen: ['listen EMFILE listen true false', 'then x'],
  accept: ['accept 1 EMFILE accept true', 'then waited'],
};

for (const [scene, lines] of Object.entries(limits)) {
  each(`without a descriptor left, and with one again: ${scene}`, { on: ['local'] }, async (transport) => {
    assert.deepEqual(await limited(scene, transport.address()), lines);
  });
}

each('accept() without a descriptor left is a warning where nobody listens for errors', { on: ['local'] }, async (transport) => {
  const lines = await limited('unheard', transport.address());
  for (const line of ['warning EMFILE accept true', 'then waited']) assert.ok(lines.includes(line), lines.join('\n'));
});

each('a destroyed socket that had failed reports no second error', { on }, async (transport) => {
  const client = transport.connect(transport.address());
  const seen = record(client, ['error', 'close']);
  await closed(client);
  client.write('x');
  client.end();
  await turns();
  assert.deepEqual(seen, ['error', 'close after an error']);
});
