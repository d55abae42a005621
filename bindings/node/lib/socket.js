'use strict';

// A connection, as a Duplex with the manners of net.Socket. Where this file
// looks odd, net is odd in the same way, and programs count on it.
//
//   connect() ----> connecting --'connect', 'ready'--> open
//                       |                               |
//                       +-----------'error'-------------+--- each direction ends by
//                                                       |    itself: 'end', 'finish'
//                                                       v
//                                             destroy() --> 'close', from the loop
//
// A Writable has one _write or _writev at a time, so a handle has one write.

const { AsyncResource } = require('node:async_hooks');
const { Duplex, addAbortSignal } = require('node:stream');

const { coded, systemError, wrongType } = require('./errors');
const { Handle, kOwner } = require('./handle');
const { toParts } = require('./address');
const { addSides, forgetSides, partsOf, setRemote } = require('./sides');
const { Timeout, checked } = require('./timeout');

const kTimeout = Symbol('timeout');
const kPending = Symbol('pending');
const kCounts = Symbol('counts');
const kReset = Symbol('reset');
const kClosing = Symbol('closing');
const kWaiting = Symbol('waiting');
const kConnectTimeout = Symbol('connectTimeout');

const FOLLOWS = 1;

function emitCloseNT(socket) {
  socket.emit('close', false);
}

// With half-open connections not allowed, there is nothing to be said once the
// peer has said all.
function onReadableEnd() {
  if (!this.allowHalfOpen) this.write = writeAfterEnd;
}

function writeAfterEnd(chunk, encoding, callback) {
  if (!this.writableEnded) return Duplex.prototype.write.call(this, chunk, encoding, callback);
  if (typeof encoding === 'function') callback = encoding;
  const error = coded(Error, 'EPIPE', 'This socket has been ended by the other party');
  if (typeof callback === 'function') process.nextTick(callback, error);
  this.destroy(error);
  return false;
}

function checkNoObjects(options) {
  for (const name of ['objectMode', 'readableObjectMode', 'writableObjectMode']) {
    if (options[name]) {
      throw coded(TypeError, 'ERR_INVALID_ARG_VALUE', `The property 'options.${name}' is not supported.`);
    }
  }
}

// A callback that runs once, where this was called. Not AsyncResource.bind(), which makes
// a connection half as dear again.
function inContext(type, callback) {
  const resource = new AsyncResource(type, { requireManualDestroy: true });
  return (status) => {
    try {
      resource.runInAsyncScope(callback, undefined, status);
    } finally {
      resource.emitDestroy();
    }
  };
}

function checkFunction(value, name) {
  if (typeof value !== 'function') throw wrongType(name, 'of type function', value);
}

class Socket extends Duplex {
  constructor(options = {}) {
    if (options === null || typeof options !== 'object') throw wrongType('options', 'of type object', options);
    const { handle, pauseOnCreate, timeout, connectTimeout, signal, ...rest } = options;
    checkNoObjects(options);
    super({
      ...rest,
      allowHalfOpen: Boolean(options.allowHalfOpen),
      emitClose: false, // by the handle's end
      autoDestroy: true,
      decodeStrings: false,
    });

    this._handle = handle ?? null;
    this.connecting = false;
    this.server = null;
    this._server = null;
    this.timeout = undefined;
    this[kTimeout] = null;
    this[kPending] = null; // what is written while connecting
    forgetSides(this);
    this[kCounts] = { read: 0, written: 0 }; // when there is no handle any more
    this[kReset] = false;
    this[kClosing] = 0; // handles whose 'close' is still to come
    this[kWaiting] = null; // what waits for it: the result of a later connect()
    this[kConnectTimeout] = connectTimeout;
    this.on('end', onReadableEnd);

    if (signal) this.#followSignal(signal);
    if (timeout) this.setTimeout(timeout);
    if (handle !== undefined && handle !== null) {
      handle[kOwner] = this;
      if (pauseOnCreate) this.pause();
      else if (options.readable !== false && !options.manualStart) this.read(0);
    }
  }

