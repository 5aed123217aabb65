import type { DeployPlan } from '../../src/internal';
import { listed, PREPARING, readinessAt, RETRYING } from './bundles';
import { CRASH, rule, UI, type Row } from './row';
import { service, SERVICES } from './kit';

const DSN_ERROR = 'connection to postgresql://kdcube:Xq7-vu2.Lk9@db.internal:5432/kdcube failed';

function withReadiness(more: Partial<NonNullable<DeployPlan['readiness']>>): NonNullable<Row['plan']> {
  return (plan) => ({ ...plan, readiness: readinessAt('http://127.0.0.1:1/', more)! });
}

/** As text: made once, not at every request. */
const TEN_MB = JSON.stringify(listed({}, { padding: 'x'.repeat(10_000_000) }));

/** An endpoint that never says anything about these bundles: the tasks and their digests decide. */
const USELESS: [string, NonNullable<Row['bundles']>, RegExp][] = [
  ['500', () => ({ status: 500, body: 'Internal Server Error', type: 'text/plain' }), /it answers 500/],
  [
    'HTML',
    () => ({ body: '<!doctype html><title>Sign in</title>', type: 'text/html' }),
    /it answers with text\/html that is not JSON/,
  ],
  [
    'JSON of another shape',
    () => ({ body: { applications: ['a', 'b'] } }),
    /it answers with JSON that is not a list of applications/,
  ],
  ['null', () => ({ body: 'null' }), /it answers with JSON that is not a list of applications/],
  [
    'another tenant’s applications',
    () => ({ body: listed({ a: PREPARING }, { tenant: 'other' }) }),
    /it answers for other\/one, not for acme\/one/,
  ],
  [
    'another project’s applications',
    () => ({ body: listed({}, { project: 'two' }) }),
    /it answers for acme\/two, not for acme\/one/,
  ],
  [
    'a redirect to another host',
    () => ({ status: 302, location: 'http://127.0.0.2:9/login' }),
    /it redirects to 127\.0\.0\.2:9, which is not followed/,
  ],
  ['no answer at all', () => 'never', /it does not answer/],
  ['10 MB', () => ({ body: TEN_MB }), /its answer is larger than 1 MiB/],
  ['401', () => ({ status: 401, body: { detail: 'Not authenticated' } }), /it answers 401: it wants a credential/],
  ['404, as the proxy of the platform does', () => ({ status: 404, body: { detail: 'Not Found' } }), /it answers 404/],
];

