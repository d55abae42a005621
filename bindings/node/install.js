'use strict';

// What npm runs when this package is installed: nothing, if hvuv.node is there and this
// Node loads it; else it is built from sources/ (in the repository: from the tree), with
// CMake and a C compiler. Nothing is downloaded. HVUV_NODE_INCLUDE names the folder of
// Node's headers, if they are in none of those that `headers` looks in.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const module_ = path.join(__dirname, 'hvuv.node');

function loads() {
  try {
    require(module_);
    return true;
  } catch {
    return false;
  }
}

// ofThisNode(FOLDER): whether these headers are those of the Node that runs this
function ofThisNode(folder) {
  try {
    const version = fs.readFileSync(path.join(folder, 'node_version.h'), 'utf8');
    const major = /define NODE_MAJOR_VERSION (\d+)/.exec(version)[1];
    return major === process.versions.node.split('.')[0] &&
      ['node_api.h', 'uv.h'].every((file) => fs.existsSync(path.join(folder, file)));
  } catch {
    return false;
  }
}

function headers() {
  if (process.env.HVUV_NODE_INCLUDE) return process.env.HVUV_NODE_INCLUDE;
  const nodedir = process.env.npm_config_nodedir;
  const folders = [
    ...(nodedir ? [path.join(nodedir, 'include/node')] : []),
    path.resolve(fs.realpathSync(process.execPath), '../../include/node'),
    '/usr/include/node', // Debian's libnode-dev, where node is in another place
    path.join(os.homedir(), '.cache/node-gyp', process.versions.node, 'include/node'),
  ];
  const found = folders.find(ofThisNode);
  if (found) return found;
  throw new Error(`no headers of Node ${process.versions.node} (node_api.h, uv.h) in ` +
    `${folders.join(', ')}. Node's own packages and archives have them beside the program; ` +
    'Debian has them in libnode-dev. HVUV_NODE_INCLUDE names another folder.');
}

function run(...command) {
  const { status, error } = spawnSync(command[0], command.slice(1), { stdio: 'inherit' });
  if (error) throw new Error(`${command[0]}: ${error.message}; CMake and a C compiler are needed`);
  if (status !== 0) throw new Error(`failed: ${command.join(' ')}`);
}

function build() {
  const packed = path.join(__dirname, 'sources/bindings/node');
  const sources = fs.existsSync(packed) ? packed : __dirname;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hvuv-node-'));
  try {
    run('cmake', '-S', sources, '-B', folder, '-DCMAKE_BUILD_TYPE=Release',
      `-DHVUV_NODE_INCLUDE=${headers()}`);
    run('cmake', '--build', folder, '--config', 'Release', '--parallel', String(os.cpus().length));
    fs.copyFileSync(path.join(folder, 'hvuv.node'), module_);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

if (!loads()) {
  try {
    build();
    require(module_);
  } catch (error) {
    console.error(`hvuv: ${error.message}`);
    process.exitCode = 1;
  }
}
