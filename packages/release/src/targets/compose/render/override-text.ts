import { yamlText } from '../../../document/yaml-text';

/** A key of a service in our compose file. `how`: merged with the key of the compose file before it, put in its place, or the key is removed. */
export interface OverrideKey {
  key: string;
  how: 'merge' | 'override' | 'reset';
  value?: unknown;
}

/** A compose file that is read after the host's own. The tags are compose's, since 2.24.4. `project`: the name of the compose project, for people who type no `--project-name`. */
export function overrideText(services: ReadonlyMap<string, readonly OverrideKey[]>, project?: string): string {
  const lines = [...services].flatMap(([name, keys]) => [`  ${JSON.stringify(name)}:`, ...keys.flatMap(keyLines)]);
  const name = project === undefined ? [] : [`name: ${JSON.stringify(project)}`];
  return `${['# Written by @kdcube/nx: a deploy writes it anew.', ...name, 'services:', ...lines].join('\n')}\n`;
}

function keyLines({ key, how, value }: OverrideKey): string[] {
  if (how === 'reset') return [`    ${key}: !reset null`];
  const tag = how === 'override' ? ' !override' : '';
  const text = yamlText(value).trimEnd().split('\n');
  if (typeof value !== 'object' || text[0] === '[]' || text[0] === '{}') return [`    ${key}:${tag} ${text[0]}`];
  return [`    ${key}:${tag}`, ...text.map((line) => `      ${line}`)];
}
