import type { TargetConfiguration } from '@nx/devkit';
import type { Verb } from './options';
import { TARGET_DOCS } from './target-docs';

/** A target with the words that `nx show project` prints: what it does, an example to type, and every option with its meaning. */
export function described(verb: Verb, target: TargetConfiguration): TargetConfiguration {
  const { description, command, options } = TARGET_DOCS[verb];
  return {
    ...target,
    metadata: {
      technologies: ['kdcube'],
      description,
      help: {
        command,
        example: { options: Object.fromEntries(Object.entries(options).map(([name, option]) => [name, option.example])) },
      },
      options,
    },
  };
}
