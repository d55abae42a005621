'use strict';

// The module in C. $HVUV_NODE_MODULE names another one than that of the package,
// for tests under sanitizers.

const fs = require('node:fs');
const path = require('node:path');

const places = [
  path.join(__dirname, '..', 'hvuv.node'), // the package
  path.join(__dirname, '..', '..', '..', 'build', 'node', 'hvuv.node'), // the repository
];

const found = process.env.HVUV_NODE_MODULE ?? places.find((place) => fs.existsSync(place));
if (found === undefined) {
  throw new Error(`hvuv: the module hvuv.node was not built; it was looked for at ${places.join(' and ')}`);
}

module.exports = require(path.resolve(found));
