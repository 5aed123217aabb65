import { listed, PREPARING, RETRYING } from './bundles';
import type { Row } from './row';
import { planned, RESTORED, secretsScenario, WRITTEN } from './secrets';

const PROC = { changes: ['proc'], force: false };
const NOTHING = { changes: [], force: false };
const NOT_READY = /1 of 2 bundles are ready; not ready: b \(retrying/;
const RESTORED_LAST = /3 of 3 secrets were written, and restored\.$/;

/** The bundle descriptor in Secrets Manager is reloaded, and then proc is asked whether its bundles are ready. */
export const RELOADS: Row[] = [
  {
    name: 'reload: running tasks load the new list, and then every bundle becomes ready',
    wish: NOTHING,
    scenario: secretsScenario(),
    plan: planned(),
    bundles: (_, seconds) => ({ body: listed(seconds < 300 ? { b: PREPARING } : {}) }),
    exit: 0,
    notes: /all running tasks have the new list of bundles[^]*2 of 2 bundles are ready/,
    runs: 'old',
    secrets: WRITTEN,
    reloaded: ['old_bundle', 'new_bundle'],
  },
  {
    name: 'reload: the new tasks of proc load the new list, and then every bundle is ready',
    wish: PROC,
    scenario: secretsScenario(),
    plan: planned(),
    bundles: () => ({ body: listed() }),
    exit: 0,
    notes: /all running tasks have the new list of bundles[^]*2 of 2 bundles are ready/,
    runs: { proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' },
    secrets: WRITTEN,
    reloaded: ['old_bundle', 'new_bundle'],
  },
  {
    name: 'reload: a bundle of the new list never becomes ready: running tasks load the previous list again',
    wish: NOTHING,
    scenario: secretsScenario(),
    plan: planned(),
    bundles: () => ({ body: listed({ b: RETRYING }) }),
    exit: 35,
    message: new RegExp(`${NOT_READY.source}[^]*${RESTORED_LAST.source}`),
    runs: 'old',
    secrets: RESTORED,
    reloaded: ['old_bundle'],
    isPinned: true,
  },
  {
    name: 'reload: a bundle never becomes ready in the new tasks of proc: they and the list are rolled back',
    wish: PROC,
    scenario: secretsScenario(),
    plan: planned(),
    bundles: () => ({ body: listed({ b: RETRYING }) }),
    exit: 35,
    message: new RegExp(`${NOT_READY.source}[^]*${RESTORED_LAST.source}`),
    runs: 'old',
    secrets: RESTORED,
    reloaded: ['old_bundle'],
  },
  {
    name: 'reload: a bundle never becomes ready, with --onFailure=stop: the new list stays',
    wish: NOTHING,
    scenario: secretsScenario(),
    plan: planned(),
    options: { onFailure: 'stop' },
    bundles: () => ({ body: listed({ b: RETRYING }) }),
    exit: 35,
    message: NOT_READY,
    runs: 'old',
    secrets: WRITTEN,
    reloaded: ['old_bundle', 'new_bundle'],
    isPinned: true,
  },
  {
    name: 'reload: it fails, and proc is not asked about the bundles',
    wish: NOTHING,
    scenario: secretsScenario(undefined, {
      rules: [{ match: { oneOff: true }, times: 1, do: { exit: { code: 3, after: 2, lines: ['not every task was told'] } } }],
    }),
    plan: planned(),
    bundles: () => ({ body: listed({ b: RETRYING }) }),
    exit: 24,
    message: new RegExp(`not every task was told[^]*${RESTORED_LAST.source}`),
    runs: 'old',
    secrets: RESTORED,
    reloaded: ['old_bundle'],
    isPinned: true,
  },
];
