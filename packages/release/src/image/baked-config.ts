import { isMapping } from '../document/layers';
import { configSecrets } from '../environment/config-secrets';
import type { Problem } from '../problem/problem';
import { quoted } from '../problem/problem';

/** Whose config.json is in an image. */
export interface BakedFor {
  tenant: string;
  project: string;
}

/** Reads a config.json that a Dockerfile bakes into the image. Undefined if it has problems, which are added. `allowed`: release.yaml says that it holds no secret. */
export function readBakedConfig(
  text: string | undefined,
  file: string,
  allowed: boolean,
  problems: Problem[],
): BakedFor | undefined {
  const refuse = (problem: Omit<Problem, 'at'>): undefined => void problems.push({ ...problem, at: { file } });
  if (text === undefined)
    return refuse({
      code: 'file-missing',
      message: `The Dockerfile copies config.json, and there is no ${file}.`,
      hint: `{"tenant": "…", "project": "…", "routesPrefix": "…", "auth": {"authType": "none"}}    or remove it from the Dockerfile, and write frontend: in the environments`,
    });
  const config = parsed(text);
  if (!isMapping(config))
    return refuse({
      code: 'wrong-type',
      message: `${file} must be one JSON object: the UI reads its settings from it.`,
      hint: '{"tenant": "…", "project": "…"}',
    });
  const { tenant, project } = config;
  if (typeof tenant !== 'string' || tenant === '' || typeof project !== 'string' || project === '') {
    const missing = ['tenant', 'project'].filter((key) => typeof config[key] !== 'string' || config[key] === '');
    return refuse({
      code: 'missing-key',
      message: `${file} has no ${missing.join(' and no ')}: the UI would not reach its data.`,
      hint: missing.map((key) => `"${key}": "…"`).join(', '),
    });
  }
  const secrets = allowed ? [] : configSecrets(config, new Set());
  for (const { path } of secrets)
    refuse({
      code: 'secret-value',
      message: `${quoted(path.join('.'))} of ${file} is the name of a secret, and every visitor can read config.json.`,
      hint: `remove it, and rotate it: it may have leaked; or, if it is none, in release.yaml:\nnot_secret:\n  ${file}: why it is none`,
    });
  return secrets.length > 0 ? undefined : { tenant, project };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
