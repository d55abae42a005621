'use strict';

// What a process has: descriptors, memory that JavaScript uses, memory that the
// system gave. Rubbish is collected first.

const fs = require('node:fs');
const v8 = require('node:v8');
const vm = require('node:vm');

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');

const { turns } = require('./events');

// Finalizers run in turns of their own, and make rubbish.
async function gc() {
  for (let i = 0; i < 4; i += 1) {
    collect();
    await turns(3);
  }
}

async function measure() {
  await gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    descriptors: fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0,
    resources: process.getActiveResourcesInfo().length,
    rss,
    heapUsed,
    external,
  };
}

module.exports = { collect, gc, measure };
