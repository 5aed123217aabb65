import type { EnvPlan } from '@kdcube/release';
import { inParallel } from '../../parallel';
import { answered, good, wrong, type Answer } from './answers';
import type { AwsQuestions } from '../aws/ask-aws';

/** Whether the secrets are there. `keys`: also read those of which one key is wanted, to see whether they have it; nothing of a value is kept. */
export async function secretAnswers({ services }: EnvPlan, aws: AwsQuestions, { keys }: { keys: boolean }): Promise<Answer[]> {
  const onEcs = services.filter(({ target }) => target === 'ecs');
  const references = [...new Set(onEcs.flatMap(({ secrets }) => Object.values(secrets)))].sort();
  const answers = await inParallel(references, 4, (reference) => {
    const [, , service, , , kind, ...rest] = reference.split(':');
    if (service === 'ssm') {
      const name = (kind ?? '').replace(/^parameter/, '');
      return answered('secret', `ssm:${name}`, async () =>
        (await aws.parameterExists(name))
          ? good('secret', `ssm:${name}`, 'is there')
          : wrong('secret', `ssm:${name}`, 'is not there', `aws ssm put-parameter --type SecureString --name ${name} --value …`),
      );
    }
    const [name = '', key] = rest;
    const subject = `secretsmanager:${name}${key ? `#${key}` : ''}`;
    return answered(
      'secret',
      subject,
      async () => {
        const id = /-[A-Za-z0-9]{6}$/.test(name) ? reference.split(':').slice(0, 7).join(':') : name;
        const { deleted } = await aws.secret(id);
        if (deleted)
          return wrong(
            'secret',
            subject,
            'is marked for deletion, and ECS cannot read it',
            `aws secretsmanager restore-secret --secret-id ${name}`,
          );
        if (!key) return good('secret', subject, 'is there');
        if (!keys) return good('secret', subject, 'is there; whether it has this key only its value says: --secretKeys reads it');
        const there = await aws.secretKeys(id);
        if (there?.includes(key)) return good('secret', subject, 'is there, and has this key');
        return wrong(
          'secret',
          subject,
          there ? `is there, and has no key ${key}` : `is there, and is no JSON object, so that it has no key ${key}`,
          `aws secretsmanager put-secret-value --secret-id ${name} …`,
        );
      },
      /ResourceNotFound/,
      `aws secretsmanager create-secret --name ${name} …`,
    );
  });
  return answers.flat();
}
