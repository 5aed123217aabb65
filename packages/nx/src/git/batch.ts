/** Combines requests that are made at the same moment into one call: `many` gets all of them, and returns a result for each. `inTurn`: see below. */
export function batched<Q, A>(many: (questions: Q[]) => Promise<A>[], { inTurn = false } = {}): (question: Q) => Promise<A> {
  let round: { questions: Q[]; answers: Promise<Promise<A>[]> } | undefined;
  let before: Promise<unknown> = Promise.resolve();
  return async (question) => {
    if (!round) {
      const questions: Q[] = [];
      const moment = before.then(() => new Promise<void>((resolve) => void setImmediate(resolve)));
      const answers = moment.then(() => {
        round = undefined;
        return many(questions);
      });
      if (inTurn) before = answers.then((all) => Promise.allSettled(all));
      round = { questions, answers };
    }
    const index = round.questions.push(question) - 1;
    return (await round.answers)[index]!;
  };
}

/** Like `batched`, with separate calls for each place. `keyOf`: identifies a place. `inTurn`: requests made during a call wait for the next one. */
export function batchedBy<P, Q, A>(
  keyOf: (place: P) => string,
  many: (place: P, questions: Q[]) => Promise<A>[],
  { inTurn = false } = {},
): (place: P) => (question: Q) => Promise<A> {
  const batches = new Map<string, (question: Q) => Promise<A>>();
  return (place) => {
    const key = keyOf(place);
    const existing = batches.get(key) ?? batched((questions: Q[]) => many(place, questions), { inTurn });
    batches.set(key, existing);
    return existing;
  };
}

/** Returns the result of a call with the same key that is still running, else calls `work`. Results are not cached. */
export function singleFlight<A>(): (key: string, work: () => Promise<A>) => Promise<A> {
  const running = new Map<string, Promise<A>>();
  return (key, work) => {
    const existing = running.get(key);
    if (existing) return existing;
    const started = work().finally(() => running.delete(key));
    running.set(key, started);
    return started;
  };
}
