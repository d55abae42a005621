'use strict';

// threads.js TRANSPORT SCENE: worker threads in other ways than workers.js has.

const { once } = require('node:events');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

const { open } = require('../support/transports');

async function echo(kind) {
  const transport = open(kind);
  const server = transport.module.createServer((socket) => socket.on('error', () => {}).pipe(socket));
  const address = transport.address();
  server.listen(address);
  await once(server, 'listening');
  return { transport, server, address };
}

// --- In a worker ---

const jobs = {
  // A conversation with itself.
  async converse({ kind }) {
    const { transport, server, address } = await echo(kind);
    const client = transport.connect(address);
    client.end('hello');
    parentPort.postMessage((await once(client, 'data')).toString());
    server.close();
  },

  // Bytes without end.
  async flood({ kind }) {
    const { transport, address } = await echo(kind);
    for (let i = 0; i < 5; i += 1) {
      const client = transport.connect(address);
      client.on('error', () => {});
      client.on('data', (chunk) => client.write(chunk));
      client.write(Buffer.alloc(50000));
    }
    parentPort.postMessage('busy');
  },

  // A server that lives until it is told to stop.
  async serve({ kind }) {
    const { server, address } = await echo(kind);
    parentPort.postMessage(address);
    parentPort.once('message', () => server.close());
  },
};

// --- In the main thread ---

const kind = process.argv[2];

function start(job) {
  return new Worker(__filename, { workerData: { kind, job } });
}

async function message(worker) {
  return (await once(worker, 'message'))[0];
}

const scenes = {
  // The main thread never loads the module of the transport itself.
  async 'one after the other, in workers alone'() {
    for (let i = 0; i < 20; i += 1) {
      const worker = start('converse');
      const exited = once(worker, 'exit');
      console.log(await message(worker), (await exited)[0]);
    }
  },

  async 'between threads'() {
    const worker = start('serve');
    const address = await message(worker);
    const client = open(kind).connect(address);
    client.end('from thread to thread');
    console.log((await once(client, 'data')).toString());
    client.resume();
    await once(client, 'close');
    worker.postMessage('stop');
    console.log((await once(worker, 'exit'))[0]);
  },

  async 'the main thread exits under load'() {
    const workers = [1, 2, 3].map(() => start('flood'));
    await Promise.all(workers.map(message));
    const { transport, address } = await echo(kind);
    const client = transport.connect(address);
    client.write(Buffer.alloc(1 << 20));
    let seen = 0;
    client.on('data', (chunk) => {
      seen += chunk.length;
      if (seen > 100000) process.exit(7);
    });
  },

  async 'a worker that is terminated takes its server with it'() {
    const worker = start('serve');
    const address = await message(worker);
    const client = open(kind).connect(address);
    await once(client, 'connect');
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.on('error', () => {}); // a reset, if it was not accepted yet
    client.resume();
    await worker.terminate();
    await closed;
    const late = open(kind).connect(address);
    await once(late, 'error').catch(() => {});
    console.log('over');
  },

  async 'terminate() before the worker has begun'() {
    for (let i = 0; i < 10; i += 1) await start('flood').terminate();
    console.log('over');
  },
};

if (isMainThread) scenes[process.argv[3]]();
else jobs[workerData.job](workerData);
