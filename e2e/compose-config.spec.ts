// `docker compose config` of the folders that packages/release/src/targets/compose/import/compose-config.spec.ts imports. KD_UPDATE=1 records it.
import fs from 'node:fs';
import path from 'node:path';
import { testWithEngine } from './support/engine';
import { freshFolder, must } from './support/run';

const FIXTURES = path.resolve(__dirname, '../packages/release/fixtures/compose');
const folders = fs
  .readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

for (const name of folders)
  testWithEngine(`${name}: the recorded config is that of docker compose`, async (engine) => {
    // In a folder of this name, which compose uses as the project's name.
    const folder = path.join(freshFolder('compose'), name);
    fs.cpSync(path.join(FIXTURES, name), folder, { recursive: true });
    const { stdout } = await must('docker', ['compose', 'config', '--format', 'json'], { cwd: folder, env: engine.env });
    const config = stdout.replaceAll(fs.realpathSync(folder), '/opt/kdcube').replaceAll(folder, '/opt/kdcube');
    const recorded = path.join(FIXTURES, `${name}.config.json`);
    if (process.env.KD_UPDATE === '1') fs.writeFileSync(recorded, `${JSON.stringify(JSON.parse(config), null, 2)}\n`);
    const { services, volumes } = JSON.parse(fs.readFileSync(recorded, 'utf8')) as Record<string, unknown>;
    // Other keys differ between versions of compose.
    expect(JSON.parse(config)).toMatchObject({ services, ...(volumes !== undefined && { volumes }) });
  });
