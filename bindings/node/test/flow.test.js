'use strict';

// Bytes on their way: back-pressure in both directions, pausing, encodings,
// gathered writes, and the counts of it all.

const assert = require('node:assert/strict');
const { once } = require('node:events');

const { each } = require('./support/each');
const { bytes, closed, pair, record, text, turns, until } = require('./support/events');

const MIB = 1 << 20;

// Bytes of which no run repeats for long, so that a lost or doubled piece shows.
function pattern(length) {
  const made = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i += 1) made[i] = (i * 31 + (i >> 8) * 7 + (i >> 16)) & 0xff;
  return made;
}

function written(socket, ...args) {
  return new Promise((resolve, reject) => {
    socket.write(...args, (error) => (error ? reject(error) : resolve()));
  });
}

each('write() returns false above the mark, and drain follows', async (transport) => {
  const { client, peer } = await pair(transport);
  peer.resume();
  const seen = record(client, ['drain']);
  assert.equal(client.write('little'), true);
  assert.equal(client.write(Buffer.alloc(MIB)), false);
  assert.equal(client.writableNeedDrain, true);
  await once(client, 'drain');
  assert.equal(client.writableNeedDrain, false);
  assert.equal(client.writableLength, 0);
  await turns();
  assert.deepEqual(seen, ['drain']);
});

each('a peer that does not read holds up the writer', async (transport) => {
  const { client, peer } = await pair(transport, { server: { pauseOnConnect: true } });
  const seen = record(client, ['drain']);
  const sent = pattern(8 * MIB);
  client.end(sent);
  await turns(50);
  assert.deepEqual(seen, []);
  assert.ok(client.writableLength > 0);
  assert.ok(peer.bytesRead < 2 * MIB, `${peer.bytesRead} bytes were read`);
  assert.ok((await bytes(peer)).equals(sent));
});

each('the kernel holds no more than it wants to, and no byte is lost by that', async (transport) => {
  const { client, peer } = await pair(transport, { server: { pauseOnConnect: true } });
  const chunk = pattern(64 * 1024);
  let refused = 0;
  while (refused < 20) if (!client.write(chunk)) refused += 1;
  await turns(50);
  client.end();
  let length = 0;
  for await (const piece of peer) length += piece.length;
  assert.equal(length, client.bytesWritten);
  assert.equal(length % chunk.length, 0);
});

each('pause() within data is obeyed at once', async (transport) => {
  const { client, peer } = await pair(transport);
  let chunks = 0;
  client.on('data', () => {
    chunks += 1;
    client.pause();
  });
  peer.on('error', () => {});
  peer.end(pattern(MIB));
  await until(() => chunks > 0);
  await turns(50);
  assert.equal(chunks, 1);
  assert.ok(client.bytesRead < MIB);
});

each('pause() and resume() over and over lose nothing', async (transport) => {
  const { client, peer } = await pair(transport);
  const sent = pattern(2 * MIB);
  const chunks = [];
  client.on('data', (chunk) => {
    chunks.push(chunk);
    client.pause();
    setImmediate(() => client.resume());
  });
  peer.end(sent);
  await once(client, 'end');
  assert.ok(Buffer.concat(chunks).equals(sent));
});

each('a chunk stays what it was when later ones come', async (transport) => {
  const { client, peer } = await pair(transport);
  const chunks = [];
  const copies = [];
  client.on('data', (chunk) => {
    chunks.push(chunk);
    copies.push(Buffer.from(chunk));
  });
  peer.end(pattern(4 * MIB));
  await once(client, 'end');
  assert.ok(Buffer.concat(chunks).equals(Buffer.concat(copies)));
});

each('read(n) takes as many bytes as it is asked for', async (transport) => {
  const { client, peer } = await pair(transport);
  peer.end('0123456789');
  const pieces = [];
  client.on('readable', () => {
    let piece;
    while ((piece = client.read(4) ?? client.read()) !== null) pieces.push(piece.toString());
  });
  await once(client, 'end');
  assert.equal(pieces.join(''), '0123456789');
  assert.equal(pieces[0], '0123');
});

