// Loaded by `profile.mjs` into every Node process of a command (NODE_OPTIONS=--require): writes one JSON line per process, with what it did when.
const fs = require('node:fs');
const Module = require('node:module');

const file = process.env.KDCUBE_PROFILE;
const now = () => performance.timeOrigin + performance.now();
const record = { pid: process.pid, args: process.argv.slice(1, 3), startedAt: performance.timeOrigin, loads: [], calls: [] };
const load = Module._load;
const wrapped = new WeakMap();
let depth = 0;

Module._load = function (request, parent, isMain) {
  if (!/@kdcube[\\/]nx[\\/]dist|^@kdcube\/nx$/.test(request)) return load.call(this, request, parent, isMain);
  const from = now();
  depth += 1;
  try {
    return withCalls(load.call(this, request, parent, isMain));
  } finally {
    depth -= 1;
    if (depth === 0) record.loads.push({ from, to: now() });
  }
};

/** The same exports; each function that Nx calls writes down when it ran. */
function withCalls(exported) {
  if (exported === null || typeof exported !== 'object') return exported;
  if (wrapped.has(exported)) return wrapped.get(exported);
  const copy = {};
  for (const [name, value] of Object.entries(exported)) {
    if (typeof value === 'function') copy[name] = timed(name, value);
    else if (Array.isArray(value)) copy[name] = value.map((each) => (typeof each === 'function' ? timed(name, each) : each));
    else copy[name] = value;
  }
  Object.defineProperty(copy, '__esModule', { value: true });
  wrapped.set(exported, copy);
  return copy;
}

function timed(name, call) {
  return function (...args) {
    const from = now();
    const end = () => record.calls.push({ name, from, to: now() });
    const result = call.apply(this, args);
    if (typeof result?.then === 'function') return result.finally(end);
    if (typeof result?.[Symbol.asyncIterator] === 'function') return iterated(result, end);
    end();
    return result;
  };
}

/** An executor may report its results one by one. */
async function* iterated(results, end) {
  try {
    yield* results;
  } finally {
    end();
  }
}

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  fs.appendFileSync(file, `${JSON.stringify({ ...record, endedAt: now(), cpu: (user + system) / 1000 })}\n`);
});
