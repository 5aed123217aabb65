import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlannedFile } from '../../../env/bundles';
import { gzip, packing } from '../../../../testing/packing';
import { FILES_CONTAINER, filesInDefinition, findMountConflicts, packedFilesIn, addFiles } from './files';
import { compareDefinitions } from './compare-definitions';
import type { TaskDefinition } from './task-definition';

const file = (content = 'bundles: {}\n', more: Partial<PlannedFile> = {}): PlannedFile => {
  return { path: '/kdcube/bundles.yaml', content, writable: true, how: 'task', ...more };
};
const base = (): TaskDefinition => ({
  family: 'proc',
  memory: '2048',
  containerDefinitions: [
    {
      name: 'proc',
      image: 'r.example.com/proc@sha256:1',
      mountPoints: [{ sourceVolume: 'config', containerPath: '/config', readOnly: true }],
      dependsOn: [{ containerName: 'mesh', condition: 'HEALTHY' }],
      logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/ecs/proc' } },
    },
    { name: 'mesh', image: 'r.example.com/mesh:1' },
  ],
  volumes: [{ name: 'config', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }],
});
const carried = addFiles(base(), 'proc', [file()], packing);

test('the service waits for the container that writes the file into a volume of the task', () => {
  const [proc, mesh, writer] = carried.containerDefinitions;
  expect(proc).toMatchObject({
    mountPoints: [{ sourceVolume: 'config' }, { sourceVolume: FILES_CONTAINER, containerPath: '/kdcube', readOnly: false }],
    dependsOn: [{ containerName: 'mesh' }, { containerName: FILES_CONTAINER, condition: 'SUCCESS' }],
  });
  expect(mesh).toEqual(base().containerDefinitions[1]);
  expect(writer).toMatchObject({ name: FILES_CONTAINER, image: proc!.image, essential: false, user: '0' });
  expect([writer!.logConfiguration, writer!.memory]).toEqual([proc!.logConfiguration, undefined]);
  expect(carried.volumes).toEqual([...base().volumes!, { name: FILES_CONTAINER }]);
  expect(filesInDefinition(carried, packing)).toEqual(new Map([['/kdcube/bundles.yaml', 'bundles: {}\n']]));
});

test('put in again it is the same, and without files it is what it was', () => {
  expect(addFiles(carried, 'proc', [file()], packing, carried)).toEqual(carried);
  expect(compareDefinitions(addFiles(carried, 'proc', [], packing), base())).toEqual([]);
  expect(addFiles(carried, 'proc', [file('', { how: 'host' })], packing)).toEqual(addFiles(carried, 'proc', [], packing));
});

test('the same content stays as it is registered, even if it is packed differently now', () => {
  const other = { ...packing, pack: () => 'another' };
  expect(packedFilesIn(addFiles(base(), 'proc', [file()], other, carried))).toBe(packedFilesIn(carried));
  expect(packedFilesIn(addFiles(base(), 'proc', [file('new')], other, carried))).toBe('another');
});

test('a task without a size: the writer has its own', () => {
  const { memory: _, ...host } = base();
  expect(addFiles(host as TaskDefinition, 'proc', [file()], packing).containerDefinitions.at(-1)!.memory).toBe(128);
});

test('a read-only file is mounted read-only', () => {
  const [proc] = addFiles(base(), 'proc', [file('', { writable: false })], packing).containerDefinitions;
  expect(proc!.mountPoints).toMatchObject([{}, { readOnly: true }]);
});

test.each(['/kdcube', '/kdcube/', '/kdcube/more'])('a volume of the owner’s at %s is named', (containerPath) => {
  const definition = base();
  definition.containerDefinitions[0]!.mountPoints = [{ sourceVolume: 'config', containerPath }];
  expect(findMountConflicts(addFiles(definition, 'proc', [file()], packing), 'proc')).toMatchObject([{ code: 'wrong-value' }]);
  expect(findMountConflicts(carried, 'proc')).toEqual([]);
});

test.each(['', 'H4sI', packing.pack('no JSON'), packing.pack('{"path": 1}'), packing.pack('[null, {"path": 1}]')])(
  'what ECS answers may be anything: %j',
  (value) => {
    const containerDefinitions = [{ name: FILES_CONTAINER, image: 'x', environment: [{ name: 'KDCUBE_FILES', value }] }];
    expect(filesInDefinition({ family: 'proc', containerDefinitions }, packing)).toEqual(new Map());
  },
);

const python = spawnSync('python3', ['--version']).status === 0;
(python ? test : test.skip)(`the container's own words write it${python ? '' : ' (no python3)'}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'kdcube-files-'));
  try {
    chmodSync(folder, 0o700);
    const content = 'name: "größer \\"\r\n統合"\n';
    const files = [file(content, { path: join(folder, 'bundles.yaml') })];
    const writer = addFiles(base(), 'proc', files, gzip).containerDefinitions.at(-1)!;
    const [program, ...words] = [...(writer.entryPoint as string[]), ...(writer.command as string[])];
    const env = { ...process.env, KDCUBE_FILES: writer.environment![0]!.value };
    for (let turn = 0; turn < 2; turn += 1)
      expect(spawnSync(program!, words, { env, encoding: 'utf8' })).toMatchObject({ status: 0 });
    expect(readFileSync(join(folder, 'bundles.yaml'), 'utf8')).toBe(content);
    expect([statSync(folder), statSync(join(folder, 'bundles.yaml'))].map(({ mode }) => mode & 0o777)).toEqual([0o777, 0o666]);
    const cut = { ...env, KDCUBE_FILES: env.KDCUBE_FILES.slice(0, -8) };
    expect(spawnSync(program!, words, { env: cut }).status).toBe(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
