/** Why a file of a bundle must not be in an image, by its path alone: the name of the rule. Undefined for all others, whose content decides. */
export function secretFileRule(path: string): string | undefined {
  const parts = path.toLowerCase().split('/');
  const name = parts[parts.length - 1]!;
  if (/\.(?:example|sample|template|dist|tmpl|tpl|j2)$/.test(name)) return undefined;
  const below = parts.slice(-2).join('/');
  return FILES.find(({ files, places }) => files?.test(name) || places?.test(below))?.rule ?? folderRule(parts);
}

interface FileRule {
  rule: string;
  /** The file's name. */
  files?: RegExp;
  /** The file's name with the folder it is in. */
  places?: RegExp;
}

const FILES: FileRule[] = [
  { rule: 'env-file', files: /^\.env(?:$|\.)|^\.envrc$|^(?:prod|production|staging|secrets?|credentials|local)\.env$/ },
  { rule: 'ssh-key', files: /^id_(?:rsa|dsa|ecdsa|ed25519|ecdsa_sk|ed25519_sk|xmss)$|\.ppk$/ },
  { rule: 'key-store', files: /\.(?:p12|pfx|jks|keystore|kdbx?|bcfks|jceks|pkcs12|agekey)$/ },
  { rule: 'netrc', files: /^[._]netrc$/ },
  { rule: 'git-credentials', files: /^\.git-credentials$/, places: /^git\/credentials$/ },
  { rule: 'database-passwords', files: /^(?:\.pgpass|pgpass\.conf|\.my\.cnf|\.mylogin\.cnf)$/ },
  { rule: 'htpasswd', files: /^\.?htpasswd$/ },
  { rule: 'docker-registry-login', files: /^\.dockercfg$|^\.dockerconfigjson$/, places: /^\.docker\/config\.json$/ },
  { rule: 'aws-credentials', places: /^\.aws\/(?:credentials|config)$/ },
  {
    rule: 'azure-credentials',
    files: /^(?:accesstokens|azureprofile|msal_token_cache|service_principal_entries)\.(?:json|bin)$/,
  },
  { rule: 'google-credentials', files: /^(?:application_default_credentials\.json|credentials\.db|access_tokens\.db)$/ },
  { rule: 'kubeconfig', files: /^kubeconfig(?:\.ya?ml)?$|\.kubeconfig$/, places: /^\.kube\/config$/ },
  { rule: 'terraform-state', files: /^(?:.*\.)?tfstate(?:\.backup)?$|^(?:\.terraformrc|terraform\.rc|credentials\.tfrc\.json)$/ },
  { rule: 'vault-token', files: /^\.vault-token$|^\.vault[-_]pass(?:word)?$/ },
  { rule: 'cloud-credentials', files: /^(?:\.boto|\.s3cfg|\.passwd-s3fs|rclone\.conf|\.rclone\.conf|\.databrickscfg)$/ },
  // The platform's own files of secrets, and those of frameworks that bundles are written with.
  { rule: 'secrets-file', files: /^(?:.*\.)?secrets\.(?:ya?ml|toml|json)$/ },
  { rule: 'shell-history', files: /^\.(?:bash|zsh|sh|python|psql|mysql|node_repl|rediscli)_history$/ },
];

/** Files with public values only. */
const PUBLIC = /\.pub$|^known_hosts|^authorized_keys$|^config$/;

function folderRule(parts: readonly string[]): string | undefined {
  const name = parts[parts.length - 1]!;
  const folders = parts.slice(0, -1);
  if (folders.includes('.ssh') && !PUBLIC.test(name)) return 'ssh-key';
  if (folders.includes('.gnupg')) return 'gpg-key';
  if (folders.includes('gcloud') && folders.includes('.config')) return 'google-credentials';
  if (folders.includes('.azure')) return 'azure-credentials';
  return undefined;
}
