'use strict';

// What happens on the loop comes in here, by one function without arguments: see
// ../src/dispatch.h for the array, ../src/read.h for the slab.

const { markAsUntransferable } = require('node:worker_threads');

const native = require('./native');

// The array's elements, and the events.
const EVENT = 0;
const ID = 1;
const STATUS = 2;
const EXTRA = 3;
const USED = 4;
const BYTES = 5;

const ON_CLOSE = 0;
const ON_READ = 1;
const ON_WRITE = 2;
const ON_SHUTDOWN = 3;
const ON_CONNECT = 4;
const ON_CONNECTION = 5;

// A read takes what the kernel has, up to what is left of the slab; so a new one
// is taken when less is left than a pipe or a socket usually holds.
const SLAB_BYTES = 256 * 1024;
const LEAST_BYTES = 64 * 1024;

const state = new Int32Array(native.state);
const handles = []; // by number

let slab;

function renewSlab() {
  slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  markAsUntransferable(slab.buffer);
  native.setSlab(slab);
}

// The part that was read; the slab is good for another read when it returns.
function part(at, size) {
  const bytes = slab.subarray(at, at + size);
  if (SLAB_BYTES - state[USED] < LEAST_BYTES) renewSlab();
  return bytes;
}

function dispatch() {
  const event = state[EVENT];
  const status = state[STATUS];
  const handle = handles[state[ID]];

  switch (event) {
    case ON_READ:
      handle.onRead(status, status > 0 ? part(state[EXTRA], status) : undefined);
      break;
    case ON_WRITE:
      handle.onWrite(status);
      break;
    case ON_SHUTDOWN:
      handle.onShutdown(status);
      break;
    case ON_CONNECT:
      handle.onConnect(status);
      break;
    case ON_CONNECTION:
      handle.onConnection(status, state[EXTRA]);
      break;
    case ON_CLOSE:
      handles[state[ID]] = undefined;
      handle.onClose();
      break;
  }
}

native.setDispatch(dispatch);
renewSlab();

module.exports = { BYTES, handles, state };
