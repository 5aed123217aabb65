/** Questions that are asked at the same moment are answered by one call: `many` gets all of them, and gives an answer for each. */
export function together<Q, A>(many: (questions: Q[]) => Promise<A>[]): (question: Q) => Promise<A> {
  let round: { questions: Q[]; answers: Promise<Promise<A>[]> } | undefined;
  return async (question) => {
    if (!round) {
      const questions: Q[] = [];
      const moment = new Promise<void>((resolve) => void setImmediate(resolve));
      const answers = moment.then(() => {
        round = undefined;
        return many(questions);
      });
      round = { questions, answers };
    }
    const index = round.questions.push(question) - 1;
    return (await round.answers)[index]!;
  };
}

/** Whoever asks while the same question is under way gets its answer too. Nothing is kept: the next one asks again. */
export function sharedWhileAsked<A>(): (key: string, ask: () => Promise<A>) => Promise<A> {
  const asked = new Map<string, Promise<A>>();
  return (key, ask) => {
    const known = asked.get(key);
    if (known) return known;
    const answer = ask().finally(() => asked.delete(key));
    asked.set(key, answer);
    return answer;
  };
}
