import { type Check, fail, pass } from './check';

export const clusterActive: Check<{ status: string | undefined; region: string }> = {
  name: 'cluster-active',
  kind: 'cluster',
  title: 'The cluster exists and is ACTIVE',
  why: 'Nothing can run in a cluster that does not exist or was deleted.',
  source: 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html',
  when: ['verify', 'deploy'],
  code: 'cluster-missing',
  decide({ status, region }) {
    if (status === 'ACTIVE') return pass('exists');
    return fail(status === undefined ? 'does not exist' : `is ${status}`, `aws ecs list-clusters --region ${region}`);
  },
};
