import { definition, OLD, SERVICES } from './kit';
import { type Row, CRASH, rule, update } from './row';

const GATEWAY = { gateway: true };
/** The environment does not change; the configuration in Redis is written again all the same. */
const ALONE = { changes: ['proc', 'ingress'], force: false, gateway: true };

/** The gateway configuration in Redis overrides the environment, as the registry does: in every row it must be that of the proc that runs. */
export const GATEWAYS: Row[] = [
  { name: 'the gateway configuration is forced with the bundles', wish: GATEWAY, exit: 0, runs: 'new' },
  {
    name: 'only the gateway configuration is forced',
    wish: ALONE,
    exit: 0,
    runs: { proc: 'proc:2', ingress: 'ingress:2', ui: 'ui:1' },
    registry: 'left',
  },
  {
    name: 'proc crashes after it wrote the gateway configuration',
    wish: GATEWAY,
    scenario: { rules: [rule('proc', CRASH)] },
    exit: 12,
    message: /boom/,
    runs: 'old',
  },
  {
    name: 'proc crashes after it wrote the gateway configuration, with --onFailure=stop',
    wish: GATEWAY,
    options: { onFailure: 'stop' },
    scenario: { rules: [rule('proc', CRASH)] },
    exit: 12,
    message: /boom/,
    runs: 'old',
  },
  {
    name: 'only the gateway configuration is forced, and proc crashes after it wrote it',
    wish: ALONE,
    scenario: { rules: [rule('proc', CRASH)] },
    exit: 12,
    message: /boom/,
    runs: 'old',
  },
  {
    name: 'the gateway configuration is forced, and a later wave fails',
    wish: GATEWAY,
    scenario: { rules: [rule('ingress', CRASH)] },
    exit: 12,
    message: /boom/,
    runs: 'old',
  },
  {
    name: 'the gateway configuration is forced, and a later wave fails with --onFailure=stop',
    wish: GATEWAY,
    options: { onFailure: 'stop' },
    scenario: { rules: [rule('ingress', CRASH)] },
    exit: 12,
    message: /boom/,
    runs: { proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' },
  },
  {
    name: 'the gateway configuration is forced, and the second step of proc fails',
    wish: GATEWAY,
    scenario: { rules: [{ match: { taskDefinition: 'acme-proc:2' }, do: CRASH }] },
    exit: 12,
    message: /boom/,
    runs: 'old',
  },
  {
    name: 'the gateway configuration is forced, and another deploy updates ingress',
    wish: GATEWAY,
    scenario: {
      taskDefinitions: [...SERVICES.map((name) => definition(name, OLD)), definition('other', OLD)],
      script: [update(230, { service: 'acme-ingress', taskDefinition: 'acme-other:1' })],
    },
    exit: 18,
    message: /acme-other:1/,
    runs: { proc: 'proc:2', ingress: 'other:1', ui: 'ui:1' },
  },
];
