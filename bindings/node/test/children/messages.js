'use strict';

// messages.js TRANSPORT [MESSAGES]: sends so many numbered messages of 16 bytes
// to an echo and looks at each that comes back; prints the seconds it took.

const { once } = require('node:events');

const { open } = require('../support/transports');

const SIZE = 16;

const transport = open(process.argv[2]);
const messages = Number(process.argv[3] ?? 1e6);

function numbered(i) {
  return String(i).padStart(SIZE - 1, ' ') + '\n';
}

async function send(client) {
  for (let i = 0; i < messages; i += 1) {
    if (!client.write(numbered(i), 'latin1')) await once(client, 'drain');
  }
  client.end();
}

// Every byte is compared, wherever a chunk was cut.
async function check(client) {
  let seen = 0;
  let rest = '';
  for await (const chunk of client) {
    const text = rest + chunk.toString('latin1');
    const whole = text.length - (text.length % SIZE);
    for (let at = 0; at < whole; at += SIZE) {
      if (text.slice(at, at + SIZE) !== numbered(seen)) throw new Error(`wrong message ${seen}`);
      seen += 1;
    }
    rest = text.slice(whole);
  }
  if (seen !== messages || rest !== '') throw new Error(`${seen} messages came`);
}

async function main() {
  const server = transport.module.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  const address = transport.address();
  server.listen(address);
  await once(server, 'listening');
  const client = transport.connect(address, { allowHalfOpen: true });
  const start = performance.now();
  await Promise.all([send(client), check(client)]);
  console.log(((performance.now() - start) / 1000).toFixed(2));
  server.close();
}

main();
