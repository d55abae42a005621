'use strict';

// A socket's idle timeout, as net has it: 'timeout' is an event, and nothing
// happens by itself. Whatever moves puts it off; a write that the kernel takes
// slowly moves, too.

const { outOfRange, wrongType } = require('./errors');

const MOST_MS = 2 ** 31 - 1;

function checked(ms, name = 'msecs') {
  if (typeof ms !== 'number') throw wrongType(name, 'of type number', ms);
  if (ms < 0 || !Number.isFinite(ms)) throw outOfRange(name, 'a non-negative finite number', ms);
  return Math.min(Math.trunc(ms), MOST_MS);
}

class Timeout {
  constructor(socket) {
    this.socket = socket;
    this.timer = null;
    this.queued = 0; // bytes of the write under way, when last looked at
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
  const left = timeout.queued > 0 ? timeout.socket._handle?.writeQueueSize() ?? 0 : 0;
  if (timeout.queued > 0 && left !== timeout.queued) {
    timeout.queued = left;
    timeout.refresh();
    return;
  }
  timeout.socket.emit('timeout');
}

module.exports = { Timeout, checked };
