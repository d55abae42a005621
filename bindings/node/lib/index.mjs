import hvuv from './index.js';

export const {
  Server,
  Socket,
  connect,
  createConnection,
  createServer,
  explain,
  formatAddress,
  localCid,
  parseAddress,
  supported,
} = hvuv;

export default hvuv;
