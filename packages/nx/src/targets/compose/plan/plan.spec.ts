import type { ComposePlan } from '@kdcube/release/internal';
import { requireSameHost } from './plan';

const PLAN = {
  environment: 'host',
  host: 'this machine',
  project: 'kdcube',
  directory: '/opt/kdcube',
  file: 'docker-compose.yaml',
  secretStamps: { '/etc/kdcube/proc.env': 'a' },
  content: { services: { proc: { baseHash: 'b' } } },
} as unknown as ComposePlan;

const changed = (over: object) => () => requireSameHost(PLAN, { ...PLAN, ...over });

it('a saved plan of the same host is carried out', () => {
  expect(changed({})).not.toThrow();
  // A service that is new since then is not in the plan.
  expect(changed({ content: { services: { proc: { baseHash: 'b' }, other: { baseHash: 'c' } } } })).not.toThrow();
});

it.each([
  [{ secretStamps: { '/etc/kdcube/proc.env': 'other' } }, 'since it was made, /etc/kdcube/proc.env on the host has changed'],
  [{ content: { services: { proc: { baseHash: 'other' } } } }, 'what docker-compose.yaml says of proc on the host has changed'],
  [{ host: 'ssh://deploy@kdcube.example.com' }, 'was made for this machine /opt/kdcube'],
  [{ directory: '/srv/kdcube' }, 'names another place now'],
])('a saved plan is out of date: %j', (over, message) => {
  expect(changed(over)).toThrow(message);
});
