import type { ExecutorContext } from '@nx/devkit';
import { KdcubeError } from '@kdcube/release';
import { answerTable, problemsOf } from '../../effects/ecs/verify/answers';
import { verifyRelease } from '../../effects/ecs/verify/release';
import { openEnvironment } from '../../effects/environment';
import { registriesOf } from '../../effects/images/registries';
import { openRelease } from '../../effects/workspace';
import { sayNotes } from '../notes';
import { perform } from '../perform';
import type { VerifyOptions } from './schema';

/** Whether everything is there that a deploy assumes. What is wrong fails the task; what may not be asked does not. */
export default function verify(options: VerifyOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, async ({ root, plugin, log }) => {
    const startedAt = Date.now();
    const open = await openRelease(root, plugin);
    const { environment, notes } = openEnvironment(open, options.environment);
    sayNotes(notes, log);
    const words = {
      registries: registriesOf(options, plugin),
      platform: options.platform ?? plugin.platform,
      secretKeys: options.secretKeys,
    };
    const answers = await verifyRelease(open, environment, words, log);
    log.lines(answerTable(answers));
    for (const answer of answers) log.event({ event: 'answer', ...answer });
    const count = (verdict: string) => answers.filter((answer) => answer.verdict === verdict).length;
    const problems = problemsOf(answers);
    if (problems.length > 0) throw new KdcubeError(problems);
    log.done('verified', environment.name, `${count('good')} good, ${count('unknown')} not known`, startedAt);
  });
}
