// The files of a task definition, on a real engine: the init container writes them with a real image, and the service reads and changes them as its image's user.
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type TaskDefinition, addFiles } from '@kdcube/release/internal';
import { freshPrefix, pushPlatform, testWithEngine } from './support/engine';
import { must, run } from './support/run';

const CONTENT = 'bundles:\n  items:\n    - id: "größer@1-0"   # 統合\r\n';
const packing = { pack: (text: string) => gzipSync(text).toString('base64'), unpack: () => undefined };

/** What the platform does with its file: reads it, writes a temporary file, renames it. */
const CHANGE = `import os
path = os.environ["BUNDLES_YAML_DESCRIPTOR_PATH"]
text = open(path, encoding="utf-8", newline="").read()
open(path + ".tmp", "w").write("changed")
os.replace(path + ".tmp", path)
print(os.getuid(), repr(text))
`;

testWithEngine('a user who is not root reads and changes a file of the task', async (engine) => {
  const prefix = freshPrefix(engine);
  await pushPlatform(engine, prefix, '2026.7.20.444');
  const image = `${prefix}/kdcube-chat-proc:2026.7.20.444`;
  const base: TaskDefinition = { family: 'proc', containerDefinitions: [{ name: 'proc', image }] };
  const file = { path: '/kdcube/bundles.yaml', content: CONTENT, writable: true, how: 'task' as const };
  const [, writer] = addFiles(base, 'proc', [file], packing).containerDefinitions;
  const volume = `kdcube-files-${randomBytes(6).toString('hex')}`;
  const docker = (...args: string[]) => ['run', '--rm', '--network', 'none', '-v', `${volume}:/kdcube`, ...args];
  const [program = '', ...command] = [...(writer!.entryPoint as string[]), ...(writer!.command as string[])];
  const write = (packed: string) =>
    docker('--user', writer!.user as string, '-e', `KDCUBE_FILES=${packed}`, '--entrypoint', program, image, ...command);
  const packed = writer!.environment![0]!.value;
  await must('docker', ['volume', 'create', volume], engine);
  try {
    // If the file cannot be written, the service must not start.
    expect((await run('docker', write(packed.slice(0, -8)), engine)).exitCode).not.toBe(0);
    expect((await must('docker', write(packed), engine)).stdout).toBe('wrote /kdcube/bundles.yaml\n');
    const env = ['-e', 'BUNDLES_YAML_DESCRIPTOR_PATH=/kdcube/bundles.yaml'];
    for (const user of ['1000:1000', '4242:4242']) {
      const args = docker('--user', user, ...env, '--entrypoint', 'python3', image, '-c', CHANGE);
      const { stdout } = await must('docker', args, engine);
      expect(stdout).toContain(user === '1000:1000' ? '1000 ' : "4242 'changed'");
      if (user === '1000:1000') expect(stdout).toContain('größer@1-0"   # 統合\\r\\n');
    }
  } finally {
    await run('docker', ['volume', 'rm', '-f', volume], engine);
  }
});
