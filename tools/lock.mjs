// Completes package-lock.json after `npm install`: node tools/lock.mjs
// npm leaves out an optional package (a binary for another system) that the current registry does not have; then `npm ci` reports an outdated lock
// file everywhere. Each such package gets an entry with its exact version, so that `npm ci` works with and without it.
import fs from 'node:fs';
import path from 'node:path';

const file = path.join(import.meta.dirname, '..', 'package-lock.json');
const lock = JSON.parse(fs.readFileSync(file, 'utf8'));
const added = {};

for (const [owner, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    if (lock.packages[`${owner}/${place}`] || lock.packages[place] || added[place]) continue;
    const dev = entry.dev ? { dev: true } : entry.devOptional ? { devOptional: true } : {};
    added[place] = { version: exact(name, version), ...platform(name), ...dev, optional: true };
  }
}

const all = Object.entries({ ...lock.packages, ...added }).sort(([a], [b]) => a.localeCompare(b, 'en'));
if (Object.keys(added).length > 0)
  fs.writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(all) }, null, 2)}\n`);
console.log(`package-lock.json: ${Object.keys(added).length} optional packages added`);

function exact(name, version) {
  if (!/^\d+\.\d+\.\d+[\w.+-]*$/.test(version))
    throw new Error(`${name} has the version ${version}, which is not exact: add it by hand`);
  return version;
}

/** The system of a binary package, from its name. */
function platform(name) {
  const match =
    /-(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|s390x|riscv64|loong64)(?:-(gnu|musl)?\w*)?$/.exec(
      name,
    );
  if (!match) throw new Error(`The name ${name} has no system: add it by hand`);
  const [, os, cpu, libc] = match;
  return { cpu: [cpu], ...(os === 'linux' && libc ? { libc: [libc === 'gnu' ? 'glibc' : 'musl'] } : {}), os: [os] };
}
