'use strict';

// The memory that is read into: see ../src/read.h, which fills it. As with net, each
// part that was read has an ArrayBuffer of its own: some who get one take its memory,
// such as a ReadableStream of bytes, and nobody else may miss it.

const native = require('./native');

// A read takes what the kernel has: 208 KiB is what a Unix socket holds on Linux.
const SLAB_BYTES = 256 * 1024;

let slab;

function renew() {
  const fresh = Buffer.allocUnsafeSlow(SLAB_BYTES);
  native.setSlab(fresh);
  slab = fresh;
}

/** The part that was read. When it returns another may be. */
function part(size) {
  if (size > SLAB_BYTES / 2) {
    const bytes = slab.subarray(0, size);
    renew();
    return bytes;
  }
  const bytes = Buffer.allocUnsafeSlow(size);
  slab.copy(bytes, 0, 0, size);
  return bytes;
}

renew();

module.exports = { part };
