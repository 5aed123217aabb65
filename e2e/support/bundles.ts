import { type Repo, gitRepo } from './git';
import { freshFolder } from './run';

/** An entrypoint for both generations of decorators; it returns ANSWER of words.py. */
export function entrypoint(name: string): string {
  return [
    'from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow',
    'from .words import ANSWER',
    '',
    '',
    `@agentic_workflow(name=${JSON.stringify(name)})`,
    'class Bundle:',
    '    def __init__(self, config): pass',
    '',
    '    async def run(self, **payload): return {"final_answer": ANSWER}',
    '',
  ].join('\n');
}

/**
 * Two repositories with one bundle each at a tag: `alpha` (annotated v1.0.0) with everything that a checkout or `git archive` would change,
 * `dotted` (light v2.0.0) with an id that cannot be the name of its folder in an image.
 */
export function bundleRepositories(): { alpha: Repo; dotted: Repo } {
  const alpha = gitRepo(freshFolder('alpha'), {
    // Attributes that `git archive` and a checkout apply, but an image must not.
    '.gitattributes': '*.cs export-subst\n*.hidden export-ignore\nwindows.txt -text\n*.py text eol=crlf\n',
    'service/bundles/alpha@1-0-0/entrypoint.py': entrypoint('alpha'),
    'service/bundles/alpha@1-0-0/words.py': 'ANSWER = "alpha"\n',
    'service/bundles/alpha@1-0-0/bin/run.sh': { content: '#!/bin/sh\n', mode: 0o755 },
    'service/bundles/alpha@1-0-0/data/größe.txt': 'groß\n',
    'service/bundles/alpha@1-0-0/data/windows.txt': 'one\r\ntwo\r\n',
    'service/bundles/alpha@1-0-0/latest': { symlink: 'data/größe.txt' },
    'service/bundles/alpha@1-0-0/version.cs': '$Format:%H$\n',
    'service/bundles/alpha@1-0-0/a.hidden': 'here all the same\n',
    'service/bundles/other/entrypoint.py': entrypoint('nobody asked'),
  });
  alpha.tag('v1.0.0', { annotated: true });
  alpha.commit('after the tag', { 'service/bundles/alpha@1-0-0/words.py': 'ANSWER = "later"\n' });
  const dotted = gitRepo(freshFolder('dotted'), {
    'bundles/my-bundle@2.0.0/entrypoint.py': entrypoint('dotted'),
    'bundles/my-bundle@2.0.0/words.py': 'ANSWER = "dotted"\n',
  });
  dotted.tag('v2.0.0');
  return { alpha, dotted };
}
