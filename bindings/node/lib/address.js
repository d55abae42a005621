'use strict';

// Addresses: text, and an object of its parts. The text is what everything here
// takes; where an address is wanted, the parts will do too.

const { getSystemErrorName } = require('node:util');

const native = require('./native');
const { coded, explanation, steps, systemError, wrongType } = require('./errors');

// As hvuv_family_t numbers them.
const families = [undefined, 'hyperv', 'vsock', 'hybrid', 'local'];

// Whoever connects often connects to the same address.
let last = Object.freeze({ text: undefined, parts: undefined });

function partsOf(list) {
  const [address, family, vmId, serviceId, cid, port, path] = list;
  const parts = { address, family: families[family] };
  if (vmId !== undefined) parts.vmId = vmId;
  if (cid !== undefined) parts.cid = cid;
  if (path !== undefined) parts.path = path;
  if (port !== undefined) parts.port = port;
  if (serviceId !== undefined) parts.serviceId = serviceId;
  return Object.freeze(parts);
}

/**
 * The parts of an address:
 *
 *     { address, family, vmId, cid, path, port, serviceId }
 *
 * `address` is the canonical text; what the family does not have is missing.
 * Throws a TypeError with the code ERR_INVALID_ADDRESS, whose message says what
 * is wrong.
 */
function parseAddress(text) {
  if (typeof text !== 'string') throw wrongType('address', 'of type string', text);
  if (text === last.text) return last.parts;
  const list = native.parse(text);
  if (typeof list === 'string') throw coded(TypeError, 'ERR_INVALID_ADDRESS', list);
  last = { text, parts: partsOf(list) };
  return last.parts;
}

// A port of vsock may be the one that stands for any.
function vsockPort(port) {
  return port === 0xffffffff ? 'any' : port;
}

function vsockCid(cid) {
  return cid === 0xffffffff ? 'any' : cid;
}

// The bytes of a path that cannot stand for themselves.
function escapedPath(path) {
  // eslint-disable-next-line no-control-regex
  return String(path).replace(/[\0-\x20%\x7f]/g, (character) =>
    `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

// What an address of each family has, of which `service` is a port or a serviceId.
const needed = {
  vsock: ['cid', 'port'],
  hybrid: ['path', 'service'],
  hyperv: ['vmId', 'service'],
  local: ['vmId', 'service'],
};

function checkParts(parts) {
  if (parts.family === undefined)
    throw coded(TypeError, 'ERR_INVALID_ADDRESS', 'The parts of an address have no family: hyperv, vsock, hybrid or local.');
  const given = { ...parts, service: parts.serviceId ?? parts.port };
  const missing = needed[parts.family]?.find((name) => given[name] === undefined || given[name] === null);
  if (missing === undefined) return;
  const name = missing === 'service' ? 'port and no serviceId' : missing;
  throw coded(TypeError, 'ERR_INVALID_ADDRESS', `The parts of a ${parts.family} address have no ${name}.`);
}

function composed(parts) {
  const service = parts.serviceId ?? parts.port;
  checkParts(parts);
  switch (parts.family) {
    case 'vsock':
      return `vsock://${vsockCid(parts.cid)}:${vsockPort(parts.port)}`;
    case 'hybrid':
      return `hybrid://${escapedPath(parts.path)}:${service}`;
    case 'hyperv':
    case 'local':
      return `${parts.family}://${parts.vmId}/${service}`;
    default:
      throw coded(TypeError, 'ERR_INVALID_ADDRESS',
        `${String(parts.family)} is no family of addresses. Use hyperv, vsock, hybrid or local.`);
  }
}

/** The canonical text of an address that is given by its parts. */
function formatAddress(parts) {
  if (parts === null || typeof parts !== 'object') throw wrongType('parts', 'of type object', parts);
  return parseAddress(composed(parts)).address;
}

// Of an address in either form, the parts.
function toParts(address) {
  return parseAddress(typeof address === 'object' && address !== null ? formatAddress(address) : address);
}

/**
 * Whether this system has sockets of a family. Without an argument: an object
 * with all of them.
 */
function supported(family) {
  if (family === undefined) {
    return Object.fromEntries(families.slice(1).map((name) => [name, supported(name)]));
  }
  const number = families.indexOf(family);
  if (typeof family !== 'string' || number < 0) {
    throw wrongType('family', "one of 'hyperv', 'vsock', 'hybrid' and 'local'", family);
  }
  return native.supported(number) === 0;
}

/**
 * This machine's own CID, or null if its hypervisor gives it none. Throws an
 * error of the system where there is no vsock.
 */
function localCid() {
  const cid = native.localCid();
  if (cid < 0) throw systemError(cid, 'localCid');
  return cid === 0xffffffff ? null : cid;
}

// The negative number of a code such as 'ECONNREFUSED', or of an error.
function numberOf(code) {
  if (typeof code === 'number' && code < 0) return code;
  if (typeof code === 'object' && code !== null) return numberOf(code.errno ?? code.code);
  for (const [number, [name]] of require('node:util').getSystemErrorMap()) {
    if (name === code) return number;
  }
  throw wrongType('code', 'an error, or a code such as ECONNREFUSED', code);
}

/**
 * What an error means at this address on this system, and what to do about it,
 * in words that are in its message already if it is one of hvuv's.
 *
 * @param {string|object} address
 * @param {Error|string|number} code
 * @param {string} [step] what failed; by default the error's own `syscall`
 */
function explain(address, code, step = code?.syscall ?? 'unknown') {
  if (!Object.hasOwn(steps, step)) throw wrongType('step', `one of ${Object.keys(steps).join(', ')}`, step);
  return explanation(toParts(address).address, step, numberOf(code)) ?? getSystemErrorName(numberOf(code));
}

module.exports = { explain, formatAddress, localCid, parseAddress, supported, toParts };
