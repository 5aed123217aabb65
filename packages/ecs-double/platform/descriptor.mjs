/**
 * Rules 6 and 7: { bundles: id → entry, default?, error? }.
 * @param {string | undefined} text
 */
export function readDescriptor(text) {
  if (text === undefined || text.trim() === '') return { bundles: {} };
  let parsed;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { bundles: {}, error: 'the descriptor is no JSON' };
  }
  const map = parsed.bundles ?? parsed;
  if (Array.isArray(map) || Array.isArray(map.items)) return { bundles: {}, error: 'the descriptor is a list' };
  const entries = Object.entries(map).filter(([, entry]) => entry !== null && typeof entry === 'object');
  return { bundles: Object.fromEntries(entries.map(([id, entry]) => [id, { ...entry, id }])), default: parsed.default_bundle_id };
}
