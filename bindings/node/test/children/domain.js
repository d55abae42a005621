'use strict';

// domain.js TRANSPORT: exceptions and unheard errors of sockets that were made in
// a domain.

const domain = require('node:domain');
const { once } = require('node:events');

const { open } = require('../support/transports');

const transport = open(process.argv[2]);

async function main() {
  const server = transport.module.createServer((socket) => socket.end('x'));
  const address = transport.address();
  server.listen(address);
  await once(server, 'listening');

  const own = domain.create();
  own.on('error', (error) => console.log('domain:', error.message));
  const client = own.run(() => transport.connect(address));
  client.on('data', () => { throw new Error('thrown within data'); });
  client.on('end', () => client.destroy(new Error('an error that nobody hears')));
  client.on('close', () => {
    server.close();
    console.log('over');
  });
}

main();
