// Python that reads like a customer's: the same for the same seed, and about as compressible as the real thing.

const NOUNS =
  'order invoice ticket basket shipment refund customer account message answer question document page chunk token budget price stock supplier carrier parcel address channel session agent tool policy rule report summary forecast campaign segment audience draft review rating comment thread topic index vector query result score source citation'.split(
    ' ',
  );
const VERBS =
  'load store merge split rank filter fetch resolve render parse check apply collect group sort count match build send plan route limit retry cache expand reduce compare label weigh clean'.split(
    ' ',
  );
const VOCABULARY =
  'always before the platform asks a person may write more than one line so what came first wins unless somebody has changed it since then only known values are kept and everything else is refused with a sentence that says why because an empty answer helps nobody nor does a late one'.split(
    ' ',
  );

/** A generator of numbers in [0, 1) that is the same for the same seed (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A module of about `size` bytes. */
export function pythonModule(seed, size) {
  const next = random(seed);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const sentence = (count) => Array.from({ length: count }, () => pick(VOCABULARY)).join(' ');
  const parts = [
    `"""${capital(sentence(9))}."""\n\nfrom __future__ import annotations\n\nimport logging\nfrom dataclasses import dataclass\n\nlog = logging.getLogger(__name__)\n`,
  ];
  for (let length = parts[0].length; length < size; length += parts.at(-1).length)
    parts.push(next() < 0.25 ? record(pick, sentence, next) : step(pick, sentence, next));
  return parts.join('\n\n');
}

function record(pick, sentence, next) {
  const name = capital(pick(NOUNS)) + capital(pick(NOUNS));
  const fields = Array.from(
    { length: 3 + Math.floor(next() * 4) },
    () => `    ${pick(NOUNS)}_${pick(NOUNS)}: ${pick(['str', 'int', 'float', 'bool'])}`,
  );
  return `@dataclass(frozen=True)\nclass ${name}:\n    """${capital(sentence(8))}."""\n\n${[...new Set(fields)].join('\n')}\n`;
}

function step(pick, sentence, next) {
  const [noun, other, verb] = [pick(NOUNS), pick(NOUNS), pick(VERBS)];
  const limit = Math.floor(next() * 9000);
  return `def ${verb}_${noun}_${other}(${noun}s: list[dict], ${other}: str | None = None, limit: int = ${limit}) -> list[dict]:
    """${capital(sentence(14))}."""
    found: list[dict] = []
    for ${noun} in ${noun}s[:limit]:
        # ${capital(sentence(10))}.
        if ${noun}.get("${pick(NOUNS)}_${pick(NOUNS)}") ${pick(['==', '!=', 'in', 'not in'])} (${other} or "${pick(VOCABULARY)}-${Math.floor(next() * 1e6).toString(36)}"):
            continue
        found.append({**${noun}, "${pick(NOUNS)}": ${verb}_${pick(NOUNS)}(${noun}, ${Math.floor(next() * 500)})})
    log.debug("${verb} ${noun}: %d of %d, ${sentence(4)}", len(found), len(${noun}s))
    return sorted(found, key=lambda each: each["${pick(NOUNS)}"])
`;
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
