'use strict';

// Errors as Node's net has them: of the system with `code`, `errno`, `syscall`
// and `address`, and with what the error means on this system behind them; of
// a caller with a `code` that begins with ERR_.

const { getSystemErrorName, inspect } = require('node:util');

const native = require('./native');

// What each call is a step of, as hvuv_step_t numbers them.
const steps = {
  unknown: 0,
  parse: 1,
  bind: 2,
  listen: 3,
  accept: 4,
  connect: 5,
  handshake: 6,
  write: 7,
  shutdown: 7,
  read: 8,
};

// What a status means: a sentence or two, or nothing if the address is unknown.
function explanation(address, syscall, errno) {
  if (address === undefined) return undefined;
  return native.explain(address, steps[syscall] ?? steps.unknown, errno);
}

/**
 * @param {number} errno a negative code of libuv's
 * @param {string} syscall
 * @param {string} [address] the address that it happened at, as text
 */
function systemError(errno, syscall, address) {
  const code = getSystemErrorName(errno);
  const why = explanation(address, syscall, errno);
  let message = `${syscall} ${code}`;
  if (address !== undefined) message += ` ${address}`;
  if (why !== undefined) message += `: ${why}`;

  const error = new Error(message);
  Error.captureStackTrace?.(error, systemError);
  error.errno = errno;
  error.code = code;
  error.syscall = syscall;
  if (address !== undefined) error.address = address;
  return error;
}

function coded(Base, code, message) {
  const error = new Base(message);
  error.code = code;
  // As Node's own, the code stands in the stack, and the name is the plain one.
  Object.defineProperty(error, 'name', { value: `${error.name} [${code}]`, configurable: true, writable: true });
  error.stack; // eslint-disable-line no-unused-expressions -- made now, with that name
  delete error.name;
  return error;
}

function shown(value) {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') return `an instance of ${value.constructor?.name ?? 'Object'}`;
  return `type ${typeof value} (${inspect(value)})`;
}

function wrongType(name, wanted, value) {
  return coded(TypeError, 'ERR_INVALID_ARG_TYPE',
    `The "${name}" ${name.includes('.') ? 'property' : 'argument'} must be ${wanted}. Received ${shown(value)}`);
}

function outOfRange(name, wanted, value) {
  return coded(RangeError, 'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${wanted}. Received ${String(value)}`);
}

module.exports = { coded, explanation, outOfRange, steps, systemError, wrongType };
