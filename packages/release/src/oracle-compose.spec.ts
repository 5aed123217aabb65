import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectGolden } from '../../../tools/testing/golden';
import {
  differences,
  findEnvSamples,
  prepareEnvSamples,
  preparePlatformFolder,
  readWithCompose,
} from '../testing/platform-compose';

/**
 * The platform's own compose files, as compose itself reads them. KD_PLATFORM_CHECKOUTS is a folder of checkouts named by their commit, KD_COMPOSE the program docker-compose (version 2). No file of the
 * platform is kept here, only the lines in which an import differs.
 */
const { KD_PLATFORM_CHECKOUTS: CHECKOUTS, KD_COMPOSE: COMPOSE } = process.env;
const describeWithCompose = CHECKOUTS && COMPOSE ? describe : describe.skip;
const APP = 'app/ai-app';
const DOCKER = `${APP}/deployment/docker`;
const COMMITS = ['d03a975e0', '798742970', '95de507d3', 'eefe18532', '9a7ed05a3', '0a2b187f1'];

describeWithCompose(
  `the platform's compose files${CHECKOUTS && COMPOSE ? '' : ' (skipped: KD_PLATFORM_CHECKOUTS and KD_COMPOSE are not set)'}`,
  () => {
    let work: string;
    beforeAll(() => {
      work = mkdtempSync(join(tmpdir(), 'kdcube-platform-compose-'));
    });
    afterAll(() => rmSync(work, { recursive: true, force: true }));

    test('an import has the variables that compose has; each difference is a line of the table', () => {
      const lines = COMMITS.flatMap((commit) => {
        const docker = join(CHECKOUTS!, commit, DOCKER);
        if (!existsSync(docker)) throw new Error(`KD_PLATFORM_CHECKOUTS has no checkout of ${commit}`);
        return readdirSync(docker)
          .filter((name) => existsSync(join(docker, name, 'docker-compose.yaml')))
          .sort()
          .flatMap((name) => {
            const folder = join(work, commit, name);
            preparePlatformFolder(join(docker, name), folder);
            const { variables, lines: found } = differences(folder, readWithCompose(COMPOSE!, folder));
            return [
              `${commit} ${name}: ${variables} variables, ${found.length} differences`,
              ...found.map((line) => `  ${line}`),
            ];
          });
      });
      expectGolden(join(__dirname, '../fixtures/platform/compose-differences.txt'), `${lines.join('\n')}\n`);
    }, 120_000);

    test('env samples that belong to no compose file have the same values in both readers', () => {
      const lines = COMMITS.flatMap((commit) => {
        const root = join(CHECKOUTS!, commit, APP);
        return [...findEnvSamples(root)].map(([name, files], index) => {
          const folder = join(work, 'env', commit, String(index));
          prepareEnvSamples(root, files, folder);
          const { variables, lines: found } = differences(folder, readWithCompose(COMPOSE!, folder));
          expect(variables).toBeGreaterThan(0);
          return [`${commit} ${name}: ${variables} variables, ${found.length} differences`, ...found.map((line) => `  ${line}`)];
        });
      });
      expectGolden(join(__dirname, '../fixtures/platform/env-differences.txt'), `${lines.flat().join('\n')}\n`);
    }, 120_000);
  },
);
