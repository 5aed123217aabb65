// Where the registry keeps its bytes: a map in memory, or a folder. Keys are paths that the caller has already checked.
import fs from 'node:fs';
import path from 'node:path';

/** `folder` undefined: in memory, gone when the process ends. */
export function openStore(folder) {
  return folder === undefined ? memoryStore() : folderStore(path.resolve(folder));
}

function memoryStore() {
  const entries = new Map();
  return {
    get: (key) => entries.get(key),
    set: (key, bytes) => void entries.set(key, bytes),
    remove: (key) => entries.delete(key),
    /** Names directly under a prefix, sorted. */
    list: (prefix) =>
      [...entries.keys()]
        .filter((key) => key.startsWith(prefix + '/'))
        .map((key) => key.slice(prefix.length + 1))
        .sort(),
  };
}

function folderStore(root) {
  return {
    get: (key) => readIfExists(path.join(root, key)),
    set(key, bytes) {
      const file = path.join(root, key);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      // Written beside and renamed: two processes that push the same blob never show each other half of it.
      const part = `${file}.${process.pid}.part`;
      fs.writeFileSync(part, bytes);
      fs.renameSync(part, file);
    },
    remove(key) {
      const existed = fs.existsSync(path.join(root, key));
      fs.rmSync(path.join(root, key), { force: true });
      return existed;
    },
    list(prefix) {
      const folder = path.join(root, prefix);
      if (!fs.existsSync(folder)) return [];
      const files = fs
        .readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith('.part'));
      return files
        .map((entry) =>
          path
            .relative(folder, path.join(entry.parentPath ?? entry.path, entry.name))
            .split(path.sep)
            .join('/'),
        )
        .sort();
    },
  };
}

function readIfExists(file) {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
