/// <reference types="node" />

import { EventEmitter } from 'node:events';
import { Duplex, DuplexOptions } from 'node:stream';

export type Family = 'hyperv' | 'vsock' | 'hybrid' | 'local';

/** An address by its parts. What the family does not have is missing. */
export interface AddressParts {
  readonly family: Family;
  /** hyperv, local: a GUID, or a name such as `any`, `parent` or `loopback` */
  readonly vmId?: string;
  /** vsock */
  readonly cid?: number | 'any' | 'hypervisor' | 'local' | 'host';
  /** hybrid: the hypervisor's Unix socket */
  readonly path?: string;
  readonly port?: number | 'any';
  /** A GUID, in place of a port; not vsock */
  readonly serviceId?: string;
}

/** What parseAddress() returns: names are resolved to ids. */
export interface Address extends AddressParts {
  /** The canonical text */
  readonly address: string;
  readonly cid?: number;
  readonly port?: number;
}

/** Text such as `vsock://2:1024`, or its parts. */
export type AddressLike = string | AddressParts;

export interface SocketOptions extends DuplexOptions {
  allowHalfOpen?: boolean;
  signal?: AbortSignal;
  /** As setTimeout(), in milliseconds */
  timeout?: number;
  /** How long connecting may take, in milliseconds; 0: the family's own choice */
  connectTimeout?: number;
}

export interface ConnectOptions extends SocketOptions {
  address?: AddressLike;
}

export interface SystemError extends Error {
  code: string;
  errno: number;
  syscall: string;
  address?: string;
}

/** A connection: a Duplex with the manners of net.Socket. */
export class Socket extends Duplex {
  constructor(options?: SocketOptions);

  connect(address: AddressLike, listener?: () => void): this;
  connect(address: AddressLike, options?: ConnectOptions, listener?: () => void): this;
  connect(options: ConnectOptions, listener?: () => void): this;

  readonly connecting: boolean;
  readonly pending: boolean;
  readonly readyState: 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed';
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly timeout?: number;
  readonly server: Server | null;

  readonly remoteAddress?: string;
  readonly remoteFamily?: Family;
  readonly remoteVmId?: string;
  readonly remoteCid?: number;
  readonly remotePath?: string;
  readonly remotePort?: number;
  readonly remoteServiceId?: string;
  readonly localAddress?: string;
  readonly localFamily?: Family;
  readonly localVmId?: string;
  readonly localCid?: number;
  readonly localPath?: string;
  readonly localPort?: number;
  readonly localServiceId?: string;
  address(): Address | {};

  destroySoon(): void;
  resetAndDestroy(): this;
  setTimeout(ms: number, callback?: () => void): this;
  ref(): this;
  unref(): this;
  /** Does nothing: for those that expect a socket of net's. */
  setNoDelay(noDelay?: boolean): this;
  /** Does nothing: for those that expect a socket of net's. */
  setKeepAlive(enable?: boolean, initialDelay?: number): this;

  on(event: 'close', listener: (hadError: boolean) => void): this;
  on(event: 'connect' | 'ready' | 'end' | 'timeout' | 'drain', listener: () => void): this;
  on(event: 'data', listener: (data: Buffer) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: string | symbol, listener: (...args: any[]) => void): this;
  once(event: 'close', listener: (hadError: boolean) => void): this;
  once(event: 'connect' | 'ready' | 'end' | 'timeout' | 'drain', listener: () => void): this;
  once(event: 'data', listener: (data: Buffer) => void): this;
  once(event: 'error', listener: (error: Error) => void): this;
  once(event: string | symbol, listener: (...args: any[]) => void): this;
}

export interface ServerOptions {
  allowHalfOpen?: boolean;
  pauseOnConnect?: boolean;
  highWaterMark?: number;
  /** As of an EventEmitter: what an async listener throws destroys its socket */
  captureRejections?: boolean;
}

export interface ListenOptions {
  address?: AddressLike;
  /** How many callers may wait in the kernel */
  backlog?: number;
  signal?: AbortSignal;
  /** hybrid: lets processes of other users connect */
  readableAll?: boolean;
  writableAll?: boolean;
}

export interface DropArgument {
  localAddress?: string;
  remoteAddress?: string;
}

/** A listener, with the manners of net.Server. */
export class Server extends EventEmitter {
  constructor(onConnection?: (socket: Socket) => void);
  constructor(options?: ServerOptions, onConnection?: (socket: Socket) => void);

  listen(address: AddressLike, callback?: () => void): this;
  listen(address: AddressLike, backlog?: number, callback?: () => void): this;
  listen(address: AddressLike, options?: ListenOptions, callback?: () => void): this;
  listen(options: ListenOptions, callback?: () => void): this;

  close(callback?: (error?: Error) => void): this;
  address(): Address | null;
  getConnections(callback: (error: Error | null, count: number) => void): this;
  ref(): this;
  unref(): this;
  maxConnections?: number;
  readonly listening: boolean;

  on(event: 'connection', listener: (socket: Socket) => void): this;
  on(event: 'listening' | 'close', listener: () => void): this;
  on(event: 'drop', listener: (data: DropArgument) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: string | symbol, listener: (...args: any[]) => void): this;
  once(event: 'connection', listener: (socket: Socket) => void): this;
  once(event: 'listening' | 'close', listener: () => void): this;
  once(event: 'drop', listener: (data: DropArgument) => void): this;
  once(event: 'error', listener: (error: Error) => void): this;
  once(event: string | symbol, listener: (...args: any[]) => void): this;

  /** Closes it, if it listens. */
  [Symbol.asyncDispose](): Promise<void>;
}

export function connect(address: AddressLike, listener?: () => void): Socket;
export function connect(address: AddressLike, options?: ConnectOptions, listener?: () => void): Socket;
export function connect(options: ConnectOptions, listener?: () => void): Socket;
export { connect as createConnection };

export function createServer(onConnection?: (socket: Socket) => void): Server;
export function createServer(options?: ServerOptions, onConnection?: (socket: Socket) => void): Server;

/** Throws a TypeError with the code ERR_INVALID_ADDRESS that says what is wrong. */
export function parseAddress(text: string): Address;
export function formatAddress(parts: AddressParts): string;

/** Whether this system has sockets of a family. */
export function supported(family: Family): boolean;
export function supported(): Record<Family, boolean>;

/** What an error means at this address on this system, and what to do. */
export function explain(address: AddressLike, error: Error | string | number, step?: string): string;

/** This machine's own CID, or null if it has none. Throws without vsock. */
export function localCid(): number | null;
