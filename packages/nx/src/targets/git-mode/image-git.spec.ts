import type { ImageConfig } from '../../registry/manifest-format';
import { checkImageGit } from './image-git';

const check = (lines: unknown[], generation: '2026.3.1' | '2026.8.18' = '2026.3.1') => {
  const config = { history: lines.map((line) => (typeof line === 'string' ? { created_by: line } : line)) };
  return checkImageGit('proc@sha256:1', 'r/proc@sha256:1', config as unknown as ImageConfig, generation);
};

test.each([
  'RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends     ca-certificates     git     openssh-client && rm -rf /x # buildkit',
  '/bin/sh -c apk add --no-cache git',
  'RUN dnf install -y git-core git=2.40',
])('git is in the image: %s', (line) => {
  expect(check([{ empty_layer: true }, null, 'ENV A=1', line])).toMatchObject({
    status: 'pass',
    detail: expect.stringContaining('its history has'),
  });
});

test.each(['RUN apt-get install -y curl && git clone x', 'COPY git /git', 'RUN apt-get install -y gitlint digit'])(
  'no evidence: %s',
  (line) => {
    expect(check([line]).status).toBe('fail');
    expect(check([line], '2026.8.18')).toMatchObject({
      status: 'unknown',
      detail: expect.stringContaining('docker run --rm --entrypoint git r/proc@sha256:1 --version'),
    });
  },
);
