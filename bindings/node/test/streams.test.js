'use strict';

// Sockets as streams among other streams: pipes, pipelines, iteration, promises,
// web streams.

const assert = require('node:assert/strict');
const { on, once } = require('node:events');
const { Duplex, PassThrough, Readable, Transform, Writable } = require('node:stream');
const { finished, pipeline } = require('node:stream/promises');
const { createGzip, createGunzip } = require('node:zlib');

const { each } = require('./support/each');
const { bytes, closed, listening, pair, text } = require('./support/events');

const LARGE = Buffer.alloc(4 << 20, 'stream ');

each('a socket is a Duplex', async (transport) => {
  const { client, peer } = await pair(transport);
  assert.ok(client instanceof Duplex);
  assert.ok(peer instanceof transport.module.Socket);
  assert.equal(client.readableObjectMode, false);
});

// As a logger may do.
each('a socket and a server can be made JSON', async (transport) => {
  const { server, client, peer } = await pair(transport);
  for (const thing of [server, client, peer]) assert.equal(JSON.stringify({ thing })[0], '{');
});

each('a socket piped to itself is an echo', async (transport) => {
  const { server, address } = await listening(transport);
  server.on('connection', (socket) => socket.pipe(socket));
  const client = transport.connect(address, { allowHalfOpen: true });
  client.end(LARGE);
  assert.ok((await bytes(client)).equals(LARGE));
});

each('pipe() obeys a slow sink', async (transport) => {
  const { client, peer } = await pair(transport);
  let length = 0;
  const sink = new Writable({
    highWaterMark: 1000,
    write(chunk, encoding, callback) {
      length += chunk.length;
      setImmediate(callback);
    },
  });
  peer.end(LARGE);
  client.pipe(sink);
  await once(sink, 'finish');
  assert.equal(length, LARGE.length);
});

each('unpipe() stops the flow', async (transport) => {
  const { client, peer } = await pair(transport);
  const sink = new PassThrough();
  client.pipe(sink);
  peer.write('for the sink');
  assert.equal((await once(sink, 'data')).toString(), 'for the sink');
  client.unpipe(sink);
  peer.end('for nobody yet');
  assert.equal(await text(client), 'for nobody yet');
});

each('a pipeline goes through transforms both ways', async (transport) => {
  const { client, peer } = await pair(transport, { server: { allowHalfOpen: true } });
  const upper = new Transform({
    transform: (chunk, _, callback) => callback(null, chunk.toString().toUpperCase()),
  });
  const served = pipeline(peer, upper, peer);
  client.end('shout');
  assert.equal(await text(client), 'SHOUT');
  await served;
});

each('a pipeline of two connections forwards', async (transport) => {
  const inner = await listening(transport, { allowHalfOpen: true }, (socket) => socket.pipe(socket));
  const outer = await listening(transport, { allowHalfOpen: true }, (socket) => {
    const onward = transport.connect(inner.address, { allowHalfOpen: true });
    pipeline(socket, onward).catch(() => {});
    pipeline(onward, socket).catch(() => {});
  });
  const client = transport.connect(outer.address, { allowHalfOpen: true });
  client.end(LARGE);
  assert.ok((await bytes(client)).equals(LARGE));
});

each('gzip goes over a socket', async (transport) => {
  const { client, peer } = await pair(transport);
  const sent = pipeline(Readable.from([LARGE]), createGzip(), client);
  const got = [];
  await pipeline(peer, createGunzip(), async (source) => {
    for await (const chunk of source) got.push(chunk);
  });
  await sent;
  assert.ok(Buffer.concat(got).equals(LARGE));
});

each('a pipeline that fails destroys its socket', async (transport) => {
  const { client, peer } = await pair(transport);
  const broken = new Transform({
    transform: (chunk, _, callback) => callback(new Error('broken')),
  });
  peer.resume().on('error', () => {});
  client.write('x');
  peer.write('x');
  await assert.rejects(pipeline(client, broken, new PassThrough()), { message: 'broken' });
  assert.equal(client.destroyed, true);
  await closed(peer);
});

each('a pipeline reports a peer that has gone', async (transport) => {
  const { client, peer } = await pair(transport);
  const endless = new Readable({ read() { this.push(Buffer.alloc(1000)); } });
  setImmediate(() => peer.destroy());
  await assert.rejects(pipeline(endless, client), (error) =>
    ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(error.code));
  assert.equal(endless.destroyed, true);
});

