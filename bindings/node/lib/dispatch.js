'use strict';

// What happens on the loop comes in here, by one function without arguments: see
// ../src/dispatch.h.

const native = require('./native');
const { part } = require('./slab');
const { EVENT, EXTRA, ID, STATUS, state } = require('./state');

// The events
const ON_CLOSE = 0;
const ON_READ = 1;
const ON_WRITE = 2;
const ON_SHUTDOWN = 3;
const ON_CONNECT = 4;
const ON_CONNECTION = 5;

const handles = []; // by number

function dispatch() {
  const event = state[EVENT];
  const status = state[STATUS];
  const handle = handles[state[ID]];

  switch (event) {
    case ON_READ:
      handle.onRead(status, status > 0 ? part(status) : undefined);
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
module.exports = { handles };
