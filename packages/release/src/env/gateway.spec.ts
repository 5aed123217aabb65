import { environmentOf, sampleGateway } from '../../testing/environments';
import { renderGateway } from './gateway';

const render = (gateway: string) => renderGateway(environmentOf(`gateway: ${gateway}`), '2026.3.1').gateway;

test('flat stays flat', () => {
  expect(render('{ pools: { pg_pool_max_size: 4, pg_max_connections: 100 } }')).toEqual({
    tenant: 'alps',
    project: 'lifts',
    pools: { pg_max_connections: 100, pg_pool_max_size: 4 },
  });
});

test('what stands beside slices goes into both: the platform would throw it away', () => {
  expect(
    render('{ pools: { pg_max_connections: 100, redis_max_connections: 10, proc: { redis_max_connections: 40 } } }').pools,
  ).toEqual({
    ingress: { pg_max_connections: 100, redis_max_connections: 10 },
    proc: { pg_max_connections: 100, redis_max_connections: 40 },
  });
});

test('one slice alone gets the other: a component without one would have its neighbour’s', () => {
  expect(render('{ service_capacity: { proc: { processes_per_instance: 4 } } }').service_capacity).toEqual({
    ingress: {},
    proc: { processes_per_instance: 4 },
  });
});

test('a slice’s role starts from the flat one, key by key', () => {
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

describe('the platform’s own samples', () => {
  test.each([
    ['gateway-config.example.seed.json', '2026.3.1'],
    ['gateway.head.yaml', '2026.4.19'],
  ] as const)('%s is read, and rendered as it is but for what stands beside slices', (file, generation) => {
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
