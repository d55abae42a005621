'use strict';

// growth.js TRANSPORT [CONNECTIONS]: opens and closes so many connections, a
// hundred at a time, each with a message both ways, and prints as JSON what the
// process has more than after as many before.
//
//   node test/children/growth.js local 100000

const { once } = require('node:events');

const { measure } = require('../support/memory');
const { open } = require('../support/transports');

const AT_ONCE = 100;

// A hypervisor that is played on a busy machine is late.
const PATIENT = { connectTimeout: 60000 };

const transport = open(process.argv[2]);
const connections = Number(process.argv[3] ?? 10000);

function converse(address) {
  return new Promise((resolve, reject) => {
    const client = transport.connect(address, PATIENT);
    client.on('error', reject);
    client.on('data', () => client.end());
    client.on('close', resolve);
    client.write('hello');
  });
}

async function rounds(address, number) {
  for (let done = 0; done < number; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => converse(address)));
  }
}

async function main() {
  const server = transport.module.createServer((socket) => socket.pipe(socket));
  const address = transport.address();
  server.listen(address);
  await once(server, 'listening');

  await rounds(address, connections);
  const before = await measure();
  const start = performance.now();
  await rounds(address, connections);
  const seconds = (performance.now() - start) / 1000;
  const after = await measure();

  const grown = {};
  for (const [name, value] of Object.entries(after)) grown[name] = value - before[name];
  console.log(JSON.stringify({ connections, seconds, ...grown }));
  server.close();
}

main();