  // One that has fired already destroys a socket that connect() was called on.
  #followSignal(signal) {
    if (signal.aborted) process.nextTick(addAbortSignal, signal, this);
    else addAbortSignal(signal, this);
  }

  // --- Connecting ---

  /**
   * connect(address[, options][, listener]); the address also as an `address`
   * of the options.
   */
  connect(address, options, listener) {
    if (typeof options === 'function') [options, listener] = [undefined, options];
    if (typeof address === 'object' && address !== null && address.family === undefined) {
      options = { ...address, ...options };
      address = options.address ?? address;
    }
    if (listener !== undefined && listener !== null) checkFunction(listener, 'listener');
    const parts = toParts(address);
    const timeoutMs = checked(options?.connectTimeout ?? this[kConnectTimeout] ?? 0, 'options.connectTimeout');

    if (this.write !== Socket.prototype.write) this.write = Socket.prototype.write;
    if (this.destroyed) this._undestroy();
    if (options?.timeout) this.setTimeout(options.timeout);
    if (this._handle === null) this._handle = new Handle(this);
    forgetSides(this);
    if (listener) this.once('connect', listener);
    this._unrefTimer();
    this.connecting = true;

    const handle = this._handle;
    const status = handle.connect(parts.address, timeoutMs,
      (result) => this.#onConnect(handle, parts, result));
    if (status !== 0) this.destroy(systemError(status, 'connect', parts.address));
    return this;
  }

  #onConnect(handle, parts, status) {
    if (this[kClosing] > 0) {
      this[kWaiting] = inContext('HVUVCONNECT', () => this.#onConnect(handle, parts, status));
      return;
    }
    if (this.destroyed || this._handle !== handle) return;
    this.connecting = false;
    if (status !== 0) {
      this.destroy(systemError(status, 'connect', parts.address));
      return;
    }
    setRemote(this, parts);
    this._unrefTimer();
    this.emit('connect');
    this.emit('ready');
    // Looks for what came, or for an end that has come at once.
    if (!this.isPaused() && !this.destroyed) this.read(0);
  }

  // --- Reading ---

  _read() {
    if (this.connecting || this._handle === null) {
      this.once('connect', this._read);
    } else if (!this._handle.reading) {
      const status = this._handle.readStart();
      if (status !== 0) this.destroy(this.#error(status, 'read'));
    }
  }

  onHandleRead(handle, status, bytes) {
    this._unrefTimer();
    if (status > 0) {
      if (!this.destroyed && !this.push(bytes) && handle.reading && !this.destroyed) handle.readStop();
    } else if (status !== END) {
      this.destroy(this.#error(status, 'read'));
    } else {
      this.push(null);
      this.read(0);
    }
  }

  // --- Writing ---

  _write(chunk, encoding, callback) {
    this.#send(false, chunk, encoding, callback);
  }

  _writev(entries, callback) {
    this.#send(true, entries, '', callback);
  }

  #send(isGathered, data, encoding, callback) {
    if (this.connecting) {
      this.#sendLater(isGathered, data, encoding, callback);
      return;
    }
    const handle = this._handle;
    if (handle === null) {
      callback(coded(Error, 'ERR_SOCKET_CLOSED', 'Socket is closed'));
      return;
    }

    this._unrefTimer();
    const result = isGathered ? handle.writev(data) : handle.write(data, encoding);
    if (result === FOLLOWS) {
      handle.written = inContext('HVUVWRITE', callback); // of who writes
      handle.queued = handle.writeQueueSize();
    } else if (result !== 0) {
      callback(this.#error(result, 'write'));
    } else {
      callback();
    }
  }

  #sendLater(isGathered, data, encoding, callback) {
    const handle = this._handle;
    this[kPending] = { isGathered, data, encoding };
    const onConnect = () => {
      if (this._handle !== null && this._handle !== handle) return; // it closes, and so fails
      this.off('close', onClose);
      this[kPending] = null;
      this.#send(isGathered, data, encoding, callback);
    };
    const onClose = () => {
      if (this._handle === handle) return; // of an earlier connection
      this.off('connect', onConnect);
      this.off('close', onClose);
      callback(coded(Error, 'ERR_SOCKET_CLOSED_BEFORE_CONNECTION',
        'Socket closed before the connection was established'));
    };
    this.once('connect', onConnect);
    this.on('close', onClose);
  }

  onHandleWrite(status, callback) {
    if (this.destroyed) {
      callback(null);
      return;
    }
    if (status < 0) {
      callback(this.#error(status, 'write'));
      return;
    }
    this._unrefTimer();
    callback();
  }

  _final(callback) {
    if (this.connecting) {
      this.once('connect', () => this._final(callback));
      return;
    }
    if (this._handle === null) {
      callback();
      return;
    }
    const status = this._handle.shutdown(inContext('HVUVSHUTDOWN', (result) => {
      callback(result < 0 && !this.destroyed ? this.#error(result, 'shutdown') : null);
    }));
    // The peer may have gone: nothing more to be said to it.
    if (status === NOT_CONNECTED) callback();
    else if (status !== FOLLOWS) callback(this.#error(status, 'shutdown'));
  }

  // --- Its end ---

  _destroy(exception, callback) {
    this.connecting = false;
    if (this[kTimeout] !== null) this[kTimeout].clear();

    const handle = this._handle;
    const isReset = this[kReset];
    this[kReset] = false;
    this._handle = null;
    if (handle !== null) {
      const isException = Boolean(exception);
      this[kCounts] = { read: handle.bytesRead, written: handle.bytesWritten };
      this[kClosing]++;
      handle.close(() => this.#onClose(isException), isReset);
      callback(exception);
    } else {
      callback(exception);
      process.nextTick(emitCloseNT, this);
    }

    if (this._server !== null) this._server._onSocketDestroyed();
    this._server = null;
  }

  #onClose(isException) {
    this[kClosing]--;
    if (this[kClosing] === 0 && this[kWaiting] !== null) {
      process.nextTick(this[kWaiting]);
      this[kWaiting] = null;
    }
    this.emit('close', isException);
  }

  destroySoon() {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  }

  /**
   * Closes so that the peer sees that the connection was broken off, where its
   * family can show that: see hvuv_close_reset() in hvuv/stream.h.
   */
  resetAndDestroy() {
    if (this._handle === null) {
      this.destroy(coded(Error, 'ERR_SOCKET_CLOSED', 'Socket is closed'));
      return this;
    }
    const reset = () => {
      this[kReset] = true;
      this.destroy();
    };
    if (this.connecting) this.once('connect', reset);
    else reset();
    return this;
  }

  // --- Time, and whether the loop waits ---

  setTimeout(ms, callback) {
    if (callback !== undefined) checkFunction(callback, 'callback');
    if (this.destroyed) return this;
    this.timeout = ms;
    const duration = checked(ms);
    this[kTimeout] ??= new Timeout(this);
    this[kTimeout].set(duration);
    if (callback) {
      if (duration === 0) this.removeListener('timeout', callback);
      else this.once('timeout', callback);
    }
    return this;
  }

  _unrefTimer() {
    if (this[kTimeout] !== null) this[kTimeout].refresh();
  }

  ref() {
    if (this._handle === null) this.once('connect', this.ref);
    else this._handle.setRef(true);
    return this;
  }

  unref() {
    if (this._handle === null) this.once('connect', this.unref);
    else this._handle.setRef(false);
    return this;
  }

  // Of TCP, which these sockets are not; who calls them means no harm.
  setNoDelay() {
    return this;
  }

  setKeepAlive() {
    return this;
  }

  // --- What it is ---

  #error(status, syscall) {
    return systemError(status, syscall, partsOf(this, 'remote')?.address);
  }

  get pending() {
    return this._handle === null || this.connecting;
  }

  get readyState() {
    if (this.connecting) return 'opening';
    if (this.readable && this.writable) return 'open';
    if (this.readable) return 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  get bufferSize() {
    return this._handle === null ? undefined : this.writableLength;
  }

  get bytesRead() {
    return this._handle === null ? this[kCounts].read : this._handle.bytesRead;
  }

  get _bytesDispatched() {
    return this._handle === null ? this[kCounts].written : this._handle.bytesWritten;
  }

  /** Bytes written, those included that wait here. */
  get bytesWritten() {
    let bytes = this._bytesDispatched;
    for (const entry of this.writableBuffer ?? []) bytes += sizeOf(entry);
    const pending = this[kPending];
    if (pending === null) return bytes;
    if (!pending.isGathered) return bytes + sizeOf({ chunk: pending.data, encoding: pending.encoding });
    for (const entry of pending.data) bytes += sizeOf(entry);
    return bytes;
  }
}

addSides(Socket.prototype);

function sizeOf({ chunk, encoding }) {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding) : chunk.length;
}

const { UV_EOF: END, UV_ENOTCONN: NOT_CONNECTED } = codes();

// By name: their numbers are the system's.
function codes() {
  const numbers = {};
  for (const [number, [name]] of require('node:util').getSystemErrorMap()) numbers[`UV_${name}`] = number;
  return numbers;
}

module.exports = { Socket };
