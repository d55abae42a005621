'use strict';

// undici, the client below Node's fetch, with connections that hvuv makes.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const { Readable } = require('node:stream');
const { hvuv, serve, event, optional, missing, numbered } = require('./support/use.js');

const undici = optional('undici');
const options = { skip: undici === undefined && missing('undici') };

// What undici calls for each connection.
const connector = (address) => (_, callback) => {
  const socket = hvuv.connect(address);
  const onError = (error) => callback(error, null);
  socket.once('error', onError);
  socket.once('connect', () => {
    socket.off('error', onError);
    callback(null, socket);
  });
  return socket;
};

async function serveHttp(t, onRequest) {
  const server = http.createServer(onRequest);
  return serve(t, (socket) => server.emit('connection', socket));
}

function openClient(t, address, settings) {
  const client = new undici.Client('http://guest', { ...settings, connect: connector(address) });
  t.after(() => client.destroy());
  return client;
}

test('1,000 requests, ten of them under way at a time', options, async (t) => {
  const { address, server } = await serveHttp(t, (req, res) => res.end(req.url));
  let connections = 0;
  server.on('connection', () => connections++);
  const client = openClient(t, address, { pipelining: 10 });

  const bodies = await Promise.all(Array.from({ length: 1000 }, async (_, n) => {
    const { body } = await client.request({ path: `/${n}`, method: 'GET' });
    return body.text();
  }));

  bodies.forEach((body, n) => assert.equal(body, `/${n}`));
  assert.equal(connections, 1);
});

test('a pool has several connections', options, async (t) => {
  const { address, server } = await serveHttp(t, (req, res) => res.end(req.url));
  let connections = 0;
  server.on('connection', () => connections++);
  const pool = new undici.Pool('http://guest', { connections: 4, connect: connector(address) });
  t.after(() => pool.destroy());

  const statuses = await Promise.all(Array.from({ length: 200 }, async () => {
    const { statusCode, body } = await pool.request({ path: '/', method: 'GET' });
    await body.dump();
    return statusCode;
  }));

  assert.ok(statuses.every((status) => status === 200));
  assert.equal(connections, 4);
});

test('fetch takes it as its dispatcher', options, async (t) => {
  const { address } = await serveHttp(t, (req, res) => {
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify({ path: req.url }));
  });
  const dispatcher = new undici.Agent({ connect: connector(address) });
  t.after(() => dispatcher.destroy());

  const reply = await undici.fetch('http://guest/some/path', { dispatcher });

  assert.deepEqual(await reply.json(), { path: '/some/path' });
});

test('bodies are streamed there and back', options, async (t) => {
  const { address } = await serveHttp(t, (req, res) => req.pipe(res));
  const sent = numbered(4 << 20);
  const client = openClient(t, address);

  const { body } = await client.request({
    path: '/', method: 'POST', body: Readable.from([sent.subarray(0, 1 << 20), sent.subarray(1 << 20)]),
  });

  assert.ok(Buffer.from(await body.arrayBuffer()).equals(sent));
});

test('a connection that the server closes is made anew', options, async (t) => {
  const { address, server, open } = await serveHttp(t, (req, res) => res.end('here'));
  let connections = 0;
  server.on('connection', () => connections++);
  const client = openClient(t, address);
  const ask = async () => {
    const { body } = await client.request({ path: '/', method: 'GET' });
    return body.text();
  };
  assert.equal(await ask(), 'here');

  const gone = event(client, 'disconnect');
  for (const socket of open) socket.destroy();
  await gone;

  assert.equal(await ask(), 'here');
  assert.equal(connections, 2);
});

test('an upgrade gives the socket', options, async (t) => {
  const server = http.createServer();
  server.on('upgrade', (req, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
  const { address } = await serve(t, (socket) => server.emit('connection', socket));
  const client = openClient(t, address);

  const { socket } = await client.upgrade({ path: '/', protocol: 'echo' });
  socket.write('up');

  const [chunk] = await event(socket, 'data');
  assert.equal(chunk.toString(), 'up');
  socket.destroy();
});

test('a server that nobody runs is an error of the request', options, async (t) => {
  const client = openClient(t, 'local://loopback/4999');

  await assert.rejects(client.request({ path: '/', method: 'GET' }), { code: 'ECONNREFUSED' });
});
