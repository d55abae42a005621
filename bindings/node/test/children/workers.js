'use strict';

// workers.js TRANSPORT [WORKERS] [SEED]: that many worker threads, four at a
// time, each a server and its callers among themselves and callers of the main
// thread's, with all of it busy. Each is ended at a random moment in one of the
// ways below. Prints how many ended in which way, and what is left.

const { once } = require('node:events');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

const { measure } = require('../support/memory');
const { open } = require('../support/transports');
const { until } = require('../support/events');

const AT_ONCE = 4;
const CALLERS = 5;
const LONGEST_MS = 40;

// How a worker ends, and with which exit code. The main thread calls terminate()
// whatever else was meant, so that each of them meets it as well.
const ways = {
  terminate: [1],
  'terminate while it starts': [0, 1],
  'process.exit()': [5],
  'an exception': [1],
  'a natural end': [0],
};

// --- A worker ---

function keepBusy(socket) {
  const chunk = Buffer.alloc(1000 + (socket.bytesRead % 7) * 9000, 'w');
  socket.on('error', () => {});
  socket.on('data', (data) => {
    if (!socket.destroyed && socket.writableLength < 200000) socket.write(data);
  });
  socket.write(chunk);
}

async function work({ address, kind, way, delay }) {
  const transport = open(kind);
  const sockets = [];
  const own = transport.address();
  const server = transport.module.createServer((socket) => {
    sockets.push(socket);
    keepBusy(socket);
  });
  server.listen(own);
  await once(server, 'listening');
  for (let i = 0; i < CALLERS; i += 1) {
    for (const to of [own, address]) {
      const socket = transport.connect(to);
      sockets.push(socket);
      keepBusy(socket);
    }
  }
  parentPort.postMessage('busy');
  setTimeout(() => {
    if (way === 'process.exit()') process.exit(5);
    if (way === 'an exception') throw new Error('as it was meant');
    if (way !== 'a natural end') return;
    server.close();
    for (const socket of sockets) socket.destroy();
  }, delay);
}

// --- The main thread ---

// Repeatable numbers from 0 to 1.
function makeRandom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

async function one(kind, address, random) {
  const names = Object.keys(ways);
  const way = names[Math.floor(random() * names.length)];
  const delay = random() * LONGEST_MS;
  const worker = new Worker(__filename, { workerData: { kind, address, way, delay } });
  const errors = [];
  worker.on('error', (error) => errors.push(error.message));
  if (way === 'terminate while it starts') {
    setTimeout(() => worker.terminate(), delay);
  } else if (way === 'terminate') {
    worker.once('message', () => setTimeout(() => worker.terminate(), delay));
  }
  const code = await new Promise((resolve) => worker.on('exit', resolve));
  if (!ways[way].includes(code)) throw new Error(`${way}: ${code}, ${errors}`);
  if (errors.length > 0 && way !== 'an exception') throw new Error(`${way}: ${errors}`);
  return way;
}

async function main() {
  const [, , kind, number = 200, seed = Date.now() % 100000] = process.argv;
  const transport = open(kind);
  const random = makeRandom(Number(seed));
  const address = transport.address();
  const live = new Set();
  const server = transport.module.createServer((socket) => {
    live.add(socket);
    socket.on('close', () => live.delete(socket));
    keepBusy(socket);
  });
  server.listen(address);
  await once(server, 'listening');

  const counts = {};
  await Promise.all(Array.from({ length: AT_ONCE }, () => one(kind, address, random)));
  await until(() => live.size === 0);
  const before = await measure();
  for (let done = 0; done < Number(number); done += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, () => one(kind, address, random));
    for (const way of await Promise.all(batch)) counts[way] = (counts[way] ?? 0) + 1;
  }
  await until(() => live.size === 0);
  const after = await measure();
  server.close();
  console.log(JSON.stringify({ seed: Number(seed), counts, descriptors: after.descriptors - before.descriptors }));
}

if (isMainThread) main();
else work(workerData);
