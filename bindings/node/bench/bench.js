'use strict';

// Processor time of hvuv's sockets beside that of Node's own net on Unix sockets.
//
//   node bench.js [--rounds N] [--pairs N] [--scale X] [--json FILE] [SCENARIO...]
//
// Each contender is a server and a client, in a process each. For a round both do the
// same work, one after the other, in an order that turns from round to round; what
// counts is the processor time of both processes, of user and kernel, and the ratio of
// the two in that round. Pairs of processes are made anew --pairs times, since where a
// process's memory comes to lie moves its figures by a few per cent.

const { fork } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const scenarios = {
  '1x64': { kind: 'echo', connections: 1, size: 64, count: 20000, text: 'echo of 64 B, 1 connection' },
  '100x64': { kind: 'echo', connections: 100, size: 64, count: 60000, text: 'echo of 64 B, 100 connections' },
  '1x1048576': { kind: 'echo', connections: 1, size: 1048576, count: 200, text: 'echo of 1 MiB' },
  bulk: { kind: 'bulk', connections: 1, size: 1048576, count: 500, text: '1 MiB writes, one way' },
  openx64x32: { kind: 'open', connections: 32, size: 64, count: 3000, text: 'connect, 64 B there and back, close' },
};

function usage(message) {
  console.error(`bench: ${message}. Scenarios: ${Object.keys(scenarios).join(' ')}`);
  process.exit(2);
}

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '7' },
      pairs: { type: 'string', default: '3' },
      scale: { type: 'string', default: '1' },
      json: { type: 'string' },
    },
  });
  for (const name of positionals) if (!scenarios[name]) usage(`no scenario ${name}`);
  return {
    rounds: Number(values.rounds),
    pairs: Number(values.pairs),
    scale: Number(values.scale),
    json: values.json,
    names: positionals.length > 0 ? positionals : Object.keys(scenarios),
  };
}

// --- Processes --------------------------------------------------------------------

function reply(child) {
  return new Promise((done, failed) => {
    const onExit = (code) => failed(new Error(`an end exited with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      if (message.failed) failed(new Error(message.failed));
      else done(message);
    });
  });
}

function ask(child, request, arguments_) {
  const promise = reply(child);
  child.send({ request, ...arguments_ });
  return promise;
}

async function start(contender, role, address) {
  const child = fork(path.join(__dirname, 'end.js'), [contender, role, address]);
  await reply(child);
  return child;
}

async function startPair(contender, address) {
  const server = await start(contender, 'server', address);
  return { server, client: await start(contender, 'client', address) };
}

function stopPair({ server, client }) {
  client.disconnect();
  server.disconnect();
}

// --- Rounds -----------------------------------------------------------------------

// Processor time and time for one of `count`, in microseconds.
async function measure(pair, scenario, scale) {
  const count = Math.max(1, Math.round(scenario.count * scale));
  const before = await ask(pair.server, 'cpu');
  const client = await ask(pair.client, 'run', { ...scenario, count });
  const after = await ask(pair.server, 'cpu');
  return {
    cpu: (client.cpu + after.cpu - before.cpu) / count,
    time: client.time / count,
  };
}

async function round(pairs, scenario, scale, turn) {
  const order = turn % 2 === 0 ? ['net', 'hvuv'] : ['hvuv', 'net'];
  const result = {};
  for (const contender of order) {
    result[contender] = await measure(pairs[contender], scenario, scale);
  }
  return result;
}

// --- Figures ----------------------------------------------------------------------

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

// stats(VALUES): the median, and between which values the middle half lies
function stats(values) {
  const [low, median, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share));
  return { low, median, high };
}

function summary(rounds) {
  const of = (pick) => stats(rounds.map(pick));
  return {
    net: of((r) => r.net.cpu),
    hvuv: of((r) => r.hvuv.cpu),
    cpu: of((r) => r.hvuv.cpu / r.net.cpu),
    time: of((r) => r.hvuv.time / r.net.time),
  };
}

function row(name, s) {
  const ratio = ({ low, median, high }) =>
    `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  console.log([
    scenarios[name].text.padEnd(36),
    s.net.median.toFixed(1).padStart(9),
    s.hvuv.median.toFixed(1).padStart(9),
    ratio(s.cpu).padStart(21),
    ratio(s.time).padStart(21),
  ].join('  '));
}

async function main() {
  const { rounds, pairs, scale, json, names } = options();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hvuv-bench-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  process.env.HVUV_LOCAL_DIR = folder;
  const addresses = {
    net: path.join(folder, 'net.sock'),
    hvuv: 'local://loopback/5000',
  };
  const results = Object.fromEntries(names.map((name) => [name, []]));

  for (let p = 0; p < pairs; p++) {
    const both = {};
    for (const contender of ['net', 'hvuv']) {
      both[contender] = await startPair(contender, addresses[contender]);
    }
    for (const name of names) {
      await round(both, scenarios[name], scale / 4, 0); // the compilers get warm
      for (let r = 0; r < rounds; r++) {
        results[name].push(await round(both, scenarios[name], scale, r + p));
      }
    }
    Object.values(both).forEach(stopPair);
  }

  console.log(`Node ${process.version}; processor time for one, of both ends, in µs; ` +
    `medians and middle halves of ${pairs} x ${rounds} rounds`);
  console.log([''.padEnd(36), 'net'.padStart(9), 'hvuv'.padStart(9),
    'processor time ratio'.padStart(21), 'time ratio'.padStart(21)].join('  '));
  const summaries = {};
  for (const name of names) {
    summaries[name] = summary(results[name]);
    row(name, summaries[name]);
  }
  if (json) fs.writeFileSync(json, `${JSON.stringify(summaries, null, 2)}\n`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
