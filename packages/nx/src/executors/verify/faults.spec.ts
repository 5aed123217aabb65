import * as path from 'node:path';
import { expectGolden } from '../../../../../tools/testing/golden';
import { FAULTS } from '../../../testing/verify/faults.table';
import { CANARY, findMoto, setUp, type VerifySetup } from '../../../testing/verify/kit';
import verify from './executor';
import { captureOutput, releaseContext } from '../../../testing/capture-output';
import { restoreVariables } from '../../../testing/aws-kit';

jest.setTimeout(120_000);

const env = { ...process.env };
const moto = findMoto();
const UPDATE = process.env.KD_UPDATE === '1';
const broken = moto.server === undefined && (moto.broken || UPDATE) && (UPDATE || process.env.KD_REQUIRE_ENGINE === '1');

if (broken)
  it('moto is available', () => {
    throw new Error(`KD_UPDATE=1 or KD_REQUIRE_ENGINE=1, but ${moto.reason}`);
  });

// Live moto first: with KD_UPDATE=1 it is recorded, and the recording is then replayed.
const live = moto.server === undefined ? describe.skip : describe;
live(`a live account of moto${moto.server === undefined ? ` (skipped: ${moto.reason})` : ''}`, () => allOf(moto.server));
describe('a recorded account', () => allOf());

function allOf(server?: string): void {
  let setup: VerifySetup;
  let output: string;

  beforeAll(async () => {
    setup = await setUp(server);
  });
  beforeEach(() => {
    output = '';
    captureOutput((text) => (output += text));
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => {
    await setup.close({ update: UPDATE && server !== undefined });
    restoreVariables(env);
  });

  const run = async (options: object = {}) => {
    return (await verify({ secretKeys: false, layers: false, json: false, ...options }, releaseContext(setup.workspace.root)))
      .success;
  };
  /** The rows of the table with this status. */
  const rows = (status: string) =>
    setup
      .nameIds(output)
      .split('\n')
      .map((line) => line.split(/ {3,}/))
      .filter(([first]) => first === status);
  const lines = (status: string) => rows(status).map(([, kind, subject, detail]) => `${kind} ${subject}: ${detail}`);

  it('passes all checks in one table, and reads no value of a secret', async () => {
    await setup.prepare();
    expect([await run(), lines('FAIL')]).toEqual([true, []]);
    expectGolden(
      path.join(__dirname, '../../../fixtures/aws/verify.txt'),
      setup
        .nameIds(output)
        .replace(/^verified .*\n/m, '')
        .replace(/ +$/gm, ''),
    );
    expect(setup.aws.actions.filter((action) => /GetParameter|GetSecretValue/.test(action))).toEqual([]);
    expect(setup.aws.actions.filter((action) => !/^(?:Describe|Get|List|Simulate)/.test(action))).toEqual([]);
    expect(output).not.toContain(CANARY);
  });

  it('reads a secret with --secretKeys, and prints nothing of it', async () => {
    await setup.prepare({ name: 'secrets are read' });
    expect([await run({ secretKeys: true, json: true }), lines('FAIL')]).toEqual([true, []]);
    expect(lines('pass')).toContain('secret secretsmanager:acme/db#password: exists, and has this key');
    expect(setup.aws.actions).toContain('GetSecretValue');
    expect(output).not.toContain(CANARY);
  });

  it.each(FAULTS.map((fault) => [fault.name, fault] as const))('reports exactly this fault: %s', async (_, fault) => {
    await setup.prepare(fault);
    expect([await run(fault.options), lines('FAIL')]).toEqual([false, [fault.result]]);
    expect(output).toContain('[environment-not-ready]');
    expect(output).not.toContain(CANARY);
  });

  it('reports a denied call as unknown, and does not fail', async () => {
    await setup.prepare();
    setup.aws.denied = /^(?!GetCallerIdentity)/;
    expect([await run(), lines('FAIL')]).toEqual([true, []]);
    expect([...new Set(rows('unknown').map(([, kind]) => kind))].sort()).toEqual([
      'access point',
      'cluster',
      'file system',
      'log group',
      'python3',
      'quota',
      'role',
      'secret',
      'security group',
      'service',
      'subnet',
    ]);
    const others = lines('unknown').filter((line) => !/: not allowed to check: grant \w+:\w+ to this user or role$/.test(line));
    expect(others).toEqual([expect.stringMatching(/^python3 .* does not show it. Check it with: docker run /)]);
  });

  it('reports an image that is not pushed, and runs all other checks', async () => {
    await setup.prepare();
    setup.workspace.commit({ 'bundles/here@1-0/more.py': 'MORE = 1\n' });
    expect([await run({ json: true }), lines('FAIL')]).toEqual([
      false,
      [expect.stringMatching(/^image proc: .*does not have this release's content/)],
    ]);
    expect(output).toContain('nx run proc:docker-push');
    expect(output.match(/"event":"check"/g)!.length).toBeGreaterThan(5);
  });
}
