'use strict';

// A socket's idle timeout, as net has it: 'timeout' is an event, and nothing
// happens by itself. Whatever moves puts it off; a write that the kernel takes
// slowly moves, too.

const { outOfRange, wrongType } = require('./errors');

const MOST_MS = 2 ** 31 - 1;

function checked(ms, name = 'msecs') {
  if (typeof ms !== 'number') throw wrongType(name, 'of type number', ms);
  if (ms < 0 || !Number.isFinite(ms)) throw outOfRange(name, 'a non-negative finite number', ms);
  if (ms > MOST_MS) {
    process.emitWarning(`${ms} does not fit into a 32-bit signed integer.` +
      `\nTimer duration was truncated to ${MOST_MS}.`, 'TimeoutOverflowWarning');
  }
  return Math.min(Math.trunc(ms), MOST_MS);
}

class Timeout {
  constructor(socket) {
    this.socket = socket;
    this.timer = null;
  }

  set(ms) {
    this.clear();
    if (ms > 0) this.timer = setTimeout(expire, ms, this).unref();
  }

  clear() {
    clearTimeout(this.timer);
    this.timer = null;
  }

  refresh() {
    if (this.timer !== null) this.timer.refresh();
  }
}

function expire(timeout) {
  const handle = timeout.socket._handle;
  if (handle !== null && handle.queued > 0) {
    const left = handle.writeQueueSize();
    if (left !== handle.queued) {
      handle.queued = left;
      timeout.refresh();
      return;
    }
  }
  timeout.socket.emit('timeout');
}

module.exports = { Timeout, checked };
