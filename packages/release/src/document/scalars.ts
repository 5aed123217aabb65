/**
 * The platform reads YAML 1.1 (PyYAML), editors and we read 1.2. An unquoted word can be a text to one and a number, a date or a boolean to the
 * other; each table here is what that reader's rules say, in the order in which it asks them.
 */
type Kind = 'null' | 'boolean' | 'number' | 'date' | 'operator' | 'text';

const YAML_1_1: [Kind, RegExp][] = [
  ['null', /^(?:~|null|Null|NULL|)$/],
  ['boolean', /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/],
  ['number', /^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][\d_]*|0x[\dA-Fa-f_]+|[1-9][\d_]*(?::[0-5]?\d)+)$/],
  [
    'number',
    /^(?:[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?|[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  ],
  ['date', /^\d{4}-\d\d-\d\d$/],
  ['date', /^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?$/],
  ['operator', /^(?:=|<<)$/],
];

const YAML_1_2: [Kind, RegExp][] = [
  ['null', /^(?:~|null|Null|NULL|)$/],
  ['boolean', /^(?:true|True|TRUE|false|False|FALSE)$/],
  ['number', /^(?:0o[0-7]+|[-+]?\d+|0x[\dA-Fa-f]+)$/],
  ['number', /^(?:[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/],
];

/** Whether an unquoted scalar means the same to both. */
export function readsAlike(source: string): boolean {
  const kind = kindIn(YAML_1_1, source);
  if (kind !== kindIn(YAML_1_2, source)) return false;
  if (kind !== 'number' || !/^[-+]?\d+$/.test(source)) return true;
  // 0755 is octal in the one and decimal in the other; beyond 2^53 a reader in JavaScript loses digits, the platform's does not.
  return !/^[-+]?0\d/.test(source) && Number.isSafeInteger(Number(source));
}

function kindIn(rules: readonly [Kind, RegExp][], source: string): Kind {
  return rules.find(([, rule]) => rule.test(source))?.[0] ?? 'text';
}

/** Whether both take an unquoted scalar for a text. */
export function isPlainText(source: string): boolean {
  return kindIn(YAML_1_1, source) === 'text' && kindIn(YAML_1_2, source) === 'text';
}
