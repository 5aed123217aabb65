import { type Check, fail, pass, unknown } from './check';

export const repositoryExists: Check<{ exists: boolean; settings: string }> = {
  name: 'repository-exists',
  kind: 'repository',
  title: 'In Amazon ECR: every image of the release has a repository, and the release records have one',
  why: 'ECR creates no repository on push: docker-push is refused, or a deployment ends without a record.',
  source: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/docker-push-ecr-image.html',
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ exists, settings }) {
    if (exists) return pass(settings);
    return fail('does not exist: ECR creates no repository on push', 'nx run release:images --create');
  },
};

/** `policy`: the text of its lifecycle policy; undefined if it has none. */
export const repositoryLifecycle: Check<{ policy: string | undefined }> = {
  name: 'repository-lifecycle',
  kind: 'repository',
  title: 'In Amazon ECR: no lifecycle policy removes images with a tag',
  why: 'Amazon does not know what runs, and what a rollback needs. `release:prune` knows both.',
  source: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html',
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ policy }, repository) {
    if (policy === undefined) return pass('has no lifecycle policy');
    const rules = rulesOf(policy);
    if (rules === undefined) return unknown('has a lifecycle policy that cannot be read');
    const rule = rules.find(({ selection }) => selection?.tagStatus !== 'untagged');
    if (rule === undefined) return pass('its lifecycle policy keeps every image with a tag');
    const priority = typeof rule.rulePriority === 'number' ? `rule ${rule.rulePriority}` : 'a rule';
    return fail(
      `has a lifecycle policy whose ${priority} removes images with a tag: it may remove what runs, or what a rollback needs`,
      `aws ecr get-lifecycle-policy --repository-name ${repository}    shows it. Remove the rule; nx run release:prune removes what nothing needs`,
    );
  },
};

interface Rule {
  rulePriority?: unknown;
  selection?: { tagStatus?: unknown };
}

function rulesOf(policy: string): Rule[] | undefined {
  try {
    const { rules } = JSON.parse(policy) as { rules?: unknown };
    return Array.isArray(rules) && rules.every((rule) => typeof rule === 'object' && rule !== null) ? rules : undefined;
  } catch {
    return undefined;
  }
}
