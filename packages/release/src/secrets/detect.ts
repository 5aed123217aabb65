import { ASSIGNED_SECRETS, MARKED_SECRETS } from './gitleaks-rules';
import { keywordIndex } from './keywords';
import { OWN_RULES, type SecretRule } from './own-rules';
import { placeholderIn } from './placeholder';
import { entropy } from './random';

/** A secret in a text: by which rule, and where it starts. Never the secret itself. */
export interface FoundSecret {
  rule: string;
  index: number;
}

/** At most so many of one rule in one text: one is enough to refuse it. */
const MAX_OF_RULE = 3;

/** Every secret that a rule finds in a text, in the order of the text. Linear: each pattern has a limit on what it runs over. */
export function findSecrets(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  for (const at of rulesFor(text)) {
    const { rule, pattern, accepts } = compiled(at);
    pattern.lastIndex = 0;
    let count = 0;
    for (let match = pattern.exec(text); match !== null && count < MAX_OF_RULE; match = pattern.exec(text)) {
      const secret = match.slice(1).find((group) => group !== undefined && group !== '') ?? match[0];
      if (match[0] === '') pattern.lastIndex += 1;
      if (isHarmless(secret) || !accepts(secret)) continue;
      found.push({ rule, index: match.index + match[0].indexOf(secret) });
      count += 1;
    }
  }
  return found.sort((a, b) => a.index - b.index);
}

/** Of gitleaks' allowlist for all rules: words and variables in place of a secret. */
const HARMLESS =
  /^(?:true|false|null)$|^(.)\1*$|^\$(?:\d+|\{\d+\}|[A-Za-z_]+|\{[A-Za-z_]+\})$|^\{\{[ \t]*[\w ().|]+[ \t]*\}\}$|^%[A-Za-z_]+%$|^@[A-Za-z_]+@$|^\/(?:bin|etc|home|opt|tmp|usr|var)\/[\w ./-]+$|^x{4,}/;

function isHarmless(secret: string): boolean {
  return HARMLESS.test(secret) || placeholderIn(secret) !== undefined;
}

const rules: (SecretRule | undefined)[] = [];
const OWN_AT = ASSIGNED_SECRETS.length + MARKED_SECRETS.length;

const rulesFor = keywordIndex([
  ...ASSIGNED_SECRETS.map(([, , , , keywords]) => keywords.split(' ')),
  ...MARKED_SECRETS.map(([, , , , keywords]) => keywords.split(' ')),
  ...OWN_RULES.map(({ keywords }) => keywords),
]);

/** Compiled when a text first has one of its keywords: most texts have none, and this module is loaded by every command. */
function compiled(at: number): SecretRule {
  return (rules[at] ??= at < OWN_AT ? fromGitleaks(at) : OWN_RULES[at - OWN_AT]!);
}

/** What may follow a secret. */
const END = String.raw`(?:[\x60'"\s;]|\\[nr]|$)`;

function fromGitleaks(at: number): SecretRule {
  if (at < ASSIGNED_SECRETS.length) {
    const [rule, name, secret, least] = ASSIGNED_SECRETS[at]!;
    const source = String.raw`(?:${name})[ \t\w.-]{0,20}[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}(${secret})${END}`;
    return { rule, keywords: [], pattern: new RegExp(source, 'gi'), accepts: (text) => entropy(text) > least };
  }
  const [rule, source, flags, least, , allowed] = MARKED_SECRETS[at - ASSIGNED_SECRETS.length]!;
  const pattern = new RegExp(
    source.replace(/~$/, () => END),
    `g${flags}`,
  );
  const allow = allowed === undefined ? undefined : new RegExp(`^(?:${allowed})`);
  return { rule, keywords: [], pattern, accepts: (text) => entropy(text) > least && !allow?.test(text) };
}

/** All that decides what is found, as a text: what was found by other rules is no answer. */
export function secretRules(): string {
  const own = OWN_RULES.map(({ rule, pattern, accepts }) => [rule, String(pattern), String(accepts)]);
  return JSON.stringify([ASSIGNED_SECRETS, MARKED_SECRETS, own, String(HARMLESS), RULES_VERSION]);
}

/** Raised when anything else in this folder changes what is found. */
const RULES_VERSION = 2;
