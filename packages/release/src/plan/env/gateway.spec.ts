import { environmentOf } from '../../testing/environments';
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
