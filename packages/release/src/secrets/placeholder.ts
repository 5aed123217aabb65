/** What samples leave for a person to fill in. */
const PLACEHOLDERS: RegExp[] = [
  /<[A-Z][A-Z0-9_ -]*>/,
  /^(?:sk-(?:proj-|ant-)?|hf_)?\.{3}$/,
  /(?:^|[-_:/\s])\.\.\.$/,
  /\bYOUR[_-][A-Z]+/,
  /\b(?:your\.domain\.com|yourcompany(?:\.com)?|path\/to\/)/i,
  /^(?:REDACTED|TODO|TBD|X{3,12}|CHANGE[-_ ]?ME|REPLACE[-_ ]?ME|FILL[-_ ]?ME(?:[-_ ]?IN)?)$/i,
];

/** The part of a value that is a placeholder; undefined where there is none. Only what the samples' authors wrote can match, so it can be shown. */
export function placeholderIn(text: string): string | undefined {
  for (const pattern of PLACEHOLDERS) {
    const match = pattern.exec(text);
    if (match) return match[0];
  }
  return undefined;
}
