import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const SCRIPT = path.join(__dirname, 'fake-ssh.sh');

export interface FakeSsh {
  folder: string;
  /** A file of the folder, see fake-ssh.sh. */
  set(name: 'fails' | 'shell', content: string): void;
  /** The arguments of every call so far, one line each. */
  args(): string[];
  /** Ends the connection, as a cut does. */
  cut(): void;
  remove(): void;
}

/** Puts a fake ssh on the PATH of this process. */
export function fakeSsh(): FakeSsh {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-fake-ssh-'));
  fs.symlinkSync(SCRIPT, path.join(folder, 'ssh'));
  const before = process.env.PATH;
  process.env.PATH = `${folder}:${before}`;
  process.env.FAKE_SSH = folder;
  return {
    folder,
    set: (name, content) => fs.writeFileSync(path.join(folder, name), content),
    args: () => fs.readFileSync(path.join(folder, 'args'), 'utf8').trimEnd().split('\n'),
    cut: () => void process.kill(Number(fs.readFileSync(path.join(folder, 'master'), 'utf8')), 'SIGKILL'),
    remove() {
      process.env.PATH = before;
      delete process.env.FAKE_SSH;
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
