import { arn, definition, NEW, OLD, service, SERVICES } from './kit';
import { type Row, CRASH, rule, UI } from './row';

const MORE = Array.from({ length: 37 }, (_, index) => `more-${index + 1}`);
const FORTY = { changes: ['ui', ...MORE], more: MORE };
/** Tasks come in pages of a hundred. */
const CROWD = 120;
const crowded = { services: SERVICES.map((name) => service(name, name === 'ui' ? { desiredCount: CROWD } : {})) };
const NEW_UI = { proc: 'proc:1', ingress: 'ingress:1', ui: 'ui:2' };
const REVISIONS = 130;

/** More than fits on one page. */
export const MANY: Row[] = [
  {
    name: 'an environment of forty services',
    wish: FORTY,
    exit: 0,
    runs: { ...NEW_UI, ...Object.fromEntries(MORE.map((name) => [name, `${name}:2`])) },
  },
  {
    name: 'an environment of forty services, and the last one fails',
    wish: FORTY,
    scenario: { rules: [rule('more-37', CRASH)] },
    exit: 12,
    message: /more-37 did not come up.*boom/s,
    runs: 'old',
  },
  { name: 'more tasks than fit on a page', wish: UI, scenario: crowded, exit: 0, runs: NEW_UI },
  {
    name: 'more tasks than fit on a page, and the last ones run another image',
    wish: UI,
    scenario: {
      ...crowded,
      rules: [rule('ui', {}, { times: CROWD - 5 }), rule('ui', { digest: `sha256:${'f'.repeat(64)}` }, { times: 5 })],
    },
    exit: 21,
    message: /sha256:ffff/,
    runs: 'old',
  },
  {
    name: 'more revisions than fit on a page, and an earlier run registered the new one',
    wish: UI,
    scenario: {
      taskDefinitions: [
        ...SERVICES.filter((name) => name !== 'ui').map((name) => definition(name, OLD)),
        ...Array.from({ length: REVISIONS }, () => definition('ui', OLD)),
        definition('ui', NEW),
      ],
      services: SERVICES.map((name) => service(name, name === 'ui' ? { taskDefinition: `acme-ui:${REVISIONS}` } : {})),
    },
    plan: (plan) => ({
      ...plan,
      baseline: { ...plan.baseline, 'acme-ui': { ...plan.baseline['acme-ui']!, taskDefinition: arn(`acme-ui:${REVISIONS}`) } },
    }),
    exit: 0,
    runs: { ...NEW_UI, ui: `ui:${REVISIONS + 1}` },
  },
];
