'use strict';

// The transports a case runs on, all behind one short list of functions.
//
//   net      Node's own net over Unix sockets: the reference. A case that fails
//            here is a wrong case.
//   local    hvuv over local:// addresses
//   hybrid   hvuv over hybrid:// addresses, through a VMM played in JavaScript
//            (vmm.js) that joins the caller with the listener
//
// $HVUV_TEST_PACKAGE is the folder of the package to test in place of this one.
//
// $HVUV_TEST_TRANSPORTS names those to run, with commas between them; by
// default all of them. What one does otherwise than net on purpose is in its
// `differs`, and in the table of the README.

const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { getEnvironmentData, setEnvironmentData } = require('node:worker_threads');

const { startVmm } = require('./vmm');

// One folder of sockets for a process and for the children that it starts.
const folder = process.env.HVUV_TEST_FOLDER ?? makeFolder();

// Where it is made, hvuv finds it by the environment, and so do children.
function makeFolder() {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'hvuv-'));
  process.env.HVUV_TEST_FOLDER = made;
  process.env.HVUV_LOCAL_DIR = made;
  process.on('exit', () => fs.rmSync(made, { recursive: true, force: true }));
  return made;
}

// Addresses are never used twice: the threads of a process count together, and
// a child has a number of its own.
const counter = getEnvironmentData('hvuv.counter') ?? new Int32Array(new SharedArrayBuffer(4));
setEnvironmentData('hvuv.counter', counter);

function next() {
  return (process.pid % 100000) * 10000 + Atomics.add(counter, 0, 1);
}

function netTransport() {
  return {
    name: 'net',
    module: net,
    address: () => path.join(folder, `net-${next()}`),
    connect: (address, options, callback) =>
      net.connect({ path: address, ...options }, callback),
    target: (address) => ({ path: address }),
    listenWith: (server, address, options, callback) =>
      server.listen({ path: address, ...options }, callback),
    text: (address) => address,
    nobody: ['ENOENT', 'ECONNREFUSED'],
    differs: {},
  };
}

function hvuvTransport(name, address, nobody, differs) {
  const hvuv = require(process.env.HVUV_TEST_PACKAGE ?? '../..');
  return {
    name,
    module: hvuv,
    address,
    connect: hvuv.connect,
    target: (text) => text,
    listenWith: (server, text, options, callback) => server.listen(text, options, callback),
    // What server.address() returns, as the text that listen() was called with.
    text: (value) => value?.address ?? value,
    nobody,
    differs,
  };
}

const makers = {
  net: netTransport,

  local: () => hvuvTransport(
    'local',
    () => `local://loopback/${next()}`,
    ['ECONNREFUSED'],
    {}),

  // The VMM lives in the process that needs it and holds nothing open.
  hybrid: () => {
    const at = path.join(folder, `vmm-${next()}`);
    startVmm(at);
    return hvuvTransport(
      'hybrid',
      () => `hybrid://${at}:${next()}`,
      ['ECONNREFUSED'],
      { relayed: true });
  },
};

const names = (process.env.HVUV_TEST_TRANSPORTS ?? 'net,local,hybrid').split(',');

const opened = new Map();

// The transport of that name; each is made once in a process.
function open(name) {
  if (!opened.has(name)) opened.set(name, makers[name]());
  return opened.get(name);
}

module.exports = { folder, names, open };
