import { type Check, fail, pass } from './check';

export const logGroupExists: Check<{ exists: boolean }> = {
  name: 'log-group-exists',
  kind: 'log group',
  title: 'Every log group of a task definition that the environment makes exists',
  why: 'No task can start without it.',
  source: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html',
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ exists }, group) {
    if (exists) return pass('exists');
    return fail('does not exist: no task can start without it', `aws logs create-log-group --log-group-name ${group}`);
  },
};
