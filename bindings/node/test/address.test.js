'use strict';

// Addresses as text and as parts, at the sockets and by themselves.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');

const { each } = require('./support/each');
const { listening, pair } = require('./support/events');

const hvuv = require(process.env.HVUV_TEST_PACKAGE ?? '..');

const PARENT = 'a42e7cda-d03f-480c-9cc2-a4de20abb878';
const LOOPBACK = 'e0e16197-dd56-4a10-9195-5ee7a155a838';

const parsed = {
  'vsock://2:1024': { address: 'vsock://host:1024', family: 'vsock', cid: 2, port: 1024 },
  'vsock://any:0x10': { address: 'vsock://any:16', family: 'vsock', cid: 0xffffffff, port: 16 },
  'hyperv://parent/1024': {
    address: 'hyperv://parent/1024',
    family: 'hyperv',
    vmId: PARENT,
    port: 1024,
    serviceId: '00000400-facb-11e6-bd58-64006a7986d3',
  },
  'hyperv://any/0DD1E5E1-0000-4000-8000-000000000001': {
    address: 'hyperv://any/0dd1e5e1-0000-4000-8000-000000000001',
    family: 'hyperv',
    vmId: '00000000-0000-0000-0000-000000000000',
    serviceId: '0dd1e5e1-0000-4000-8000-000000000001',
  },
  'hybrid:///run/a%20b.sock:52': {
    address: 'hybrid:///run/a%20b.sock:52',
    family: 'hybrid',
    path: '/run/a b.sock',
    port: 52,
    serviceId: '00000034-facb-11e6-bd58-64006a7986d3',
  },
  'local://loopback/7': {
    address: 'local://loopback/7',
    family: 'local',
    vmId: LOOPBACK,
    port: 7,
    serviceId: '00000007-facb-11e6-bd58-64006a7986d3',
  },
};

for (const [text, parts] of Object.entries(parsed)) {
  test(`the parts of ${text}, and back`, () => {
    const result = hvuv.parseAddress(text);
    assert.deepEqual({ ...result }, parts);
    assert.ok(Object.isFrozen(result));
    assert.equal(hvuv.formatAddress(result), parts.address);
    assert.deepEqual({ ...hvuv.parseAddress(parts.address) }, parts);
  });
}

test('an address may be composed of names and numbers', () => {
  const { formatAddress } = hvuv;
  assert.equal(formatAddress({ family: 'vsock', cid: 'host', port: 5 }), 'vsock://host:5');
  assert.equal(formatAddress({ family: 'vsock', cid: 3, port: 'any' }), 'vsock://3:any');
  assert.equal(formatAddress({ family: 'local', vmId: 'any', port: 5 }), 'local://any/5');
  assert.equal(formatAddress({ family: 'hybrid', path: '/a b%\n', port: 5 }), 'hybrid:///a%20b%25%0a:5');
  assert.equal(
    formatAddress({ family: 'hyperv', vmId: PARENT, serviceId: '00000005-facb-11e6-bd58-64006a7986d3' }),
    'hyperv://parent/5');
});

test('what is no address says what is wrong with it', () => {
  const wrong = {
    '': /is empty/,
    'vsock:2:1024': /Did you mean vsock:\/\/2:1024\?/,
    'vsock://2': /./,
    'vsock://2:99999999999': /./,
    'local://nowhere/1': /./,
    'hybrid://:52': /./,
    'vsock://2:1024 ': /./,
    'vsock://2:1\0': /./,
  };
  for (const [text, message] of Object.entries(wrong)) {
    assert.throws(() => hvuv.parseAddress(text), (error) => {
      assert.ok(error instanceof TypeError);
      assert.equal(error.code, 'ERR_INVALID_ADDRESS', text);
      assert.match(error.message, message);
      return true;
    });
  }
});

test('what is not even text is a wrong argument', () => {
  for (const wrong of [undefined, null, 5, {}, [], true, Symbol('x')]) {
    assert.throws(() => hvuv.parseAddress(wrong), { code: 'ERR_INVALID_ARG_TYPE' });
  }
  for (const wrong of [undefined, null, 5, 'vsock://2:5']) {
    assert.throws(() => hvuv.formatAddress(wrong), { code: 'ERR_INVALID_ARG_TYPE' });
  }
});

