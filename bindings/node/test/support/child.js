'use strict';

// Cases that need a process of their own: which exceptions are caught, what holds
// a loop, how a process exits.

const { spawn } = require('node:child_process');
const path = require('node:path');

const { folder } = require('./transports');

const LIMIT_MS = 100000;

// Starts a program of ../children with the name of a transport and of a scene.
function start(file, transport, ...args) {
  const script = path.join(__dirname, '..', 'children', file);
  return spawn(process.execPath, [...process.execArgv.filter(isKept), script, transport, ...args], {
    env: { ...process.env, HVUV_TEST_FOLDER: folder, HVUV_LOCAL_DIR: folder },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

// Not those that would make a test runner of the child.
function isKept(option) {
  return !option.startsWith('--test');
}

function collect(stream) {
  const seen = { text: '' };
  stream.setEncoding('utf8');
  stream.on('data', (piece) => { seen.text += piece; });
  return seen;
}

// Runs one to its end. A child that does not end is killed, and shows so by its
// signal.
async function run(file, transport, ...args) {
  const child = start(file, transport, ...args);
  const out = collect(child.stdout);
  const err = collect(child.stderr);
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const [code, signal] = await new Promise((resolve) => {
    child.on('close', (...result) => resolve(result));
  });
  clearTimeout(timer);
  return { code, signal, lines: out.text.split('\n').filter(Boolean), stderr: err.text };
}

module.exports = { run, start };