/** Rollouts by what proc answers about its bundles. */
export const BUNDLE_ROWS: Row[] = [
  {
    name: 'every bundle is ready',
    bundles: () => ({ body: listed() }),
    exit: 0,
    notes: /2 of 2 bundles are ready, as 1 process of proc answered/,
    runs: 'new',
  },
  {
    name: 'a bundle is ready after 10 minutes',
    bundles: (_, seconds) => ({ body: listed(seconds < 600 ? { b: PREPARING } : {}) }),
    exit: 0,
    notes: /2 of 2 bundles are ready/,
    runs: 'new',
  },
  {
    name: 'a bundle is ready 12 minutes after a wave that took most of its timeout',
    options: { timeout: 15 * 60_000 },
    later: { timing: { stop: 600 } },
    bundles: (_, seconds) => ({ body: listed(seconds < 720 ? { b: PREPARING } : {}) }),
    exit: 0,
    notes: /2 of 2 bundles are ready/,
    runs: 'new',
  },
  {
    name: 'a bundle never becomes ready',
    bundles: () => ({ body: listed({ b: RETRYING }) }),
    exit: 35,
    message: /1 of 2 bundles are ready; not ready: b \(retrying: ModuleNotFoundError\)\.\n +b: No module named 'pandas'/,
    recorded: /not ready: b \(retrying: ModuleNotFoundError\)\.$/,
    runs: 'old',
    golden: 'bundle-not-ready',
  },
  {
    name: 'the error of a bundle quotes a connection string',
    bundles: () => ({ body: listed({ b: { ...RETRYING, error_code: 'OperationalError', error_message: DSN_ERROR } }) }),
    exit: 35,
    message: /not ready: b \(retrying: OperationalError\)\.\n +b: not shown: the text of the error has a secret in it\n/,
    recorded: /not ready: b \(retrying: OperationalError\)\.$/,
    runs: 'old',
  },
  {
    name: 'a bundle never becomes ready, with --onFailure=stop',
    options: { onFailure: 'stop' },
    bundles: () => ({ body: listed({ b: RETRYING }) }),
    exit: 35,
    message: /proc runs acme-proc:2 \(new\)/,
    runs: { proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' },
    isPinned: true,
  },
  {
    name: 'the view without errors names the bundle and its state',
    bundles: () => ({ body: listed({ b: PREPARING }) }),
    exit: 35,
    message: /not ready: b \(preparing\)/,
    runs: 'old',
  },
  {
    name: 'proc does not list a bundle',
    bundles: () => ({ body: listed({ b: undefined }) }),
    exit: 35,
    message: /not ready: b \(proc does not list it\)/,
    runs: 'old',
  },
  {
    name: 'an old content of a bundle stays ready',
    bundles: () => ({
      body: listed({
        b: { ...RETRYING, ready: true, state: 'ready', ready_generation: 'old', error_code: null, error_message: null },
      }),
    }),
    exit: 35,
    message: /b \(an earlier content is ready\)/,
    runs: 'old',
  },
  {
    name: 'one of two processes of proc does not become ready',
    bundles: (request) => ({ process: `proc/${request % 2}`, body: listed(request % 2 === 1 ? { b: RETRYING } : {}) }),
    exit: 35,
    message: /not ready: b \(retrying/,
    runs: 'old',
  },
  {
    name: 'a bundle that is not required is late, and only required ones are waited for',
    plan: withReadiness({ wait: 'required' }),
    bundles: () => ({ body: listed({ b: PREPARING }) }),
    exit: 0,
    notes: /1 of 2 bundles are ready.*not ready, and not waited for: b \(preparing\)/,
    runs: 'new',
  },
  {
    name: 'a required bundle is late, and only required ones are waited for',
    plan: withReadiness({ wait: 'required' }),
    bundles: () => ({ body: listed({ b: RETRYING }) }),
    exit: 35,
    message: /not ready: b \(retrying/,
    runs: 'old',
  },
  {
    name: 'proc lists nothing right after its start, and only required bundles are waited for',
    plan: withReadiness({ wait: 'required' }),
    bundles: (_, seconds) => ({
      body: seconds < 60 ? listed({ a: undefined, b: undefined }) : listed({ b: RETRYING }),
    }),
    exit: 35,
    message: /1 of 2 bundles are ready; not ready: b \(retrying/,
    runs: 'old',
  },
  {
    name: 'proc never lists a bundle, and only required ones are waited for',
    plan: withReadiness({ wait: 'required' }),
    bundles: () => ({ body: listed({ b: undefined }) }),
    exit: 35,
    message: /not ready: b \(proc does not list it\)/,
    runs: 'old',
  },
  ...USELESS.map(([name, bundles, why]): Row => ({
    name: `readiness: ${name}`,
    bundles,
    exit: 0,
    notes: new RegExp(`could not be asked: ${why.source}.*The verdict rests on tasks and digests`, 's'),
    runs: 'new',
  })),
  {
    name: 'the endpoint answers only after a minute',
    bundles: (_, seconds) => (seconds < 60 ? { status: 502, body: 'Bad Gateway' } : { body: listed() }),
    exit: 0,
    notes: /2 of 2 bundles are ready/,
    runs: 'new',
  },
  {
    name: 'the endpoint answers every other time',
    bundles: (request) => (request % 2 === 1 ? { status: 429, body: {} } : { body: listed() }),
    exit: 0,
    notes: /2 of 2 bundles are ready/,
    runs: 'new',
  },
  {
    name: 'the endpoint stops answering before the bundles are ready',
    bundles: (_, seconds) => (seconds < 30 ? { body: listed({ b: PREPARING }) } : { status: 502, body: 'Bad Gateway' }),
    exit: 20,
    message: /unknown whether the bundles of proc are ready.*it answers 502.*not ready: b \(preparing\)/s,
    runs: { proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' },
    registry: 'left',
  },
  {
    name: 'proc is scaled to 0: no task can be asked',
    scenario: { services: SERVICES.map((name) => service(name, name === 'proc' ? { desiredCount: 0 } : {})) },
    bundles: () => ({ body: listed({ b: PREPARING }) }),
    exit: 0,
    notes: /could not be asked: it has no tasks/,
    runs: 'new',
    registry: 'left',
  },
  {
    name: 'proc does not change, and an earlier run ended before its bundles were ready',
    wish: UI,
    bundles: () => ({ body: listed({ b: RETRYING }) }),
    exit: 35,
    message: /not ready: b \(retrying.*ui runs acme-ui:2 \(new\)/s,
    runs: { proc: 'proc:1', ingress: 'ingress:1', ui: 'ui:2' },
    behindProc: 'elsewhere',
    isPinned: true,
  },
  {
    name: 'nothing changes, and a bundle is not ready',
    wish: { changes: [] },
    bundles: () => ({ body: listed({ b: RETRYING }) }),
    exit: 35,
    message: /The bundles of proc are not ready with acme-proc:1\..*No service was updated/s,
    runs: 'old',
    writes: 'none',
    isPinned: true,
  },
  {
    name: 'proc crashes: its bundles are not asked about',
    scenario: { rules: [rule('proc', CRASH)] },
    bundles: () => ({ body: listed({ b: RETRYING }) }),
    exit: 12,
    message: /boom/,
    runs: 'old',
  },
];
