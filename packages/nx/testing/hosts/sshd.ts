import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';

const ENGINE_SCRIPT = path.resolve(__dirname, '../../../../tools/engine/engine.sh');

export interface Sshd {
  /** `ssh://kdtest@127.0.0.1:…` */
  host: string;
  port: number;
  /** Its temporary folder: sshd_config, host key, the home of kdtest. */
  folder: string;
  /** Ends the server and every session. */
  stop(): Promise<void>;
}

/** Why no sshd can be started here; undefined if one can. */
export function sshdMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'the sshd of the tests needs root';
  if (spawnSync('unshare', ['--mount', 'true']).status !== 0) return 'no mount namespaces';
  return sshdProgram() === undefined ? 'no sshd; tools/engine/engine.sh install unpacks one' : undefined;
}

function sshdProgram(): string | undefined {
  const { status, stdout } = spawnSync('bash', [ENGINE_SCRIPT, 'sshd'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Starts an sshd on loopback, and puts an `ssh` on the PATH of this process that knows its key and has a login. `config`: more lines of sshd_config. */
export async function startSshd({ config = '', engine }: { config?: string; engine?: string } = {}): Promise<Sshd> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-sshd-'));
  fs.chmodSync(folder, 0o755);
  const home = path.join(folder, 'home');
  fs.mkdirSync(path.join(home, '.docker'), { recursive: true });
  const engineRoot = '/run/kdcube-engine/root/usr';
  fs.writeFileSync(
    path.join(home, '.docker/config.json'),
    JSON.stringify({ cliPluginsExtraDirs: [`${engineRoot}/libexec/docker/cli-plugins`] }),
  );
  for (const name of ['host_key', 'user_key'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(folder, name)]);
  const port = await freePort();
  const sessionPrograms = ['sshd-session', 'sshd-auth'].flatMap((name) => {
    const program = path.join(path.dirname(sshdProgram()!), 'root/usr/lib/openssh', name);
    return fs.existsSync(program) ? [`${name === 'sshd-auth' ? 'SshdAuthPath' : 'SshdSessionPath'} ${program}`] : [];
  });
  fs.writeFileSync(
    path.join(folder, 'sshd_config'),
    `${config}
AllowUsers kdtest noshell
ListenAddress 127.0.0.1
Port ${port}
HostKey ${folder}/host_key
PidFile none
UsePAM no
StrictModes no
AuthorizedKeysFile ${folder}/user_key.pub
PasswordAuthentication no
SetEnv PATH=${engineRoot}/bin:/usr/local/bin:/usr/bin:/bin DOCKER_HOST=unix:///run/kdcube-engine/default/docker.sock
${sessionPrograms.join('\n')}
`,
  );
  const child = spawn('sh', [path.join(__dirname, 'start-sshd.sh'), folder, sshdProgram()!], {
    env: { ...process.env, KD_ENGINE: engine },
    stdio: ['ignore', 'inherit', fs.openSync(path.join(folder, 'log'), 'w')],
    detached: true,
  });
  await untilListening(port, child, folder);
  const restorePath = usesSshConfig(folder, port);
  return {
    host: `ssh://kdtest@127.0.0.1:${port}`,
    port,
    folder,
    async stop() {
      restorePath();
      if (child.exitCode === null && child.signalCode === null) {
        const exited = new Promise((resolve) => child.once('exit', resolve));
        child.kill();
        await exited;
      }
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Puts an `ssh` on the PATH that reads our configuration: the user's own is not read, and no file of the user is written. */
function usesSshConfig(folder: string, port: number): () => void {
  const key = fs.readFileSync(path.join(folder, 'host_key.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  fs.writeFileSync(path.join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${key}\n`);
  fs.writeFileSync(
    path.join(folder, 'ssh_config'),
    `Host *
  IdentityFile ${folder}/user_key
  IdentitiesOnly yes
  UserKnownHostsFile ${folder}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking no
`,
  );
  const bin = path.join(folder, 'bin');
  fs.mkdirSync(bin);
  fs.writeFileSync(path.join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F '${folder}/ssh_config' "$@"\n`, { mode: 0o755 });
  const before = process.env.PATH;
  process.env.PATH = `${bin}:${before}`;
  return () => void (process.env.PATH = before);
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(port: number, child: ChildProcess, folder: string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`sshd ended: ${fs.readFileSync(path.join(folder, 'log'), 'utf8')}`);
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
      socket.on('error', () => resolve(false));
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
