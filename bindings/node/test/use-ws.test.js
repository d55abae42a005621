'use strict';

// WebSockets over hvuv, with the library ws on both sides.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const { hvuv, serve, event, optional, missing, numbered } = require('./support/use.js');

const ws = optional('ws');
const options = { skip: ws === undefined && missing('ws') };

async function serveWs(t, onSocket) {
  const server = http.createServer();
  const sockets = new ws.WebSocketServer({ server });
  sockets.on('connection', onSocket);
  const where = await serve(t, (socket) => server.emit('connection', socket));
  t.after(() => sockets.close());
  return { ...where, sockets };
}

async function open(t, address, settings) {
  const socket = new ws.WebSocket('ws://guest/', {
    ...settings, createConnection: () => hvuv.connect(address),
  });
  t.after(() => socket.terminate());
  await event(socket, 'open');
  return socket;
}

const echo = (socket) => socket.on('message', (data, isBinary) =>
  socket.send(data, { binary: isBinary }));

test('10,000 messages come back in order', options, async (t) => {
  const { address } = await serveWs(t, echo);
  const socket = await open(t, address);
  const got = [];
  const all = new Promise((done) => socket.on('message', (data) => {
    got.push(Number(data));
    if (got.length === 10000) done();
  }));

  for (let n = 0; n < 10000; n++) socket.send(String(n));
  await all;

  assert.ok(got.every((n, at) => n === at));
});

test('a message of 8 MiB comes back, compressed and not', options, async (t) => {
  const server = http.createServer();
  const sockets = new ws.WebSocketServer({ server, perMessageDeflate: true });
  sockets.on('connection', echo);
  const { address } = await serve(t, (socket) => server.emit('connection', socket));
  const sent = numbered(8 << 20);

  for (const perMessageDeflate of [false, true]) {
    const socket = await open(t, address, { perMessageDeflate });
    const back = event(socket, 'message');
    socket.send(sent);
    const [data] = await back;
    assert.ok(data.equals(sent));
    socket.close();
    await event(socket, 'close');
  }
});

test('a ping is replied to by a pong', options, async (t) => {
  const { address } = await serveWs(t, () => {});
  const socket = await open(t, address);
  const pong = event(socket, 'pong');

  socket.ping('there?');

  assert.equal((await pong)[0].toString(), 'there?');
});

test('both sides see the code and the reason of a close', options, async (t) => {
  let atServer;
  const { address } = await serveWs(t, (socket) => {
    atServer = event(socket, 'close');
  });
  const socket = await open(t, address);
  const atClient = event(socket, 'close');

  socket.close(4000, 'enough');

  for (const [code, reason] of [await atClient, await atServer]) {
    assert.equal(code, 4000);
    assert.equal(reason.toString(), 'enough');
  }
});

test('a socket that is terminated is closed at the other side without a code', options, async (t) => {
  let atServer;
  const { address } = await serveWs(t, (socket) => {
    atServer = event(socket, 'close');
  });
  const socket = await open(t, address);

  socket.terminate();

  assert.equal((await atServer)[0], 1006);
});

test('100 sockets each get what is sent to all', options, async (t) => {
  const { address, sockets } = await serveWs(t, () => {});
  const all = await Promise.all(Array.from({ length: 100 }, () => open(t, address)));
  const heard = all.map((socket) => event(socket, 'message'));

  for (const socket of sockets.clients) socket.send('to all');

  for (const [data] of await Promise.all(heard)) assert.equal(data.toString(), 'to all');
});

test('a stream over a WebSocket is held back by its reader', options, async (t) => {
  const { address } = await serveWs(t, (socket) => {
    const stream = ws.createWebSocketStream(socket);
    stream.on('error', () => {});
    stream.pipe(stream);
  });
  const stream = ws.createWebSocketStream(await open(t, address));
  const sent = numbered(4 << 20);
  const chunks = [];
  stream.end(sent);

  for await (const chunk of stream) chunks.push(chunk);

  assert.ok(Buffer.concat(chunks).equals(sent));
});
