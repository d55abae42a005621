'use strict';

// Node's own HTTP over hvuv: a server that is given hvuv's sockets, an agent that makes
// them.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { hvuv, serve, event, collect, numbered } = require('./support/use.js');

// Makes hvuv's sockets for Node's agent, which keeps them or closes them.
class Agent extends http.Agent {
  constructor(address, options) {
    super(options);
    this.address = address;
    this.made = 0;
  }

  createConnection() {
    this.made++;
    return hvuv.connect(this.address);
  }
}

async function serveHttp(t, onRequest) {
  const server = http.createServer(onRequest);
  const where = await serve(t, (socket) => server.emit('connection', socket));
  t.after(() => server.closeAllConnections?.());
  return { ...where, http: server };
}

function request(agent, options, body) {
  return new Promise((done, failed) => {
    const req = http.request({ agent, host: 'guest', ...options }, async (res) => {
      res.on('error', failed);
      done({ status: res.statusCode, headers: res.headers, body: await collect(res), req });
    });
    req.on('error', failed);
    if (body instanceof Readable) body.pipe(req);
    else req.end(body);
  });
}

test('1,000 requests go over one connection that is kept', async (t) => {
  const { address } = await serveHttp(t, (req, res) => res.end(`${req.method} ${req.url}`));
  const agent = new Agent(address, { keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());

  for (let n = 0; n < 1000; n++) {
    const { status, body, req } = await request(agent, { path: `/${n}` });
    assert.equal(status, 200);
    assert.equal(body.toString(), `GET /${n}`);
    assert.equal(req.reusedSocket, n > 0);
  }
  assert.equal(agent.made, 1);
});

test('requests at once share as many connections as the agent allows', async (t) => {
  const { address } = await serveHttp(t, (req, res) => res.end(req.url));
  const agent = new Agent(address, { keepAlive: true, maxSockets: 10 });
  t.after(() => agent.destroy());

  const replies = await Promise.all(
    Array.from({ length: 1000 }, (_, n) => request(agent, { path: `/${n}` })));

  replies.forEach(({ body }, n) => assert.equal(body.toString(), `/${n}`));
  assert.equal(agent.made, 10);
});

test('a connection that is not kept is closed after its reply', async (t) => {
  const { address, server } = await serveHttp(t, (req, res) => res.end('once'));
  const closed = event(server, 'connection').then(([socket]) => event(socket, 'close'));

  const { body, headers } = await request(new Agent(address), {});

  assert.equal(body.toString(), 'once');
  assert.equal(headers.connection, 'close');
  await closed;
});

test('16 MiB are streamed there and back', async (t) => {
  const { address } = await serveHttp(t, (req, res) => {
    res.writeHead(200);
    pipeline(req, res).catch(() => {});
  });
  const agent = new Agent(address, { keepAlive: true });
  t.after(() => agent.destroy());
  const sent = numbered(16 << 20);
  const pieces = Array.from({ length: 256 }, (_, n) => sent.subarray(n << 16, (n + 1) << 16));

  const { body } = await request(agent, { method: 'POST' }, Readable.from(pieces));

  assert.ok(body.equals(sent));
});

test('a server that is slow to read holds back the client', async (t) => {
  let held;
  const { address } = await serveHttp(t, (req) => {
    req.pause();
    held = req;
  });
  const agent = new Agent(address);
  const total = 64 << 20;
  let taken = 0;
  const source = new Readable({
    read() {
      taken += 65536;
      this.push(taken <= total ? Buffer.alloc(65536) : null);
    },
  });
  const req = http.request({ agent, method: 'POST', headers: { 'Content-Length': total } });
  const reply = event(req, 'response');
  source.pipe(req);

  // Turns of the loop until nothing has been taken for ten of them.
  for (let still = 0, last = -1; still < 10 || held === undefined;) {
    await new Promise((turn) => setTimeout(turn, 1));
    still = taken === last ? still + 1 : 0;
    last = taken;
  }
  assert.ok(taken < total / 4, `${taken} bytes were taken`);

  const all = collect(held);
  const { length } = await all;
  assert.equal(length, total);
  req.destroy();
  await reply.catch(() => {});
});

test('Expect: 100-continue is asked for and given', async (t) => {
  const { address } = await serveHttp(t, async (req, res) => {
    res.end(await collect(req));
  });
  const req = http.request({
    agent: new Agent(address), method: 'PUT', headers: { Expect: '100-continue' },
  });
  req.on('continue', () => req.end('now'));
  req.flushHeaders();

  const [res] = await event(req, 'response');

  assert.equal((await collect(res)).toString(), 'now');
});

test('an upgrade hands over the socket with what came after the head', async (t) => {
  const { address, http: server } = await serveHttp(t, () => assert.fail('no request'));
  server.on('upgrade', (req, socket, head) => {
    assert.equal(req.headers.upgrade, 'echo');
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    if (head.length > 0) socket.write(head);
    socket.pipe(socket);
  });
  const req = http.request({
    agent: new Agent(address), headers: { Connection: 'Upgrade', Upgrade: 'echo' },
  });
  req.end();

  const [res, socket, head] = await event(req, 'upgrade');

  assert.equal(res.statusCode, 101);
  assert.equal(head.length, 0);
  socket.end('both ways');
  assert.equal((await collect(socket)).toString(), 'both ways');
});

test('a request of nobody who listens fails with the error of hvuv', async () => {
  const agent = new Agent('local://loopback/4999');
  await assert.rejects(request(agent, {}), (error) => {
    assert.equal(error.code, 'ECONNREFUSED');
    assert.match(error.message, /local:\/\/loopback\/4999/);
    return true;
  });
});

test('the client that goes away aborts the request at the server', async (t) => {
  const { address, http: server } = await serveHttp(t, () => {});
  const asked = event(server, 'request');
  const req = http.request({ agent: new Agent(address) });
  req.end();
  const [incoming] = await asked;
  const gone = new Promise((done) => incoming.once('close', done));
  incoming.on('error', () => {}); // aborted
  req.on('error', () => {});

  req.destroy();

  await gone;
  assert.equal(incoming.complete, true); // a GET has no body
  assert.equal(incoming.socket.destroyed, true);
});

test('an AbortSignal ends a request', async (t) => {
  const { address } = await serveHttp(t, () => {});
  const controller = new AbortController();
  const reply = request(new Agent(address), { signal: controller.signal });
  setImmediate(() => controller.abort());

  await assert.rejects(reply, { name: 'AbortError' });
});

test('a request that takes too long is reported by its timeout', async (t) => {
  const { address } = await serveHttp(t, () => {});
  const req = http.request({ agent: new Agent(address), timeout: 20 });
  req.on('error', () => {});
  req.end();

  await event(req, 'timeout');

  req.destroy();
});

test('a server closes connections that stay idle after a reply', async (t) => {
  const { address, http: server } = await serveHttp(t, (req, res) => res.end('kept'));
  server.keepAliveTimeout = 20;
  const agent = new Agent(address, { keepAlive: true });
  t.after(() => agent.destroy());

  const { req, headers } = await request(agent, {});
  assert.equal(headers.connection, 'keep-alive');

  await event(req.socket, 'close');
});

test('requests that come in one piece get their replies in order', async (t) => {
  const { address } = await serveHttp(t, (req, res) => res.end(req.url));
  const socket = hvuv.connect(address);
  const asked = Array.from({ length: 100 }, (_, n) =>
    `GET /${n} HTTP/1.1\r\nHost: guest\r\nConnection: ${n < 99 ? 'keep-alive' : 'close'}\r\n\r\n`);
  socket.write(asked.join(''));

  const said = (await collect(socket)).toString();

  assert.deepEqual([...said.matchAll(/\r\n\r\n\/(\d+)/g)].map((m) => Number(m[1])),
    Array.from({ length: 100 }, (_, n) => n));
});