each('unshift() puts bytes back before those to come', async (transport) => {
  const { client, peer } = await pair(transport);
  peer.write('header;body');
  const [chunk] = await once(client, 'data');
  client.pause();
  const end = chunk.indexOf(';') + 1;
  client.unshift(chunk.subarray(end));
  peer.end(' and more');
  assert.equal(chunk.subarray(0, end).toString(), 'header;');
  assert.equal(await text(client), 'body and more');
});

each('setEncoding() joins characters that arrive in pieces', async (transport) => {
  const { client, peer } = await pair(transport);
  const sent = 'ä€😀'.repeat(100);
  client.setEncoding('utf8');
  const pieces = [];
  client.on('data', (piece) => pieces.push(piece));
  for (const byte of Buffer.from(sent)) {
    await written(peer, Buffer.of(byte));
    if (pieces.length % 7 === 0) await turns(1);
  }
  peer.end();
  await once(client, 'end');
  assert.equal(pieces.join(''), sent);
});

each('every byte arrives as it was sent', async (transport) => {
  const { client, peer } = await pair(transport);
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  client.write(all);
  client.write(all.toString('latin1'), 'latin1');
  client.end(all.toString('hex'), 'hex');
  assert.ok((await bytes(peer)).equals(Buffer.concat([all, all, all])));
});

const encodings = ['utf8', 'utf-8', 'latin1', 'binary', 'ascii', 'ucs2', 'utf16le', 'hex', 'base64', 'base64url'];

for (const encoding of encodings) {
  each(`a string in ${encoding} is written as its bytes`, async (transport) => {
    const { client, peer } = await pair(transport);
    const one = Buffer.from('plain text, no more').toString(encoding);
    client.write(one, encoding);
    // Gathered with others, in its own encoding.
    client.cork();
    client.write(one, encoding);
    client.write('|');
    client.write(one, encoding);
    client.uncork();
    client.end();
    const bytesOfOne = Buffer.from(one, encoding);
    const wanted = Buffer.concat([bytesOfOne, bytesOfOne, Buffer.from('|'), bytesOfOne]);
    assert.ok((await bytes(peer)).equals(wanted));
  });
}

each('characters beyond latin1 are written in utf8 and counted in bytes', async (transport) => {
  const { client, peer } = await pair(transport);
  const sent = 'ä€😀\ud800'; // the last is half a character
  client.end(sent);
  const wanted = Buffer.from(sent);
  assert.ok((await bytes(peer)).equals(wanted));
  assert.equal(client.bytesWritten, wanted.length);
});

each('setDefaultEncoding() decides for strings without one', async (transport) => {
  const { client, peer } = await pair(transport);
  client.setDefaultEncoding('hex');
  client.write('c3a4');
  client.end();
  assert.equal(await text(peer), 'ä');
});

each('a string of many megabytes arrives whole', async (transport) => {
  const { client, peer } = await pair(transport);
  const sent = 'größer '.repeat(MIB);
  client.end(sent);
  const length = Buffer.byteLength(sent);
  assert.equal(client.bytesWritten, length);
  const got = await bytes(peer);
  assert.equal(got.length, length);
  assert.ok(got.equals(Buffer.from(sent)));
});

each('a string around each size that a buffer may have arrives whole', async (transport) => {
  const { client, peer } = await pair(transport);
  const sent = [];
  for (const size of [1, 16383, 16384, 16385, 21845, 21846, 32768, 65535, 65536, 65537, 131072]) {
    for (const character of ['a', 'é', '€']) sent.push(character.repeat(size));
  }
  const got = bytes(peer);
  for (const one of sent) if (!client.write(one)) await once(client, 'drain');
  client.end();
  assert.ok((await got).equals(Buffer.from(sent.join(''))));
});

