import { environmentOf, sampleGateway } from '../../testing/environments';
import { renderGateway } from './gateway';

const render = (gateway: string) => renderGateway(environmentOf(`gateway: ${gateway}`), '2026.3.1').gateway;

test('a section without slices is unchanged', () => {
  expect(render('{ pools: { pg_pool_max_size: 4, pg_max_connections: 100 } }')).toEqual({
    tenant: 'alps',
    project: 'lifts',
    pools: { pg_max_connections: 100, pg_pool_max_size: 4 },
  });
});

test('keys beside slices are copied into both: the platform would ignore them', () => {
  expect(
    render('{ pools: { pg_max_connections: 100, redis_max_connections: 10, proc: { redis_max_connections: 40 } } }').pools,
  ).toEqual({
    ingress: { pg_max_connections: 100, redis_max_connections: 10 },
    proc: { pg_max_connections: 100, redis_max_connections: 40 },
  });
});

test('a missing slice is added: the component would use the other slice', () => {
  expect(render('{ service_capacity: { proc: { processes_per_instance: 4 } } }').service_capacity).toEqual({
    ingress: {},
    proc: { processes_per_instance: 4 },
  });
});

test('roles of a slice inherit the keys beside the slices', () => {
  expect(render('{ rate_limits: { paid: { hourly: 100, burst: 5 }, proc: { paid: { burst: 9 } } } }').rate_limits).toEqual({
    ingress: { paid: { burst: 5, hourly: 100 } },
    proc: { paid: { burst: 9, hourly: 100 } },
  });
});

test('one line of ASCII, without a single quote', () => {
  const { text } = renderGateway(environmentOf(`gateway: { guarded_rest_patterns: { proc: ["^/l'été$"] } }`), '2026.3.1');
  expect(text).toMatch(/^[ -~]+$/);
  expect(text).not.toContain("'");
  expect(JSON.parse(text)).toMatchObject({ guarded_rest_patterns: ["^/l'été$"] });
});

describe('samples of the platform', () => {
  test.each([
    ['gateway-config.example.seed.json', '2026.3.1'],
    ['gateway.head.yaml', '2026.4.19'],
  ] as const)('%s is rendered unchanged, except for keys beside slices', (file, generation) => {
    const sample = sampleGateway(file);
    const { gateway, notes } = renderGateway(environmentOf(`gateway: ${JSON.stringify(sample)}`), generation);
    const expected = structuredClone(sample) as Record<string, Record<string, unknown>>;
    const moved = (section: string, key: string) => {
      const { [key]: value, ingress, proc } = expected[section] as Record<string, object>;
      expected[section] = { ingress: { ...ingress, [key]: value }, proc: { ...proc, [key]: value } };
    };
    moved('pools', 'pg_max_connections');
    moved('backpressure', 'capacity_source_component');
    expect(gateway).toEqual({ tenant: 'alps', project: 'lifts', ...expected });
    expect(notes).toEqual([]);
  });
});
