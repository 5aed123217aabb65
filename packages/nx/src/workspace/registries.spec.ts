import { baseReference, pinnedReferences, registriesOf, requireRegistry, shownArgs } from './registries';

describe('registriesOf', () => {
  const env = { KDCUBE_REGISTRY: 'env.example.com/e' };

  it('takes the option before the environment, and the environment before nx.json', () => {
    expect(registriesOf({ registry: 'opt.example.com' }, { registry: 'plugin.example.com' }, env).registry).toEqual({
      host: 'opt.example.com',
      prefix: '',
    });
    expect(registriesOf({}, { registry: 'plugin.example.com' }, env).registry).toEqual({ host: 'env.example.com', prefix: 'e' });
    expect(registriesOf({}, { registry: 'plugin.example.com' }, {}).registry).toEqual({ host: 'plugin.example.com', prefix: '' });
  });

  it('takes the platform from the same registry where nobody says otherwise', () => {
    expect(registriesOf({}, {}, env).platform).toEqual({ host: 'env.example.com', prefix: 'e' });
    expect(registriesOf({}, { platformRegistry: 'p.example.com' }, env).platform).toEqual({ host: 'p.example.com', prefix: '' });
  });

  it('says what to type when nobody named one', () => {
    expect(() => requireRegistry(registriesOf({}, {}, {}))).toThrow(/\[registry-missing\][^]*KDCUBE_REGISTRY/);
    expect(() => baseReference('${KDCUBE_PLATFORM_REGISTRY}/x:1', {})).toThrow(/\[registry-missing\]/);
  });
});

describe('references', () => {
  const registries = registriesOf({ registry: '127.0.0.1:5000/acme', platformRegistry: 'docker.io/kdcube' }, {}, {});
  const digest = `sha256:${'a'.repeat(64)}`;

  it('fills in registries and pins by digest', () => {
    const pin = { pin: 1 as const, bundles: [], bases: { '${KDCUBE_PLATFORM_REGISTRY}/proc:1': digest, 'python:3.12': digest } };
    expect([...pinnedReferences(pin, registries).values()]).toEqual([
      `docker.io/kdcube/proc:1@${digest}`,
      `python:3.12@${digest}`,
    ]);
  });

  it('hands registries to the build as arguments', () => {
    expect(shownArgs(registries)).toEqual({
      KDCUBE_REGISTRY: '127.0.0.1:5000/acme',
      KDCUBE_PLATFORM_REGISTRY: 'docker.io/kdcube',
    });
  });
});
