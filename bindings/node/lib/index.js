'use strict';

const { explain, formatAddress, localCid, parseAddress, supported } = require('./address');
const { Server } = require('./server');
const { Socket } = require('./socket');

// Options may be left out; an object with a family is an address by its parts.
function connect(address, options, listener) {
  if (typeof options === 'function') [options, listener] = [undefined, options];
  if (typeof address === 'object' && address !== null && address.family === undefined) {
    options = { ...address, ...options };
    address = options.address ?? address;
  }
  return new Socket(options).connect(address, listener);
}

function createServer(options, onConnection) {
  return new Server(options, onConnection);
}

module.exports = {
  Server,
  Socket,
  connect,
  createConnection: connect,
  createServer,
  explain,
  formatAddress,
  localCid,
  parseAddress,
  supported,
};
