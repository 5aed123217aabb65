import { placeholderIn } from './placeholder';
import { looksRandom } from './random';

/** How one kind of secret is found. */
export interface SecretRule {
  rule: string;
  /** In lower case; one of them occurs wherever the pattern matches. */
  keywords: readonly string[];
  /** With the flag `g`. Its first group that matches is the secret; without groups, all of it is. */
  pattern: RegExp;
  accepts(secret: string): boolean;
}

const any = (): boolean => true;

/** Tokens that carry their maker's mark, and that gitleaks has no rule for yet. */
const PREFIXED: [rule: string, keyword: string, pattern: RegExp][] = [
  ['tailscale-key', 'tskey-', /(?<![a-z])tskey-[a-z]{2,20}-[A-Za-z0-9]{8,20}-[A-Za-z0-9]{16,40}/g],
  ['vercel-token', 'vcp_', /\bvcp_[A-Za-z0-9]{24,64}\b/g],
  ['vercel-token', 'vca_', /\bvca_[A-Za-z0-9]{24,64}\b/g],
  ['vercel-token', 'vci_', /\bvci_[A-Za-z0-9]{24,64}\b/g],
  ['vercel-token', 'vcr_', /\bvcr_[A-Za-z0-9]{24,64}\b/g],
  ['vercel-token', 'vck_', /\bvck_[A-Za-z0-9]{24,64}\b/g],
  ['cloudflare-token', 'cfat_', /\bcfat_[A-Za-z0-9]{48}\b/g],
  ['cloudflare-token', 'cfut_', /\bcfut_[A-Za-z0-9]{48}\b/g],
  ['cloudflare-token', 'cfk_', /\bcfk_[A-Za-z0-9]{48}\b/g],
  ['figma-token', 'figd_', /\bfigd_[\w-]{36,64}/g],
  ['shopify-secret', 'shpss_', /\bshpss_[A-Za-z0-9]{32}\b/g],
  ['github-app-token', 'ghs_', /\bghs_\d{1,12}_[\w.-]{36,400}/g],
  ['google-oauth-refresh-token', '1//0', /["'=\s](1\/\/0[\w-]{30,200})["'\s]/g],
  ['google-oauth-client-secret', 'gocspx-', /\bGOCSPX-[\w-]{28}/g],
  ['discord-webhook-url', '/webhooks/', /discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/[\w-]{60,70}/g],
  ['telegram-bot-token', ':aa', /\b(\d{8,10}:AA[\w-]{33})(?![\w-])/g],
  ['docker-token', 'dckr_', /\bdckr_[a-z]{3}_[\w-]{27,40}/g],
  ['kubeconfig', 'client-key-data', /client-key-data:\s{0,5}["']?([A-Za-z0-9+/]{40})/g],
];

/** What gitleaks has no rule for, or one that this matcher should not run: its expression is quadratic in the text. */
export const OWN_RULES: SecretRule[] = [
  {
    rule: 'private-key',
    keywords: ['-----begin'],
    // Some lines of headers may be between; a program that only looks for the mark has no key behind it.
    pattern: /-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----(?:[\w\s:,.()\\/"'-]{0,300}?)[A-Za-z0-9+/]{40}/g,
    accepts: any,
  },
  {
    rule: 'aws-secret-access-key',
    keywords: ['aws'],
    pattern:
      /aws[\w.-]{0,30}(?:secret|sk)[\w.-]{0,30}["'\]]{0,2}\s{0,3}[:=]{1,2}>?\s{0,3}["'`]?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
    accepts: any,
  },
  {
    rule: 'url-with-password',
    keywords: ['://'],
    pattern:
      /\b[a-z][a-z0-9+.-]{1,30}:\/\/[^/\s:@"'`<>{}$%*,?&=#]{0,100}:([^/\s@"'`<>{}$%*?&=#]{4,100})@(?!localhost\b|127\.|0\.0\.0\.0|\[?::1)[\w.-]+/gi,
    accepts: (password) =>
      !/(?:^|[_-])(?:my)?(?:pass(?:word|wd)?|pwd|secret|test|user|admin|postgres|root|guest|changeme|token)$|^(.)\1*$/i.test(
        password,
      ),
  },
  {
    // `api_key = "…"`, `"client_secret": "…"`: gitleaks' generic-api-key, where the value looks drawn at random.
    rule: 'generic-secret',
    keywords: [
      'secret',
      'token',
      'passw',
      'passphrase',
      'api_key',
      'apikey',
      'api-key',
      'access_key',
      'accesskey',
      'private_key',
      'credential',
      'auth_key',
      'signing_key',
    ],
    pattern:
      /(?:secret|(?<!next|page|continuation|request)token|passw(?:or)?d|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|credential|auth[_-]?key|signing[_-]?key)[\w.-]{0,30}["'`\]]{0,2}\s{0,3}(?::\s{0,3}str\s{0,3})?(?:=>|:=|[:=])\s{0,3}["'`]([^"'`\s]{20,200})["'`]/gi,
    accepts: (text) => placeholderIn(text) === undefined && looksRandom(text),
  },
  {
    rule: 'google-service-account',
    keywords: ['service_account'],
    pattern:
      /"type"\s{0,5}:\s{0,5}"service_account"(?:[^}]{0,4000})"private_key"\s{0,5}:\s{0,5}"-----BEGIN[A-Z ]{0,20}-----\\n[A-Za-z0-9+/]{20}/g,
    accepts: any,
  },
  {
    rule: 'azure-storage-key',
    keywords: ['accountkey=', 'sharedaccesskey='],
    pattern: /(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,90}={0,2})/gi,
    accepts: any,
  },
  {
    rule: 'openai-or-anthropic-key',
    keywords: ['sk-'],
    pattern: /\b(sk-(?:ant-|proj-|svcacct-)[A-Za-z0-9_-]{20,})/g,
    accepts: (text) => looksRandom(text),
  },
  {
    rule: 'docker-registry-login',
    keywords: ['"auths"'],
    pattern: /"auths"(?:[\s\S]{0,1000}?)"(?:auth|identitytoken|registrytoken)"\s{0,5}:\s{0,5}"([A-Za-z0-9+/=_.-]{8,})"/g,
    accepts: any,
  },
  {
    rule: 'npm-registry-login',
    keywords: ['_authtoken', '_auth', '_password', 'npmauth'],
    pattern:
      /(?:^|[\n:])(?:_(?:authToken|auth|password)\s{0,3}=|\s{0,20}npmAuth(?:Token|Ident):)\s{0,3}["']?([^\s"'${}()]{8,400})["']?\s{0,3}(?:[\r\n]|$)/gi,
    accepts: any,
  },
  ...PREFIXED.map(([rule, keyword, pattern]): SecretRule => ({ rule, keywords: [keyword], pattern, accepts: any })),
];
