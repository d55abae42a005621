'use strict';

// unheard.js TRANSPORT: a connect that fails, and nobody listens for 'error'.

const { open } = require('../support/transports');

const transport = open(process.argv[2]);
transport.connect(transport.address());
