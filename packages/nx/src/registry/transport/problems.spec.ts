import { ecrRegion } from '@kdcube/release/internal';
import { accessDenied, repositoryMissing } from './problems';

describe('hints', () => {
  const ecr = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';

  it.each([
    [ecr, 'eu-central-1'],
    ['123456789012.dkr.ecr-fips.us-east-1.amazonaws.com', 'us-east-1'],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['123456789012.dkr-ecr.us-west-2.on.aws', 'us-west-2'],
    ['ghcr.io', undefined],
    [`${ecr}.evil.io`, undefined],
    ['public.ecr.aws', undefined],
  ])('know the region of %s', (host, region) => {
    expect(ecrRegion(host)).toBe(region);
  });

  it('say how to log in', () => {
    expect(accessDenied('ghcr.io', 'write x', '403', true).problems[0]).toMatchObject({
      code: 'registry-denied',
      hint: 'docker login ghcr.io',
    });
    expect(accessDenied('ghcr.io', 'write x', '403', true).problems[0]!.message).toContain('with the credentials');
    expect(accessDenied('ghcr.io', 'write x', '403', false).problems[0]!.message).toContain('without credentials');
    expect(accessDenied(ecr, 'write x', '403', true).problems[0]!.hint).toBe(
      `aws ecr get-login-password --region eu-central-1 | docker login --username AWS --password-stdin ${ecr}`,
    );
  });

  it('say how to log in to Amazon’s public registry', () => {
    const login =
      'aws ecr-public get-login-password --region us-east-1 | docker login --username AWS --password-stdin public.ecr.aws';
    expect(accessDenied('public.ecr.aws', 'write x', '403', false).problems[0]!.hint).toBe(login);
  });

  it('say how to make a repository', () => {
    expect(repositoryMissing(ecr, 'acme/x', '404').problems[0]).toMatchObject({
      code: 'registry-repository-missing',
      hint: 'nx run release:images --create    creates it and all others that are missing; or aws ecr create-repository --region eu-central-1 --repository-name acme/x',
    });
  });
});
