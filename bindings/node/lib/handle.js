'use strict';

// A handle as the module in C knows it, by number, and what it has under way:
// one write, one shutdown, one connect, each with its callback.
//
// While a handle is open, and until its close callback, `handles` holds it and
// what it owns, as Node holds its own; afterwards its number is another's.

const { executionAsyncId } = require('node:async_hooks');

const { handles } = require('./dispatch');
const native = require('./native');
const { BYTES, scratch, state } = require('./state');

// The longest strings that fit in the scratch memory whatever their characters,
// with a NUL behind them; and the most bytes that are gathered in it.
const MOST_UTF8 = 21845;
const MOST_LATIN1 = 65535;
const MOST_GATHERED = 65536;

// So few cost less there, too: V8 has small Buffers without an ArrayBuffer, which it
// would have to make for whoever asks where their bytes are.
const FEW_BYTES = 64;

const CLOSED = -1;

// A symbol, since a handle's owner has the handle: a logger that makes JSON of a
// socket would go in a circle.
const kOwner = Symbol('owner');

function noop() {}

class Handle {
  // One with a socket that was accepted has its number already.
  constructor(owner, accepted) {
    this[kOwner] = owner;
    this.id = accepted ?? native.make(this);
    this.reading = false;
    this.isRef = true;
    this.bytesRead = 0;
    this.bytesWritten = 0;
    this.error = this.id < 0 ? this.id : 0; // no memory for it
    this.written = undefined; // the callback of the write under way
    this.held = undefined; // its Buffers
    this.queued = 0; // its bytes that were left, when last looked at
    this.ended = undefined; // the callback of the shutdown
    this.connected = undefined;
    this.called = undefined; // for each connection of a listener
    this.closed = noop;
    if (accepted !== undefined) native.attach(accepted, this);
    if (this.id >= 0) handles[this.id] = this;
  }

  close(callback, isReset = false) {
    const { id } = this;
    this.closed = callback;
    this.reading = false;
    this.id = CLOSED;
    if (id >= 0) native.close(id, isReset);
    else process.nextTick(() => this.onClose());
  }

  // --- What is asked of it ---

  connect(address, timeoutMs, callback) {
    if (this.error !== 0) return this.error;
    this.connected = callback;
    return native.connect(this.id, address, timeoutMs);
  }

  listen(address, backlog, modes, callback) {
    if (this.error !== 0) return this.error;
    this.called = callback;
    return native.listen(this.id, address, backlog, modes);
  }

  readStart() {
    this.reading = true;
    return native.readStart(this.id);
  }

  readStop() {
    this.reading = false;
    return native.readStop(this.id);
  }

  shutdown(callback) {
    this.ended = callback;
    return native.shutdown(this.id);
  }

  setRef(isRef) {
    this.isRef = isRef;
    if (this.id >= 0) native.setRef(this.id, isRef);
  }

  sockname() {
    return this.id < 0 ? undefined : native.sockname(this.id);
  }

  peername() {
    return this.id < 0 ? undefined : native.peername(this.id);
  }

  // What Node's HTTP client attributes to this handle: what runs now is as good.
  getAsyncId() {
    return executionAsyncId();
  }

  writeQueueSize() {
    return this.id < 0 ? 0 : native.writeQueueSize(this.id);
  }

  // --- Writing: 0 if all is sent, 1 if onHandleWrite() of the owner follows, or an error ---

  write(chunk, encoding) {
    if (typeof chunk !== 'string') return this.#writeBytes(chunk);
    switch (encoding) {
      case 'utf8':
      case 'utf-8':
        if (chunk.length > MOST_UTF8) break;
        return this.#countedUtf8(native.writeUtf8(this.id, chunk));
      case 'latin1':
      case 'binary':
        if (chunk.length > MOST_LATIN1) break;
        return this.#counted(native.writeLatin1(this.id, chunk), chunk.length);
    }
    return this.#writeBytes(Buffer.from(chunk, encoding));
  }

  // A string that is refused was not written; of Buffers net counts those, too.
  #counted(result, size) {
    if (result >= 0) this.bytesWritten += size;
    return result;
  }

  #countedUtf8(result) {
    return this.#counted(result, state[BYTES]);
  }

  #writeBytes(chunk) {
    this.bytesWritten += chunk.length;
    if (chunk.length <= FEW_BYTES) {
      scratch.set(chunk);
      return native.writeScratch(this.id, chunk.length);
    }
    const result = native.writeBuffer(this.id, chunk);
    if (result === 1) this.held = chunk;
    return result;
  }

  /** @param {{ chunk: Buffer|string, encoding: string }[]} entries */
  writev(entries) {
    const size = mostBytes(entries);
    if (size <= MOST_GATHERED) {
      const gathered = gather(entries);
      this.bytesWritten += gathered;
      return native.writeScratch(this.id, gathered);
    }

    const buffers = entries.map(({ chunk, encoding }) =>
      (typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk));
    for (const { length } of buffers) this.bytesWritten += length;
    const result = native.writeBuffers(this.id, buffers);
    if (result === 1) this.held = buffers;
    return result;
  }

  // --- What happens to it ---

  onRead(status, bytes) {
    if (status > 0) this.bytesRead += status;
    else this.reading = false;
    if (this.id >= 0) this[kOwner].onHandleRead(this, status, bytes);
  }

  onWrite(status) {
    const { written } = this;
    this.written = undefined;
    this.held = undefined;
    this.queued = 0;
    this[kOwner].onHandleWrite(status, written);
  }

  onShutdown(status) {
    this.ended(status);
  }

  onConnect(status) {
    this.connected(status);
  }

  onConnection(status, id) {
    if (this.id >= 0) this.called(status, id);
    else if (status === 0) native.close(id, false);
  }

  onClose() {
    this.closed();
  }
}

// No more bytes than these; their exact number is known when they are encoded.
function mostBytes(entries) {
  let size = 0;
  for (const { chunk, encoding } of entries) {
    if (typeof chunk !== 'string') size += chunk.length;
    else if (encoding === 'latin1' || encoding === 'binary') size += chunk.length;
    else size += 3 * chunk.length;
    if (size > MOST_GATHERED) break;
  }
  return size;
}

// Puts all of them into the scratch memory, and returns how many bytes.
function gather(entries) {
  let at = 0;
  for (const { chunk, encoding } of entries) {
    if (typeof chunk !== 'string') {
      scratch.set(chunk, at);
      at += chunk.length;
    } else {
      at += scratch.write(chunk, at, encoding);
    }
  }
  return at;
}

module.exports = { Handle, kOwner };
