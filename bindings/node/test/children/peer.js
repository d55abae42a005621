'use strict';

// peer.js TRANSPORT ROLE ADDRESS: the other side of a conversation, in a process
// of its own. As a server it prints "listening" first. It lives until its
// standard input ends or it is killed.

const { open } = require('../support/transports');

const [, , kind, role, address] = process.argv;
const transport = open(kind);

const roles = {
  // Sends back what comes, and ends when the caller has ended.
  echo() {
    const server = transport.module.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    server.listen(address, () => console.log('listening'));
  },

  // Says a word and reads until it is killed.
  guest() {
    const socket = transport.connect(address);
    socket.on('error', () => {});
    socket.write('from another process');
    socket.resume();
  },

  // Sends without end.
  flood() {
    const socket = transport.connect(address);
    socket.on('error', () => process.exit(3));
    const chunk = Buffer.alloc(65536);
    const more = () => {
      while (socket.write(chunk));
    };
    socket.on('drain', more);
    more();
  },
};

process.stdin.on('end', () => process.exit()).resume();
roles[role]();
