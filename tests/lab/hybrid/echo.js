'use strict';

// Node as a host of guests, for the cases in node.sh:
//
//   node echo.js call ADDRESS BYTES COUNT   so many at once have their bytes come back
//   node echo.js serve ADDRESS              an echo server for one caller
//   node echo.js fail ADDRESS               has to fail; prints the error
//
// This device has no half-close, so a caller reads all before it ends.

const hvuv = require('../../../bindings/node');

const [what, address, bytes, count] = process.argv.slice(2);
const limit = setTimeout(() => {
  console.log('too slow');
  process.exit(1);
}, 40000);
limit.unref();

function call() {
  const sent = Buffer.alloc(Number(bytes));
  for (let at = 0; at < sent.length; at++) sent[at] = at % 251;
  return new Promise((done, failed) => {
    const socket = hvuv.connect(address);
    const chunks = [];
    let got = 0;
    socket.on('error', failed);
    socket.on('close', () => failed(new Error(`closed after ${got} of ${bytes} bytes`)));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      got += chunk.length;
      if (got < sent.length) return;
      socket.destroy();
      if (Buffer.concat(chunks).equals(sent)) done();
      else failed(new Error('other bytes came back'));
    });
    socket.write(sent);
  });
}

const todo = {
  async call() {
    await Promise.all(Array.from({ length: Number(count) }, call));
    console.log(`${count} times ${bytes} bytes came back`);
  },

  serve() {
    const server = hvuv.createServer((socket) => {
      server.close();
      socket.on('error', (error) => console.log(String(error)));
      socket.pipe(socket);
    });
    server.listen(address, () => console.log('Listening on', server.address()));
  },

  fail() {
    const socket = hvuv.connect(address);
    socket.on('connect', () => {
      console.log('connected');
      process.exit(1);
    });
    socket.on('error', (error) => console.log(`(${error.code}) ${error.message}`));
  },
};

Promise.resolve(todo[what]()).catch((error) => {
  console.log(String(error.stack));
  process.exit(1);
});
