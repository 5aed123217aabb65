// npm test: installs what is missing, checks the sources, builds, and runs every suite.
//   node tools/test.mjs [--unit | --e2e] [jest's own arguments]
// --unit runs the packages' and tools' suites only, --e2e the end-to-end suites only (after a build); neither runs the checks.
// The last line is `N passed, N failed, N skipped`: tests, plus one failure for each check or suite that failed as a whole.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { checkSuite } from '../packages/ecs-double/conformance/check-journals.mjs';
import { ensureInstalled, nxEnv, root, show, showBin } from './setup.mjs';

const given = process.argv.slice(2);
const only = given.includes('--unit') ? 'unit' : given.includes('--e2e') ? 'e2e' : undefined;
const jestArgs = given.filter((arg) => arg !== '--unit' && arg !== '--e2e' && arg !== '--');

/** jest's default leaves one core idle. A sequencer is no option of a project. */
const eachCore = ['--maxWorkers', '100%', '--testSequencer', path.join(root, 'tools/testing/longest-first.cjs')];
const total = { passed: 0, failed: 0, skipped: 0 };
const broken = [];

ensureInstalled();
if (!only) {
  if (exists('eslint.config.mjs')) check('lint', () => showBin('eslint', ['.']));
  check('circles', () =>
    showBin('depcruise', ['--config', '.dependency-cruiser.cjs', 'packages', 'tools', 'e2e'], {}, 'dependency-cruiser'),
  );
  check('typecheck', () => showBin('tsc', ['--noEmit', '-p', 'tsconfig.json'], {}, 'typescript'));
  check('typecheck of ecs-double', () => showBin('tsc', ['-p', 'packages/ecs-double'], {}, 'typescript'));
}
const built = only === 'unit' || check('build', () => showBin('nx', ['run-many', '-t', 'build'], nxEnv));
if (!only && exists('tools/docs.mjs')) check('docs', () => show(process.execPath, ['tools/docs.mjs', '--check']));
withEngine(() => {
  if (only !== 'e2e') suite('unit', [...eachCore, '--projects', ...unitProjects()]);
  if (only === 'unit') return;
  if (built) suite('e2e', ['-c', 'e2e/jest.config.js']);
  else failed('e2e', 'was not run, because the build failed');
});
if (total.passed + total.failed === 0 && jestArgs.length === 0) failed('tests', 'none ran');

for (const line of broken) console.log(`FAILED  ${line}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

function exists(file) {
  return fs.existsSync(path.join(root, file));
}

function failed(name, why) {
  total.failed += 1;
  broken.push(`${name} ${why}`);
}

function check(name, run) {
  console.log(`\n── ${name}`);
  const code = run();
  if (code !== 0) failed(name, `ended with exit code ${code}: its output is above`);
  return code === 0;
}

function unitProjects() {
  const folders = fs.readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}`);
  return [...folders, 'tools'].filter((folder) => exists(`${folder}/jest.config.js`));
}

function suite(name, args) {
  console.log(`\n── ${name} tests`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-test-'));
  const report = path.join(folder, 'report.json');
  const journals = path.join(folder, 'journals');
  fs.mkdirSync(journals);
  try {
    // A path on the command line belongs to one of the two runs, so the other one may find no tests.
    const narrow = jestArgs.length > 0 ? ['--passWithNoTests', ...jestArgs] : [];
    const env = { NODE_OPTIONS: vmModules(), ECS_DOUBLE_JOURNALS: journals };
    const code = showBin('jest', [...args, '--json', '--outputFile', report, ...narrow], env);
    count(name, code, report);
    countJournals(name, journals);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function count(name, code, report) {
  if (!fs.existsSync(report)) {
    if (code !== 0) failed(`${name} tests`, `ended with exit code ${code} before there was a report`);
    return;
  }
  const result = JSON.parse(fs.readFileSync(report, 'utf8'));
  total.passed += result.numPassedTests;
  total.failed += result.numFailedTests;
  total.skipped += result.numPendingTests + result.numTodoTests;
  for (const file of result.testResults) {
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      failed(path.relative(root, file.name), 'could not be run');
    }
    for (const test of file.assertionResults) {
      if (test.status === 'failed') broken.push(`${path.relative(root, file.name)}  ${test.fullName}`);
    }
  }
  if (code !== 0 && result.success) failed(`${name} tests`, `ended with exit code ${code} though every test passed`);
}

/** Every call to every ECS double of this suite, checked against botocore's models: one test. */
function countJournals(name, folder) {
  const checked = checkSuite(folder);
  if (!checked) return;
  const { status, message } = checked;
  console.log(`journals of the ${name} tests: ${status}: ${message}`);
  total[status] += 1;
  if (status === 'failed') broken.push(`${name} journals do not match botocore's models: ${message.split('\n')[0]}`);
}

function vmModules() {
  return `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim();
}

/** Starts the container engine if it is installed or KD_REQUIRE_ENGINE=1, and stops it afterwards if it was not running before. */
function withEngine(run) {
  const script = path.join(root, 'tools/engine/engine.sh');
  const wanted = process.env.KD_REQUIRE_ENGINE === '1';
  if (!wanted && spawnSync('bash', [script, 'installed']).status !== 0) return run();
  const up = spawnSync('bash', [script, 'up'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (up.status !== 0 && wanted) failed('engine', 'did not start, but KD_REQUIRE_ENGINE=1');
  try {
    return run();
  } finally {
    if (up.stdout?.trim() === 'started') show('bash', [script, 'down']);
  }
}
