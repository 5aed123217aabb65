// Loaded into a command of a test (node --require): redirects connections to a host name to a port of this machine. TLS and the command still use the name.
// KD_LEAD is `name=port`.
const tls = require('node:tls');

const [name, port] = process.env.KD_LEAD.split('=');
const connect = tls.connect;

tls.connect = (...args) => {
  const [options] = args;
  if (options?.host !== name) return connect(...args);
  return connect({ ...options, host: '127.0.0.1', port: Number(port), servername: name }, ...args.slice(1));
};
