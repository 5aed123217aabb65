// Who may, and whether the registry is the one that it says it is.
import { faulty, MANIFEST_PUT, type Row, errorResponse, type Stage } from './row';

const BASIC = { auth: { type: 'basic', users: { ann: 'her-password' } } };
const BEARER = { auth: { type: 'bearer', users: { ann: 'her-password' } } };
const CLOSED = { status: 401, body: '' };

/** Every token ends before the given request, counted from 1. */
function endsBefore(stage: Stage, count: number): void {
  let seen = 0;
  stage.registry.faults = ({ kind }) => {
    if (kind !== 'token' && (seen += 1) === count) stage.registry.revoke();
  };
}

export const ACCESS: Row[] = [
  { what: 'no password, where one is asked for', ends: 'registry-denied', registry: BASIC, stays: true },
  {
    what: 'a token that expires halfway, between two blobs',
    ends: 'pushed',
    login: true,
    registry: BEARER,
    arrange: (stage) => endsBefore(stage, 12),
  },
  {
    what: 'a token that expires before the manifest is written',
    ends: 'pushed',
    login: true,
    registry: BEARER,
    arrange: (stage) => {
      stage.registry.faults = faulty(MANIFEST_PUT, () => stage.registry.revoke(), 1);
    },
  },
  {
    what: 'tokens that are never good',
    ends: 'registry-denied',
    login: true,
    registry: BEARER,
    arrange: (stage) => {
      stage.registry.faults = ({ kind }) => (kind === 'token' ? undefined : stage.registry.revoke());
    },
  },
  {
    what: '401 without a challenge, and docker keeps nothing',
    ends: 'registry-denied',
    arrange: ({ registry }) => void (registry.faults = () => CLOSED),
  },
  {
    what: '401 without a challenge, whatever is sent',
    ends: 'registry-denied',
    login: true,
    arrange: ({ registry }) => void (registry.faults = () => CLOSED),
  },
  {
    what: '403 to every write',
    ends: 'registry-denied',
    login: true,
    registry: BASIC,
    arrange: ({ registry }) =>
      void (registry.faults = faulty(
        ({ method }) => !['GET', 'HEAD'].includes(method),
        errorResponse(403, 'DENIED', 'ann may only read'),
      )),
  },
  {
    what: 'TLS with an untrusted authority',
    ends: 'registry-unreachable',
    registry: { tls: true },
    arrange: ({ registry, names }) => void (names.registry = registry.host.replace('127.0.0.1', 'registry.example')),
    stays: true,
  },
  {
    what: 'a repository that does not exist, where a push creates none',
    ends: 'registry-repository-missing',
    registry: { repositories: ['other'] },
    stays: true,
  },
  {
    what: 'nothing listens on the port',
    ends: 'registry-unreachable',
    arrange: async ({ registry }) => registry.close(),
    stays: true,
  },
];