each('a signal ends a pipeline', async (transport) => {
  const { client } = await pair(transport);
  const controller = new AbortController();
  const run = pipeline(client, new PassThrough(), { signal: controller.signal });
  controller.abort();
  await assert.rejects(run, { name: 'AbortError' });
  await closed(client);
});

each('for await reads to the end', async (transport) => {
  const { client, peer } = await pair(transport);
  peer.end(LARGE);
  let length = 0;
  for await (const chunk of client) length += chunk.length;
  assert.equal(length, LARGE.length);
});

each('leaving for await destroys the socket', async (transport) => {
  const { client, peer } = await pair(transport);
  peer.on('error', () => {});
  peer.write('x');
  for await (const chunk of client) {
    assert.equal(chunk.toString(), 'x');
    break;
  }
  assert.equal(client.destroyed, true);
  peer.resume();
  await closed(peer);
});

each('for await throws what the socket fails with', async (transport) => {
  const { client } = await pair(transport);
  setImmediate(() => client.destroy(new Error('gone')));
  await assert.rejects(async () => {
    for await (const chunk of client) assert.fail(chunk);
  }, { message: 'gone' });
});

each('for await throws when the socket is destroyed under it', async (transport) => {
  const { client } = await pair(transport);
  setImmediate(() => client.destroy());
  await assert.rejects(async () => {
    for await (const chunk of client) assert.fail(chunk);
  }, { code: 'ERR_STREAM_PREMATURE_CLOSE' });
});

each('connections can be iterated', async (transport) => {
  const { server, address } = await listening(transport);
  const controller = new AbortController();
  const serve = async () => {
    for await (const [socket] of on(server, 'connection', { signal: controller.signal })) socket.end('hi');
  };
  const serving = assert.rejects(serve(), { name: 'AbortError' });
  for (let i = 0; i < 3; i += 1) assert.equal(await text(transport.connect(address)), 'hi');
  controller.abort();
  await serving;
});

each('finished() of promises follows a conversation', async (transport) => {
  const { client, peer } = await pair(transport);
  client.resume();
  peer.resume();
  client.end();
  await Promise.all([finished(client), finished(peer)]);
  assert.equal(client.readableEnded, true);
});

each('finished() of promises rejects with the error of the socket', async (transport) => {
  const client = transport.connect(transport.address());
  await assert.rejects(finished(client), (error) => transport.nobody.includes(error.code));
});

each('a socket can be a pair of web streams', async (transport) => {
  const { server, address } = await listening(transport, { allowHalfOpen: true });
  server.on('connection', (socket) => socket.pipe(socket));
  const client = transport.connect(address, { allowHalfOpen: true });
  const { readable, writable } = Duplex.toWeb(client);
  const writer = writable.getWriter();
  await writer.write(Buffer.from('over the web'));
  await writer.close();
  let got = '';
  for await (const chunk of readable) got += Buffer.from(chunk).toString();
  assert.equal(got, 'over the web');
});

each('the operators of Readable work on a socket', async (transport) => {
  const { client, peer } = await pair(transport);
  peer.end('a b c');
  client.setEncoding('utf8');
  const words = await client.flatMap((chunk) => chunk.split(' ')).toArray();
  assert.deepEqual(words.join(' '), 'a b c');
});

each('a socket can be read line by line', async (transport) => {
  const { createInterface } = require('node:readline');
  const { client, peer } = await pair(transport);
  for (let i = 0; i < 1000; i += 1) peer.write(`line ${i}\n`);
  peer.end();
  let count = 0;
  for await (const line of createInterface({ input: client })) {
    assert.equal(line, `line ${count}`);
    count += 1;
  }
  assert.equal(count, 1000);
});

each('a JSON of objects goes through an object stream', async (transport) => {
  const { client, peer } = await pair(transport);
  const encode = new Transform({
    writableObjectMode: true,
    transform: (value, _, callback) => callback(null, `${JSON.stringify(value)}\n`),
  });
  const sent = Array.from({ length: 100 }, (_, i) => ({ i, square: i * i }));
  await Promise.all([
    pipeline(Readable.from(sent), encode, client),
    text(peer).then((lines) => {
      assert.deepEqual(lines.trim().split('\n').map((line) => JSON.parse(line)), sent);
    }),
  ]);
});
