'use strict';

// The memory that is read into: see ../src/read.h, which fills it.

const { markAsUntransferable } = require('node:worker_threads');

const native = require('./native');
const { EATEN, USED, state } = require('./state');

// A read takes what the kernel has, up to what is left of the slab: 208 KiB is what
// a Unix socket holds on Linux. A new one is taken when less is left than net reads
// at once.
const SLAB_BYTES = 256 * 1024;
const LEAST_BYTES = 64 * 1024;

// Parts of up to CRUMB_BYTES are in the crumbs, which are as large as the pool
// that Node itself takes small Buffers from.
const CRUMBS_BYTES = 8 * 1024;
const CRUMB_BYTES = 1024;

let slab;
let crumbs;

function refuse() {
  throw new TypeError('This ArrayBuffer has the memory of other Buffers, too, and cannot be transferred.');
}

// Whoever has a part must not be able to take the rest away. Node 22 has methods
// that look at no mark.
function make(size) {
  const buffer = Buffer.allocUnsafeSlow(size);
  markAsUntransferable(buffer.buffer);
  for (const name of ['transfer', 'transferToFixedLength']) {
    Object.defineProperty(buffer.buffer, name, { value: refuse });
  }
  return buffer;
}

function renewSlab() {
  slab = make(SLAB_BYTES);
  native.setSlab(slab);
}

function renewCrumbs() {
  crumbs = make(CRUMBS_BYTES);
  native.setCrumbs(crumbs);
}

/** The part that was read. When it returns there is room for another read. */
function part(at, size) {
  let bytes;
  if (size <= CRUMB_BYTES) {
    bytes = crumbs.subarray(at, at + size);
    if (CRUMBS_BYTES - state[EATEN] < CRUMB_BYTES) renewCrumbs();
  } else {
    bytes = slab.subarray(at, at + size);
    if (SLAB_BYTES - state[USED] < LEAST_BYTES) renewSlab();
  }
  return bytes;
}

renewSlab();
renewCrumbs();

module.exports = { part };
