'use strict';

// HTTP/2 over hvuv, both sides Node's own.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const http2 = require('node:http2');
const { hvuv, serve, event, collect, numbered } = require('./support/use.js');

async function serveHttp2(t, onStream) {
  const server = http2.createServer();
  server.on('stream', onStream);
  const where = await serve(t, (socket) => server.emit('connection', socket));
  return { ...where, http2: server };
}

function openSession(t, address) {
  const session = http2.connect('http://guest', { createConnection: () => hvuv.connect(address) });
  t.after(() => session.destroy());
  return session;
}

async function request(session, headers, body) {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const [[head], whole] = await Promise.all([event(stream, 'response'), collect(stream)]);
  return { head, body: whole };
}

test('1,000 requests at once go over one connection', async (t) => {
  const { address, server } = await serveHttp2(t, (stream, headers) => {
    stream.respond({ ':status': 200 });
    stream.end(headers[':path']);
  });
  let connections = 0;
  server.on('connection', () => connections++);
  const session = openSession(t, address);

  const replies = await Promise.all(
    Array.from({ length: 1000 }, (_, n) => request(session, { ':path': `/${n}` })));

  replies.forEach(({ head, body }, n) => {
    assert.equal(head[':status'], 200);
    assert.equal(body.toString(), `/${n}`);
  });
  assert.equal(connections, 1);
});

test('8 MiB go there and back in one stream', async (t) => {
  const { address } = await serveHttp2(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  });
  const sent = numbered(8 << 20);

  const { body } = await request(openSession(t, address), { ':method': 'POST' }, sent);

  assert.ok(body.equals(sent));
});

test('a ping comes back', async (t) => {
  const { address } = await serveHttp2(t, () => {});
  const session = openSession(t, address);
  await event(session, 'connect');

  const payload = await new Promise((done, failed) => {
    session.ping(Buffer.from('12345678'), (error, duration, bytes) =>
      (error ? failed(error) : done(bytes)));
  });

  assert.equal(payload.toString(), '12345678');
});

test('a stream that is cancelled leaves the others alone', async (t) => {
  const { address } = await serveHttp2(t, (stream, headers) => {
    stream.on('error', () => {});
    if (headers[':path'] === '/never') return;
    stream.respond({ ':status': 200 });
    stream.end('well');
  });
  const session = openSession(t, address);
  const never = session.request({ ':path': '/never' });
  const closed = new Promise((done) => never.once('close', done));
  never.close(http2.constants.NGHTTP2_CANCEL);

  const { body } = await request(session, { ':path': '/' });

  assert.equal(body.toString(), 'well');
  await closed;
});

test('a session that is closed ends the connection when its streams have ended', async (t) => {
  const { address, server } = await serveHttp2(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.end('last');
  });
  const gone = event(server, 'connection').then(([socket]) =>
    new Promise((done) => socket.once('close', done)));
  const session = openSession(t, address);
  const stream = session.request({ ':path': '/' });
  stream.once('response', () => session.close());

  assert.equal((await collect(stream)).toString(), 'last');
  await gone;
});

test('a server that is killed ends the session with an error or a close', async (t) => {
  const { address, open } = await serveHttp2(t, (stream) => {
    stream.on('error', () => {});
    for (const socket of open) socket.destroy();
  });
  const session = openSession(t, address);
  session.on('error', () => {});
  const stream = session.request({ ':path': '/' });
  stream.on('error', () => {});
  const closed = new Promise((done) => session.once('close', done));

  await closed;

  assert.equal(stream.destroyed, true);
});
