import promises from './promises.js';

export const { connect, listen } = promises;

export default promises;
