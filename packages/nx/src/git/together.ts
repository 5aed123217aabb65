/** Questions that are asked at the same moment are answered by one call: `many` gets all of them, and gives an answer for each. `inTurn`: as below. */
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

/** The same for each place by itself. `keyOf`: what tells one place from another. `inTurn`: what is asked while a call is under way waits for the next one. */
export function batchedBy<P, Q, A>(
  keyOf: (place: P) => string,
  many: (place: P, questions: Q[]) => Promise<A>[],
  { inTurn = false } = {},
): (place: P) => (question: Q) => Promise<A> {
  const known = new Map<string, (question: Q) => Promise<A>>();
  return (place) => {
    const key = keyOf(place);
    const there = known.get(key) ?? batched((questions: Q[]) => many(place, questions), { inTurn });
    known.set(key, there);
    return there;
  };
}

/** Whoever asks while the same question is under way gets its answer too. Nothing is kept: the next one asks again. */
export function singleFlight<A>(): (key: string, ask: () => Promise<A>) => Promise<A> {
  const asked = new Map<string, Promise<A>>();
  return (key, ask) => {
    const known = asked.get(key);
    if (known) return known;
    const answer = ask().finally(() => asked.delete(key));
    asked.set(key, answer);
    return answer;
  };
}
