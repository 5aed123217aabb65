// The pipelines that `nx g @kdcube/nx:ci` writes, by the schemas of GitLab and of GitHub's workflows, which check-jsonschema from PyPI has with it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { venv } from '../../packages/ecs-double/conformance/venv.mjs';

const PIPELINES = path.resolve(import.meta.dirname, '../../packages/nx/fixtures/ci');
const judge = venv({ name: 'check-jsonschema', wanted: 'check-jsonschema~=0.39.0', program: 'check-jsonschema' });
const testWithJudge = judge.folder || judge.broken ? test : test.skip;
const why = judge.folder ? '' : ` (skipped: ${judge.reason})`;

const SCHEMAS = {
  gitlab: ['--builtin-schema', 'vendor.gitlab-ci', '--data-transform', 'gitlab-ci'],
  github: ['--builtin-schema', 'vendor.github-workflows'],
};

function check(provider, files) {
  const { status, stdout } = spawnSync(path.join(judge.folder, 'bin/check-jsonschema'), [...SCHEMAS[provider], ...files], {
    encoding: 'utf8',
  });
  return [status, stdout];
}

describe.each(Object.keys(SCHEMAS))('%s', (provider) => {
  const files = fs.readdirSync(PIPELINES).filter((file) => file.startsWith(`${provider}-`));
  const paths = files.map((file) => path.join(PIPELINES, file));

  testWithJudge(`its schema finds nothing in our pipelines${why}`, () => {
    expect(files.length).toBeGreaterThan(3);
    expect(check(provider, paths)).toEqual([0, expect.stringContaining('ok')]);
  });

  testWithJudge(`and finds what is wrong${why}`, () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kd-pipeline-'));
    const broken = path.join(folder, 'pipeline.yml');
    const text = fs.readFileSync(paths[0], 'utf8');
    fs.writeFileSync(broken, text.replace(/^( +)(?:when: manual|needs: check)$/m, '$1when: sometimes'));
    const [status] = check(provider, [broken]);
    fs.rmSync(folder, { recursive: true });
    expect(status).toBe(1);
  });
});
