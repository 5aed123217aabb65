// node tools/registry/main.mjs [--port 5001] [--dir FOLDER]    Runs the registry until it is interrupted.
import { parseArgs } from 'node:util';
import { start } from './registry.mjs';

const { values } = parseArgs({ options: { port: { type: 'string', default: '5001' }, dir: { type: 'string' } } });
const registry = await start({ port: Number(values.port), dir: values.dir });
console.log(`registry on ${registry.host}${values.dir ? `, kept in ${values.dir}` : ', kept in memory'}`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void registry.close());
