import * as path from 'node:path';
import { expectGolden } from '../../../../../tools/testing/golden';
import { FAULTS } from '../../effects/testing/verify/faults.table';
import { CANARY, findMoto, stage, type Stage } from '../../effects/testing/verify/kit';
import verify from './executor';
import { hear, releaseContext } from '../../effects/testing/hear';

jest.setTimeout(120_000);

const env = { ...process.env };
const moto = findMoto();
const UPDATE = process.env.KD_UPDATE === '1';
const broken = moto.server === undefined && (moto.broken || UPDATE) && (UPDATE || process.env.KD_REQUIRE_ENGINE === '1');

if (broken)
  it('moto is there', () => {
    throw new Error(`KD_UPDATE=1 or KD_REQUIRE_ENGINE=1, but ${moto.reason}`);
  });

// moto first: with KD_UPDATE=1 it is recorded, and what was recorded is then replayed.
const live = moto.server === undefined ? describe.skip : describe;
live(`an account of moto${moto.server === undefined ? ` (skipped: ${moto.reason})` : ''}`, () => allOf(moto.server));
describe('an account as moto once answered', () => allOf());

function allOf(server?: string): void {
  let at: Stage;
  let said: string;

  beforeAll(async () => {
    at = await stage(server);
  });
  beforeEach(() => {
    said = '';
    hear((text) => (said += text));
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => {
    await at.end({ update: UPDATE && server !== undefined });
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    Object.assign(process.env, env);
  });

  const run = async (options: object = {}) => {
    return (await verify({ secretKeys: false, json: false, ...options }, releaseContext(at.ours.root))).success;
  };
  /** The rows of the table with that mark. */
  const rows = (mark: string) =>
    at
      .shown(said)
      .split('\n')
      .map((line) => line.split(/ {3,}/))
      .filter(([first]) => first === mark);
  const lines = (mark: string) => rows(mark).map(([, about, which, answer]) => `${about} ${which}: ${answer}`);

  it('everything that is there is good, in one table, and no value of a secret is asked for', async () => {
    await at.set();
    expect([await run(), lines('WRONG')]).toEqual([true, []]);
    expectGolden(
      path.join(__dirname, '../../../fixtures/aws/verify.txt'),
      at
        .shown(said)
        .replace(/^verified .*\n/m, '')
        .replace(/ +$/gm, ''),
    );
    expect(at.aws.asked.filter((action) => /GetParameter|GetSecretValue/.test(action))).toEqual([]);
    expect(at.aws.asked.filter((action) => !/^(?:Describe|Get|List|Simulate)/.test(action))).toEqual([]);
    expect(said).not.toContain(CANARY);
  });

  it('a secret is read where that is asked for, and nothing of it is said', async () => {
    await at.set({ name: 'secrets are read' });
    expect([await run({ secretKeys: true, json: true }), lines('WRONG')]).toEqual([true, []]);
    expect(lines('good')).toContain('secret secretsmanager:acme/db#password: is there, and has this key');
    expect(at.aws.asked).toContain('GetSecretValue');
    expect(said).not.toContain(CANARY);
  });

  it.each(FAULTS.map((fault) => [fault.name, fault] as const))('found and named, alone: %s', async (_, fault) => {
    await at.set(fault);
    expect([await run(fault.options), lines('WRONG')]).toEqual([false, [fault.said]]);
    expect(said).toContain('[environment-unready]');
    expect(said).not.toContain(CANARY);
  });

  it('what may not be asked is not known, and is no failure', async () => {
    await at.set();
    at.aws.denied = /^(?!GetCallerIdentity)/;
    expect([await run(), lines('WRONG')]).toEqual([true, []]);
    expect([...new Set(rows('not known').map(([, about]) => about))].sort()).toEqual([
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
    const others = lines('not known').filter((line) => !/: may not be asked: allow \w+:\w+ to this user or role$/.test(line));
    expect(others).toEqual([expect.stringMatching(/^python3 .* does not say whether it has it: docker run /)]);
  });

  it('an image that is not pushed is one answer of the table, and everything else is asked all the same', async () => {
    await at.set();
    at.ours.commit({ 'bundles/here@1-0/more.py': 'MORE = 1\n' });
    expect([await run({ json: true }), lines('WRONG')]).toEqual([
      false,
      [expect.stringMatching(/^image proc: .*does not have this release's content/)],
    ]);
    expect(said).toContain('nx run proc:docker-push');
    expect(said.match(/"event":"answer"/g)!.length).toBeGreaterThan(5);
  });
}