test('parts that make no address are refused', () => {
  const wrong = [
    {},
    { family: 'tcp', port: 5 },
    { family: 'vsock', cid: 2 },
    { family: 'vsock', cid: -1, port: 5 },
    { family: 'vsock', cid: 2, port: 1.5 },
    { family: 'hybrid', path: '', port: 5 },
    { family: 'hybrid', port: 5 },
    { family: 'hybrid', path: '/a' },
    { family: 'local', port: 5 },
    { family: 'hyperv', vmId: 'parent' },
    { family: 'hybrid', path: 'x'.repeat(200), port: 5 },
    { family: 'local', vmId: 'any/5', port: 5 },
  ];
  for (const parts of wrong) {
    assert.throws(() => hvuv.formatAddress(parts), { code: 'ERR_INVALID_ADDRESS' }, JSON.stringify(parts));
  }
});

test('parts without a family are told of that', () => {
  assert.throws(() => hvuv.formatAddress({ port: 5 }), { message: /have no family/ });
  assert.throws(() => hvuv.connect({ port: 5 }), { message: /have no family/ });
  assert.throws(() => hvuv.createServer().listen({ port: 5 }), { message: /have no family/ });
});

test('a wrong address is thrown by connect() and listen(), before anything else', () => {
  assert.throws(() => hvuv.connect('nonsense'), { code: 'ERR_INVALID_ADDRESS' });
  assert.throws(() => hvuv.connect({ address: 'nonsense' }), { code: 'ERR_INVALID_ADDRESS' });
  assert.throws(() => hvuv.createServer().listen('nonsense'), { code: 'ERR_INVALID_ADDRESS' });
  assert.throws(() => hvuv.createServer().listen(1024), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.throws(() => hvuv.createServer().listen(), { code: 'ERR_INVALID_ARG_TYPE' });
});

test('supported() knows each family, and no other', () => {
  const all = hvuv.supported();
  assert.deepEqual(Object.keys(all).sort(), ['hybrid', 'hyperv', 'local', 'vsock']);
  for (const [family, is] of Object.entries(all)) assert.equal(hvuv.supported(family), is);
  assert.equal(all.local, true);
  assert.equal(all.hybrid, true);
  for (const wrong of ['tcp', '', 1, null]) {
    assert.throws(() => hvuv.supported(wrong), { code: 'ERR_INVALID_ARG_TYPE' });
  }
});

test('localCid() is a number, null, or an error of the system', () => {
  try {
    const cid = hvuv.localCid();
    assert.ok(cid === null || Number.isInteger(cid));
  } catch (error) {
    assert.equal(error.syscall, 'localCid');
    assert.equal(typeof error.code, 'string');
  }
});

const on = ['local', 'hybrid'];

each('both ends know both addresses', { on: ['local'] }, async (transport) => {
  const { address, client, peer } = await pair(transport);
  assert.equal(client.remoteAddress, address);
  assert.equal(client.remoteFamily, 'local');
  assert.equal(client.remotePort, hvuv.parseAddress(address).port);
  assert.equal(client.remoteVmId, LOOPBACK);
  assert.equal(peer.localAddress, address);
  assert.equal(peer.remoteFamily, 'local');
  assert.deepEqual({ ...peer.address() }, { ...hvuv.parseAddress(address) });
});

each('there are no addresses before there is a connection', { on }, async (transport) => {
  const { address } = await listening(transport);
  const client = transport.connect(address);
  assert.equal(client.remoteAddress, undefined);
  assert.equal(client.localAddress, undefined);
  assert.deepEqual(client.address(), {});
  await once(client, 'connect');
  assert.equal(client.remoteAddress, address);
});

each('an address may be given by its parts, or among the options', { on }, async (transport) => {
  const address = transport.address();
  const parts = hvuv.parseAddress(address);
  const server = transport.createServer();
  server.listen({ address, backlog: 5 });
  await once(server, 'listening');
  assert.deepEqual({ ...server.address() }, { ...parts });
  await once(transport.connect(parts), 'connect');
  await once(transport.connect({ address }), 'connect');
  await once(transport.connect({ address: parts, timeout: 0 }), 'connect');
});

each('listening on any is reached as loopback', { on: ['local'] }, async (transport) => {
  const { port } = hvuv.parseAddress(transport.address());
  const server = transport.createServer();
  server.listen(`local://any/${port}`);
  await once(server, 'listening');
  await once(transport.connect(`local://loopback/${port}`), 'connect');
});