each('corked writes leave together, in order, and each calls back', async (transport) => {
  const { client, peer } = await pair(transport);
  const calls = [];
  client.cork();
  for (let i = 0; i < 10; i += 1) client.write(`${i};`, () => calls.push(i));
  await turns();
  assert.deepEqual(calls, []);
  assert.equal(peer.bytesRead, 0);
  client.uncork();
  client.end();
  assert.equal(await text(peer), '0;1;2;3;4;5;6;7;8;9;');
  assert.deepEqual(calls, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

each('a gathered write may mix strings and buffers of any size', async (transport) => {
  const { client, peer } = await pair(transport);
  const sent = [];
  client.cork();
  for (let i = 0; i < 200; i += 1) {
    const size = (i * 7919) % 5000;
    const one = i % 3 === 0 ? pattern(size) : 'ö'.repeat(size);
    sent.push(Buffer.from(one));
    client.write(one);
  }
  client.uncork();
  client.end();
  assert.ok((await bytes(peer)).equals(Buffer.concat(sent)));
});

each('thousands of small writes of one turn arrive in order', async (transport) => {
  const { client, peer } = await pair(transport);
  let wanted = '';
  for (let i = 0; i < 5000; i += 1) {
    client.write(`${i}\n`);
    wanted += `${i}\n`;
  }
  client.end();
  assert.equal(await text(peer), wanted);
});

each('writes call back in order, once each', async (transport) => {
  const { client, peer } = await pair(transport);
  peer.resume();
  const calls = [];
  for (let i = 0; i < 100; i += 1) {
    client.write(i % 10 === 0 ? Buffer.alloc(100000) : 'x', () => calls.push(i));
  }
  await until(() => calls.length >= 100);
  await turns();
  assert.deepEqual(calls, Array.from({ length: 100 }, (_, i) => i));
});

each('a write never calls back from inside write()', async (transport) => {
  const { client } = await pair(transport);
  let called = false;
  client.write('x', () => { called = true; });
  assert.equal(called, false);
  await until(() => called);
});

each('empty writes call back and send nothing', async (transport) => {
  const { client, peer } = await pair(transport);
  await written(client, '');
  await written(client, Buffer.alloc(0));
  client.cork();
  client.write('');
  client.write(Buffer.alloc(0));
  client.uncork();
  client.end('x');
  assert.equal(await text(peer), 'x');
  assert.equal(client.bytesWritten, 1);
});

each('a Uint8Array is written as its bytes', async (transport) => {
  const { client, peer } = await pair(transport);
  const large = new Uint8Array(100).fill(65);
  client.write(large.subarray(10, 13));
  client.end(new Uint8Array([66]));
  assert.equal(await text(peer), 'AAAB');
});

each('write() refuses what are no bytes', async (transport) => {
  const { client } = await pair(transport);
  for (const wrong of [undefined, true, 1, {}, [], () => {}]) {
    assert.throws(() => client.write(wrong), { code: 'ERR_INVALID_ARG_TYPE' });
  }
  assert.throws(() => client.write(null), { code: 'ERR_STREAM_NULL_VALUES' });
  assert.throws(() => client.write('x', 'klingon'), { code: 'ERR_UNKNOWN_ENCODING' });
  assert.equal(client.destroyed, false);
});

each('a buffer may be changed once its write has called back', async (transport) => {
  const { client, peer } = await pair(transport);
  const got = bytes(peer);
  const one = Buffer.alloc(300000);
  const wanted = [];
  for (let i = 1; i <= 5; i += 1) {
    one.fill(i);
    wanted.push(Buffer.from(one));
    await written(client, one);
  }
  client.end();
  assert.ok((await got).equals(Buffer.concat(wanted)));
});

each('bytesRead and bytesWritten count both directions', async (transport) => {
  const { client, peer } = await pair(transport);
  peer.on('data', (chunk) => peer.write(Buffer.concat([chunk, chunk])));
  await written(client, '1234');
  await written(client, '5é');
  await written(client, '6é', 'latin1');
  await written(client, '0708', 'hex');
  await written(client, Buffer.alloc(1));
  await until(() => client.bytesRead === 24);
  assert.equal(client.bytesWritten, 12);
  assert.deepEqual([peer.bytesRead, peer.bytesWritten], [12, 24]);
  client.destroy();
  await closed(client);
  assert.deepEqual([client.bytesRead, client.bytesWritten], [24, 12]);
});

each('bytesWritten counts what is still queued', async (transport) => {
  const { client } = await pair(transport, { server: { pauseOnConnect: true } });
  client.write(Buffer.alloc(4 * MIB));
  client.write('é');
  client.write('é', 'latin1');
  assert.equal(client.bytesWritten, 4 * MIB + 3);
});

each('a thousand messages go back and forth', async (transport) => {
  const { client, peer } = await pair(transport);
  peer.on('data', (chunk) => peer.write(chunk));
  let rounds = 0;
  client.on('data', () => {
    rounds += 1;
    if (rounds < 1000) client.write('PING');
    else client.end();
  });
  client.write('PING');
  await closed(client);
  assert.equal(rounds, 1000);
});

each('both directions are busy at once', async (transport) => {
  const { client, peer } = await pair(transport);
  const [up, down] = [pattern(4 * MIB), pattern(3 * MIB)];
  const got = Promise.all([bytes(client), bytes(peer)]);
  client.end(up);
  peer.end(down);
  const [fromPeer, fromClient] = await got;
  assert.ok(fromClient.equals(up));
  assert.ok(fromPeer.equals(down));
});

each('a gathered write of thousands of buffers arrives whole', async (transport) => {
  const { client, peer } = await pair(transport);
  const sent = pattern(3000 * 100);
  client.cork();
  for (let at = 0; at < sent.length; at += 100) client.write(sent.subarray(at, at + 100));
  client.uncork();
  client.end();
  assert.ok((await bytes(peer)).equals(sent));
});

each('a gathered write of megabytes to a slow reader arrives whole', async (transport) => {
  const { client, peer } = await pair(transport, { server: { pauseOnConnect: true } });
  const sent = pattern(4 * MIB);
  client.cork();
  for (let at = 0; at < sent.length; at += 30000) client.write(sent.subarray(at, at + 30000));
  client.uncork();
  client.end();
  await turns(30);
  assert.ok((await bytes(peer)).equals(sent));
});

each('shared memory is written as its bytes', async (transport) => {
  const { client, peer } = await pair(transport);
  const shared = Buffer.from(new SharedArrayBuffer(200000));
  shared.fill('s');
  client.write(shared.subarray(0, 5));
  client.cork();
  client.write(shared);
  client.write(shared);
  client.uncork();
  client.end();
  assert.equal((await bytes(peer)).length, 400005);
});

each('a kept piece of what was read keeps little memory', async (transport) => {
  const { client, peer } = await pair(transport);
  const kept = [];
  client.on('data', (chunk) => kept.push(chunk));
  for (let i = 0; i < 200; i += 1) {
    await written(peer, `number ${i};`);
    await until(() => kept.length > i);
  }
  const buffers = new Set(kept.map((chunk) => chunk.buffer));
  const size = [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0);
  assert.ok(size < 200 * 65536 / 10, `${size} bytes for ${Buffer.concat(kept).length}`);
});

each('whoever takes the memory of what was read takes no other bytes', async (transport) => {
  const { client, peer } = await pair(transport);
  const ways = [
    (memory) => memory.transfer?.(),
    (memory) => memory.transferToFixedLength?.(),
    (memory) => structuredClone(memory, { transfer: [memory] }),
    (memory) => new MessageChannel().port1.postMessage(memory, [memory]),
  ];
  const sent = pattern(50000);
  for (const take of ways) {
    for (const size of [10, 50000]) {
      peer.write(sent.subarray(0, size));
      const [chunk] = await once(client, 'data');
      try {
        take(chunk.buffer);
      } catch {
        // It may be refused.
      }
      await until(() => client.bytesRead === peer.bytesWritten);
    }
  }
  const got = bytes(client);
  peer.end(sent);
  assert.ok((await got).equals(sent));
});

each('what was read is taken by a stream of bytes, which keeps its memory', async (transport) => {
  const { client, peer } = await pair(transport);
  const sent = pattern(50000);
  const stream = new ReadableStream({
    type: 'bytes',
    start(controller) {
      client.on('data', (chunk) => controller.enqueue(chunk));
      client.on('end', () => controller.close());
    },
  });
  for (const size of [10, 2000]) {
    await written(peer, sent.subarray(0, size));
    await until(() => client.bytesRead === peer.bytesWritten);
  }
  peer.end(sent);
  const got = [];
  for await (const piece of stream) got.push(piece);
  assert.ok(Buffer.concat(got).equals(Buffer.concat([sent.subarray(0, 10), sent.subarray(0, 2000), sent])));
});
