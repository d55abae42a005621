'use strict';

// exits.js PATH HOW: listens at hybrid://PATH:1, writes whether its socket is
// there, and exits in one of several ways.

const fs = require('node:fs');

const hvuv = require('../..');

const [, , path, how] = process.argv;

const ways = {
  'process.exit()': () => process.exit(),
  'an exception': () => {
    throw new Error('as asked');
  },
  'nothing left to do': () => {},
};

const server = hvuv.createServer().listen(`hybrid://${path}:1`, () => {
  console.log(fs.existsSync(`${path}_1`));
  if (how === 'nothing left to do') server.unref();
  ways[how]();
});
