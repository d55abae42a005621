'use strict';

// TLS over hvuv. Both sides share a secret (TLS-PSK): it needs no certificates, and shows
// each side who the other is, which these sockets do not.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const http2 = require('node:http2');
const https = require('node:https');
const tls = require('node:tls');
const { hvuv, serve, event, collect, numbered } = require('./support/use.js');

const secret = crypto.randomBytes(32);
const shared = { ciphers: 'PSK', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' };

const ofServer = {
  ...shared,
  pskCallback: (socket, identity) => (identity === 'guest' ? secret : null),
};

const ofClient = {
  ...shared,
  pskCallback: () => ({ psk: secret, identity: 'guest' }),
  checkServerIdentity: () => undefined,
};

// Else the end of the peer ends a socket also while TLS has bytes to send. The TLS socket
// is half-open then, too, so a server ends its own.
const halfOpen = { allowHalfOpen: true };

async function serveTls(t, onConnection) {
  const server = tls.createServer(ofServer, onConnection);
  server.on('tlsClientError', () => {});
  return serve(t, (socket) => server.emit('connection', socket), halfOpen);
}

test('bytes go both ways over tls.connect({ socket })', async (t) => {
  const { address } = await serveTls(t, (socket) => socket.pipe(socket));
  const sent = numbered(1 << 20);
  const socket = tls.connect({ ...ofClient, socket: hvuv.connect(address, halfOpen) });
  await event(socket, 'secureConnect');
  assert.match(socket.getCipher().name, /PSK/);
  socket.end(sent);

  const got = await collect(socket);

  assert.ok(got.equals(sent));
});

test('a client without the secret is not let in', async (t) => {
  const { address } = await serveTls(t, () => assert.fail('let in'));
  const socket = tls.connect({
    ...ofClient,
    pskCallback: () => ({ psk: Buffer.alloc(32), identity: 'guest' }),
    socket: hvuv.connect(address, halfOpen),
  });

  const [error] = await event(socket, 'error');

  assert.ok(error.code);
});

test('the TLS socket that is destroyed closes the one below', async (t) => {
  const { address, server } = await serveTls(t, (socket) => {
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.resume();
  });
  const accepted = event(server, 'connection');
  const below = hvuv.connect(address, halfOpen);
  const socket = tls.connect({ ...ofClient, socket: below });
  await event(socket, 'secureConnect');
  const [peer] = await accepted;
  const closed = Promise.all(
    [below, peer].map((one) => new Promise((done) => one.once('close', done))));

  socket.destroy();

  await closed;
});

test('HTTPS is served and asked', async (t) => {
  const server = https.createServer(ofServer, (req, res) => res.end(req.url));
  const { address } = await serve(t, (socket) => server.emit('connection', socket), halfOpen);
  const createConnection = () =>
    tls.connect({ ...ofClient, socket: hvuv.connect(address, halfOpen) });

  const req = https.get({ createConnection, path: '/secret' });
  const [res] = await event(req, 'response');

  assert.equal((await collect(res)).toString(), '/secret');
});

test('HTTP/2 is agreed upon by ALPN', async (t) => {
  const server = http2.createSecureServer({ ...ofServer, allowHTTP1: false });
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 });
    stream.end(stream.session.alpnProtocol);
  });
  const { address } = await serve(t, (socket) => server.emit('connection', socket), halfOpen);
  const session = http2.connect('https://guest', {
    createConnection: () => tls.connect(
      { ...ofClient, ALPNProtocols: ['h2'], socket: hvuv.connect(address, halfOpen) }),
  });
  t.after(() => session.destroy());

  const stream = session.request({ ':path': '/' });

  assert.equal((await collect(stream)).toString(), 'h2');
});
