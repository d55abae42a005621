'use strict';

// The addresses of a socket's two sides. They are asked for when somebody wants to
// know, and kept, so that they can still be had when the socket is destroyed.

const { toParts } = require('./address');

const kSides = Symbol('sides');

const parts = ['address', 'family', 'vmId', 'cid', 'path', 'port', 'serviceId'];

function forgetSides(socket) {
  socket[kSides] = { local: undefined, remote: undefined };
}

function setRemote(socket, address) {
  socket[kSides].remote = address;
}

/** The parts of the address of 'local' or 'remote', as long as it can be had. */
function partsOf(socket, side) {
  const sides = socket[kSides];
  const handle = socket._handle;
  if (sides[side] === undefined && !socket.connecting && handle !== null) {
    const text = side === 'local' ? handle.sockname() : handle.peername();
    if (text !== undefined) sides[side] = toParts(text);
  }
  return sides[side];
}

/** address(), and remoteAddress, remoteFamily, remoteVmId, ..., localAddress, ... */
function addSides(prototype) {
  prototype.address = function address() {
    return partsOf(this, 'local') ?? {};
  };
  for (const side of ['local', 'remote']) {
    for (const part of parts) {
      Object.defineProperty(prototype, side + part[0].toUpperCase() + part.slice(1), {
        configurable: true,
        enumerable: false,
        get() {
          return partsOf(this, side)?.[part];
        },
      });
    }
  }
}

module.exports = { addSides, forgetSides, partsOf, setRemote };
