// What people write, which has to compile. A line after @ts-expect-error must not.

import * as http from 'node:http';
import * as net from 'node:net';
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import * as hvuv from '../..';
import { connect, createServer, Socket, type Address, type SystemError } from '../..';
import * as promises from '../../promises';

const server = createServer({ allowHalfOpen: true }, (socket) => {
  const peer: string | undefined = socket.remoteAddress;
  const cid: number | undefined = socket.remoteCid;
  socket.write(`${peer} ${cid}`);
  socket.pipe(socket);
});
server.maxConnections = 10;
server.on('connection', (socket) => socket.setTimeout(1000, () => socket.destroy()));
server.once('connection', (socket) => {
  const end: hvuv.Socket = socket;
  end.once('close', (hadError) => console.log(hadError === true));
  end.once('data', (data) => console.log(data.readUInt8(0)));
});
server.once('drop', (data) => console.log(data.remoteAddress?.length));
createServer({ captureRejections: true }, async (socket) => socket.destroy());
server.listen('vsock://any:5000', () => {
  const address: Address | null = server.address();
  const port: number | undefined = address?.port;
  console.log(port);
});
server.listen({ family: 'hybrid', path: '/run/vm.sock', port: 5000 }, { writableAll: true });
server.close((error?: Error) => console.log(error));

const socket: Socket = connect({ family: 'vsock', cid: 3, port: 5000 }, { connectTimeout: 100 });
const stream: Duplex = socket;
socket.on('error', (error: Error) => console.log((error as SystemError).code));
socket.on('data', (data: Buffer) => console.log(data.length));
socket.on('close', (hadError: boolean) => console.log(hadError));
socket.ref().unref().setNoDelay().setKeepAlive(true, 1000);
stream.end();

const web = http.createServer();
hvuv.createServer((one) => web.emit('connection', one));
tls.connect({ socket: socket as unknown as net.Socket });

async function waits(): Promise<void> {
  const controller = new AbortController();
  const one = await promises.connect('vsock://3:5000', { signal: controller.signal });
  for await (const chunk of one) console.log(chunk);
  const listener = await promises.listen('local://any/5000', (other) => other.end());
  await listener[Symbol.asyncDispose]();
}

const parts = hvuv.parseAddress('vsock://3:5000');
const text: string = hvuv.formatAddress(parts);
const known: boolean = hvuv.supported('vsock');
const all: Record<hvuv.Family, boolean> = hvuv.supported();
const own: number | null = hvuv.localCid();
console.log(waits, text, known, all, own, hvuv.explain(text, 'ECONNREFUSED', 'connect'));

// @ts-expect-error: a port alone is no address
connect(5000);
// @ts-expect-error: no such family
hvuv.supported('tcp');
// @ts-expect-error: what was parsed is not to be changed
parts.port = 1;
// @ts-expect-error: a listener is no connection
server.write('');
