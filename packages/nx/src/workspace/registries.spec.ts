import { baseReference, pinnedReferences, resolveRegistries, requireRegistry, registryBuildArgs } from './registries';

describe('resolveRegistries', () => {
  const env = { KDCUBE_REGISTRY: 'env.example.com/e' };

  it('prefers the option to the environment, and the environment to nx.json', () => {
    expect(resolveRegistries({ registry: 'opt.example.com' }, { registry: 'plugin.example.com' }, env).registry).toEqual({
      host: 'opt.example.com',
      prefix: '',
    });
    expect(resolveRegistries({}, { registry: 'plugin.example.com' }, env).registry).toEqual({
      host: 'env.example.com',
      prefix: 'e',
    });
    expect(resolveRegistries({}, { registry: 'plugin.example.com' }, {}).registry).toEqual({
      host: 'plugin.example.com',
      prefix: '',
    });
  });

  it('uses the same registry for the platform by default', () => {
    expect(resolveRegistries({}, {}, env).platform).toEqual({ host: 'env.example.com', prefix: 'e' });
    expect(resolveRegistries({}, { platformRegistry: 'p.example.com' }, env).platform).toEqual({
      host: 'p.example.com',
      prefix: '',
    });
  });

  it('reports what to type if no registry is configured', () => {
    expect(() => requireRegistry(resolveRegistries({}, {}, {}))).toThrow(/\[registry-missing\][^]*KDCUBE_REGISTRY/);
    expect(() => baseReference('${KDCUBE_PLATFORM_REGISTRY}/x:1', {})).toThrow(/\[registry-missing\]/);
  });
});

describe('references', () => {
  const registries = resolveRegistries({ registry: '127.0.0.1:5000/acme', platformRegistry: 'docker.io/kdcube' }, {}, {});
  const digest = `sha256:${'a'.repeat(64)}`;

  it('fills in registries and pins by digest', () => {
    const pin = { pin: 1 as const, bundles: [], bases: { '${KDCUBE_PLATFORM_REGISTRY}/proc:1': digest, 'python:3.12': digest } };
    expect([...pinnedReferences(pin, registries).values()]).toEqual([
      `docker.io/kdcube/proc:1@${digest}`,
      `python:3.12@${digest}`,
    ]);
  });

  it('passes registries to the build as arguments', () => {
    expect(registryBuildArgs(registries)).toEqual({
      KDCUBE_REGISTRY: '127.0.0.1:5000/acme',
      KDCUBE_PLATFORM_REGISTRY: 'docker.io/kdcube',
    });
  });
});
