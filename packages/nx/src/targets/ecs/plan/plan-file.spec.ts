import { deployInput, prod } from '../../../../../release/testing/deploys';
import { requireSameReadiness } from './plan-file';

const readiness = { url: 'https://app.example.com/x', headers: {}, wait: 'all' as const };
const write = { secret: 'kdcube/alps/prod/bundles-meta', content: {} };
const secrets = { prefix: 'kdcube/alps/prod', writes: [write], added: [], changed: [], removed: [], foreign: [], reload: false };

it.each([
  ['an admin loads the changed list later: a saved plan does not ask', false, [write], true],
  ['the list is the same: it asks', false, [], false],
  ['the deploy loads the list: it asks', true, [write], false],
])('%s', (_, reload, writes, isAccepted) => {
  const { release: base } = deployInput({});
  const release = { ...base, generation: '2026.8.18' as const };
  const environment = { ...prod, readiness, bundles: { ...prod.bundles, descriptor: 'aws-sm' as const, reload } };
  const plan = { descriptor: { secrets: { ...secrets, writes } } } as never;
  const check = () => requireSameReadiness(plan, environment, release);
  if (isAccepted) expect(check).not.toThrow();
  else expect(check).toThrow('asks for the readiness of bundles in another way');
});
