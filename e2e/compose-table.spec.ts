// `docker compose config` of the table that packages/release/src/targets/compose/import/compose-table.spec.ts imports. KD_UPDATE=1 records it.
// Every fourth folder; all of them with KD_FULL=1.
import fs from 'node:fs';
import path from 'node:path';
import { composeTable, type ComposeVariables, configuredVariables } from '../packages/release/testing/compose-table';
import { testWithEngine } from './support/engine';
import { freshFolder, run } from './support/run';

const isUpdate = process.env.KD_UPDATE === '1';
const isWhole = isUpdate || process.env.KD_FULL === '1';
const RECORDED = path.resolve(__dirname, '../packages/release/fixtures/compose-table.json');

testWithEngine(
  'the recorded table is what docker compose reads',
  async (engine) => {
    const all = composeTable();
    const table = isWhole ? all : all.filter((_, index) => index % 4 === 0);
    const read: Record<string, ComposeVariables | null> = {};
    const next = table.values();
    const worker = async () => {
      for (const { name, files } of next) {
        const folder = freshFolder('compose');
        for (const [file, text] of Object.entries(files)) {
          fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
          fs.writeFileSync(path.join(folder, file), text);
        }
        const { exitCode, stdout } = await run('docker', ['compose', 'config', '--format', 'json'], {
          cwd: folder,
          env: engine.env,
        });
        // Refused: null, which JSON has.
        read[name] = exitCode === 0 ? configuredVariables(stdout) : null;
      }
    };
    await Promise.all([worker(), worker()]);
    const sorted = Object.fromEntries(table.map(({ name }) => [name, read[name]]));
    if (isUpdate)
      fs.writeFileSync(
        RECORDED,
        `${Object.entries(sorted)
          .map(([name, each], index) => `${index === 0 ? '{\n' : ''}  ${JSON.stringify(name)}: ${JSON.stringify(each)}`)
          .join(',\n')}\n}\n`,
      );
    const recorded = JSON.parse(fs.readFileSync(RECORDED, 'utf8')) as typeof read;
    expect(Object.keys(recorded)).toEqual(all.map(({ name }) => name));
    expect(sorted).toEqual(Object.fromEntries(table.map(({ name }) => [name, recorded[name]])));
  },
  300_000,
);
