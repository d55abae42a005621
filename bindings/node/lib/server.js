'use strict';

// A listener, with the manners of net.Server.

const EventEmitter = require('node:events');
const { getDefaultHighWaterMark } = require('node:stream');
const { promisify } = require('node:util');

const { coded, systemError, wrongType } = require('./errors');
const { Handle } = require('./handle');
const { Socket } = require('./socket');
const { toParts } = require('./address');

// Of hvuv_listen(): no fewer than the system has.
const MOST_BACKLOG = 4096;

// UV_READABLE, UV_WRITABLE
const READABLE = 1;
const WRITABLE = 2;

// After these a listener does not listen any more; after others it tries again by
// itself (hvuv_listen() in hvuv/stream.h).
const FINAL = new Set(['EBADF', 'ENOTSOCK', 'EINVAL', 'ENOTSUP', 'EFAULT', 'EEXIST']);

// Those that listen. What they have made in the file system goes with them when the
// process exits, by process.exit() or an exception, too.
const listening = new Set();

function closeAll() {
  for (const server of listening) server.close();
}

function keepTrack(server) {
  if (listening.size === 0) process.on('exit', closeAll);
  listening.add(server);
}

function loseTrack(server) {
  listening.delete(server);
  if (listening.size === 0) process.off('exit', closeAll);
}

function emitListeningNT(server, handle) {
  if (server._handle === handle) server.emit('listening');
}

function emitCloseNT(server) {
  server.emit('close');
}

// As net has it: what is below 0 is the default.
function checkedMark(highWaterMark) {
  if (highWaterMark === undefined) return getDefaultHighWaterMark(false);
  if (typeof highWaterMark !== 'number') throw wrongType('options.highWaterMark', 'of type number', highWaterMark);
  return highWaterMark < 0 ? getDefaultHighWaterMark(false) : highWaterMark;
}

class Server extends EventEmitter {
  constructor(options, onConnection) {
    if (typeof options === 'function') {
      onConnection = options;
      options = {};
    } else if (options !== undefined && options !== null && typeof options !== 'object') {
      throw wrongType('options', 'of type object', options);
    }
    super(options ?? {});
    this.allowHalfOpen = options?.allowHalfOpen ?? false;
    this.pauseOnConnect = Boolean(options?.pauseOnConnect);
    this.highWaterMark = checkedMark(options?.highWaterMark);
    this.maxConnections = undefined;
    this._handle = null;
    this._connections = 0;
    this._isRef = true;
    this._parts = undefined;
    if (typeof onConnection === 'function') this.on('connection', onConnection);
  }

  /**
   * listen(address[, backlog][, callback]), or listen(address[, options][,
   * callback]) with backlog, signal, readableAll and writableAll. The address
   * may be one of the options.
   */
  listen(address, options, callback) {
    if (typeof options === 'function') [options, callback] = [undefined, options];
    if (typeof options === 'number') options = { backlog: options };
    if (typeof address === 'object' && address !== null && address.family === undefined) {
      options = { ...address, ...options };
      address = options.address ?? address;
    }
    const parts = toParts(address);
    if (this._handle !== null) {
      throw coded(Error, 'ERR_SERVER_ALREADY_LISTEN', 'Listen method has been called more than once without closing.');
    }
    if (callback !== undefined && callback !== null) {
      if (typeof callback !== 'function') throw wrongType('callback', 'of type function', callback);
      this.once('listening', callback);
    }
    if (options?.signal !== undefined && this.#followSignal(options.signal)) return this;
    this.#start(parts, options ?? {});
    return this;
  }

  #start(parts, { backlog, readableAll, writableAll }) {
    const handle = new Handle(this);
    const modes = (readableAll ? READABLE : 0) | (writableAll ? WRITABLE : 0);
    const status = handle.listen(parts.address, backlog || MOST_BACKLOG, modes,
      (result, id) => this.#onConnection(result, id));
    if (status !== 0) {
      handle.close(() => {});
      const error = systemError(status, 'listen', parts.address);
      process.nextTick(() => this.emit('error', error));
      return;
    }
    if (!this._isRef) handle.setRef(false);
    this._handle = handle;
    this._parts = parts;
    keepTrack(this);
    process.nextTick(emitListeningNT, this, handle);
  }

  // Whether it has fired already; then the server closes in place of listening.
  #followSignal(signal) {
    if (signal === null || typeof signal !== 'object' || !('aborted' in signal)) {
      throw wrongType('options.signal', 'an instance of AbortSignal', signal);
    }
    const close = () => this.close();
    if (signal.aborted) {
      process.nextTick(close);
      return true;
    }
    signal.addEventListener('abort', close, { once: true });
    this.once('close', () => signal.removeEventListener('abort', close));
    return false;
  }

  #onConnection(status, id) {
    if (status !== 0) {
      this.#onAcceptError(systemError(status, 'accept', this._parts.address));
      return;
    }
    const handle = new Handle(undefined, id);
    if (this._connections >= (this.maxConnections ?? Infinity)) {
      const data = { localAddress: handle.sockname(), remoteAddress: handle.peername() };
      handle.close(() => {});
      this.emit('drop', data);
      return;
    }
    const socket = new Socket({
      handle,
      allowHalfOpen: this.allowHalfOpen,
      pauseOnCreate: this.pauseOnConnect,
      highWaterMark: this.highWaterMark,
    });
    this._connections++;
    socket.server = this;
    socket._server = this;
    this.emit('connection', socket);
  }

  // A listener that pauses for want of descriptors goes on by itself, so it is no
  // reason to end a program that listens for no 'error'.
  #onAcceptError(error) {
    if (FINAL.has(error.code) || this.listenerCount('error') > 0) this.emit('error', error);
    else process.emitWarning(error);
  }

  _onSocketDestroyed() {
    this._connections--;
    this.#closeIfDrained();
  }

  #closeIfDrained() {
    if (this._handle === null && this._connections === 0) process.nextTick(emitCloseNT, this);
  }

  /** Takes no more connections; 'close' follows when those it has are closed. */
  close(callback) {
    if (typeof callback === 'function') {
      if (this._handle !== null) {
        this.once('close', callback);
      } else {
        this.once('close', () => callback(coded(Error, 'ERR_SERVER_NOT_RUNNING', 'Server is not running.')));
      }
    }
    if (this._handle !== null) {
      this._handle.close(() => {});
      this._handle = null;
      loseTrack(this);
    }
    this.#closeIfDrained();
    return this;
  }

  /** The parts of the address that it listens on, or null. */
  address() {
    const text = this._handle?.sockname();
    return text === undefined ? null : toParts(text);
  }

  get listening() {
    return this._handle !== null;
  }

  getConnections(callback) {
    process.nextTick(callback, null, this._connections);
    return this;
  }

  ref() {
    this._isRef = true;
    this._handle?.setRef(true);
    return this;
  }

  unref() {
    this._isRef = false;
    this._handle?.setRef(false);
    return this;
  }

  // A listener of 'connection' that is an async function and has thrown.
  [Symbol.for('nodejs.rejection')](error, event, ...args) {
    if (event === 'connection') args[0].destroy(error);
    else this.emit('error', error);
  }
}

// Not in every Node.
if (Symbol.asyncDispose) {
  Server.prototype[Symbol.asyncDispose] = async function disposeAsync() {
    if (this._handle !== null) await promisify(this.close).call(this);
  };
}

module.exports = { Server };
