/** Names that promise a secret. `KEY` alone does not: REDIS_KEYPREFIX and METRICS_KEYS are none. */
const SECRET_NAME =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|SECRET|TOKEN|CREDENTIALS?|API_?KEY|(?:PRIVATE|ACCESS|SECRET|SIGNING|ENCRYPTION|MASTER|ACCOUNT|AUTH)_?KEY|CLIENTSECRET|AUTH_HEADER_VALUE)(?:_\d+)?$/;
/** Names of that look that hold none: cookies' and headers' names, paths, limits, tokens of a page of results. */
const NO_SECRET_NAME =
  /(?:(?:^|_)(?:NEXT|PAGE|CONTINUATION|REQUEST)_TOKEN|_NAME|_PATH|_FILE|_ENABLED|_TTL(?:_SECONDS)?|_HEADER|_COOKIE)$/;
const PASSWORD_NAME = /(?:PASSWORD|PASSWD|PASSPHRASE|PWD)(?:_\d+)?$/;

/** Whether a name promises a secret, in any spelling: `DB_PASSWORD`, `dbPassword`, `db-password`. */
export function isSecretName(name: string): boolean {
  const upper = upperSnake(name);
  return SECRET_NAME.test(upper) && !NO_SECRET_NAME.test(upper);
}

/** What says where a secret is, in one of the ways that people write that down. */
const REFERENCE =
  /^(?:env|ssm|secretsmanager|aws-sm|sm|file|arn|secret|secrets|vault|op|gcp|azure|keyring|ref|b):|^\$|\{\{|\$\{|^%|^<.*>$|^\*+$|^@\w/i;
const NO_VALUE = /^(?:true|false|null|none|nil|yes|no|on|off|auto|default|optional|required|empty|unset|disabled|enabled|-)$/i;

/**
 * Whether a text is itself the secret that its name promises, and not a reference to it or the name of one. A password may be any text; a token or a key
 * has digits and is no path.
 */
export function isSecretItself(name: string, value: string): boolean {
  if (!isSecretName(name)) return false;
  if (value.trim() === '' || REFERENCE.test(value) || NO_VALUE.test(value)) return false;
  const isNameOfSecret = /[._:/-]/.test(value) && /pass|secret|token|key|cred/i.test(value);
  if (isNameOfSecret || /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value)) return false;
  if (PASSWORD_NAME.test(upperSnake(name))) return true;
  return /^[\w+=~!$%^&*-]{8,}$/.test(value) && /\d/.test(value) && /[A-Za-z]/.test(value) && !/[-_]/.test(value);
}

function upperSnake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[-. ]/g, '_')
    .toUpperCase();
}
