/**
 * The words that this repository no longer uses, each with the word to use instead. A stranger who knows Nx, Docker, AWS ECS and git must be able to read every file: use the field's term
 * where there is one, and let a name say what a thing is or does. `PARTS` holds parts of identifiers (lint), `PHRASES` holds phrases of pages and messages (`npm run docs -- --check`).
 */
export const PARTS = {
  adopt: 'reuse',
  adopted: 'reused',
  adopts: 'reuses',
  ahead: 'prefetch',
  anew: 'again, or name what is repeated',
  arithmetic: 'daemonless, assemble',
  bring: 'push, copy',
  converse: 'openSession',
  foresee: 'prefetch',
  gave: 'returned',
  hear: 'read, onData',
  heard: 'received, observed',
  held: 'cached, locked',
  kept: 'cached, preserved, unchanged',
  late: 'timeout, delayed',
  look: 'read, status, inspect',
  loose: 'lenient',
  mine: 'own, or name the owner',
  oddly: 'invalid',
  odd: 'invalid',
  patience: 'retryPolicy',
  people: 'name the tag: branch, commit, release',
  said: 'message, output, reported',
  saidby: 'responseText',
  says: 'reports, contains',
  shelf: 'cache',
  taken: 'reused, used, accepted',
  there: 'exists, present, found',
  told: 'reported, configured, notified',
  words: 'text, options, tokens',
};

/** Terms of the field that contain a retired part. */
export const TERMS = new Set(['lookahead', 'lookbehind']);

/** Retired phrases of messages and pages, as regular expressions, each with what to write instead. */
export const PHRASES = [
  [/people['’]s tags?/i, 'branch tag, commit tag, release tag; together: tags'],
  [/by arithmetic/i, 'without a container engine (daemonless)'],
  [/\badopt(?:s|ed)?\b/i, 'reused: already in the registry'],
  [/the way back/i, 'the rollback'],
  [/\bgo(?:es)? back\b/i, 'rolls back'],
  [/what is told|is told of|the platform is told/i, 'the bundle descriptor, the configuration'],
  [/asks? nobody/i, 'works offline'],
  [/nobody (?:said|asked|says|knows)/i, 'name what is missing or unknown'],
  [/answers another question/i, 'is out of date'],
  [/said more than can be kept/i, 'exceeded the output limit'],
  [/one step shorter/i, 'Show what would change, without changing anything.'],
  [/restarts? for nothing/i, 'no service restarts without a reason'],
  [/has nobody to ask/i, 'not running interactively'],
];
