'use strict';

// What the module in C and this side both see, without a call: see
// ../src/dispatch.h.

const native = require('./native');

const state = new Int32Array(native.state);
const scratch = Buffer.from(native.scratch);

module.exports = {
  state,
  scratch,

  // The elements of `state`
  EVENT: 0,
  ID: 1,
  STATUS: 2,
  EXTRA: 3,
  BYTES: 4,
};
