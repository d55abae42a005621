import { AddressLike, ConnectOptions, ListenOptions, Server, ServerOptions, Socket } from './index';

/** Resolves with a connected socket. */
export function connect(address: AddressLike, options?: ConnectOptions): Promise<Socket>;

/** Resolves with a server that listens. */
export function listen(address: AddressLike, onConnection?: (socket: Socket) => void): Promise<Server>;
export function listen(
  address: AddressLike,
  options?: ServerOptions & ListenOptions,
  onConnection?: (socket: Socket) => void,
): Promise<Server>;
