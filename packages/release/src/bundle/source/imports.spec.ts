import { checkBundleSource } from './source';

const GOOD = '@agentic_workflow()\nclass Flow: ...\n';
const TREE = {
  'entrypoint.py': GOOD,
  'helper.py': '',
  'json.py': '',
  'services/__init__.py': '',
  'services/db.py': '',
  'services/deep/er.py': '',
  'plain/x.py': '',
  'kdcube_ai_app/x.py': '',
  'tests/test_a.py': '',
};

function check(path: string, source: string, id = 'my_bundle', folder = 'bundles/my_bundle') {
  return checkBundleSource(
    new Map(Object.entries({ ...TREE, [path]: path === 'entrypoint.py' ? source + '\n' + GOOD : source })),
    { id, folder },
  );
}

describe('absolute imports', () => {
  it.each([
    ['a.py', 'import helper', 'from . import helper'],
    ['a.py', 'import helper as h', 'from . import helper as h'],
    ['a.py', 'import services.db', 'from .services import db   and replace services.db by db in the code'],
    ['a.py', 'import services.db as db', 'from .services import db'],
    ['a.py', 'from services.db import A, B as C', 'from .services.db import A, B as C'],
    ['a.py', 'from services import *', 'from .services import *'],
    ['a.py', 'from plain . x import (\n  a,\n  b,\n)', 'from .plain.x import a, b'],
    ['a.py', 'from helper import a,b,c,d,e,f,g', 'from .helper import a, b, c, d, e, f, …'],
    ['entrypoint.py', 'import entrypoint', 'from . import entrypoint'],
    ['services/a.py', 'from services.db import A', 'from .db import A'],
    ['services/a.py', 'from services import db', 'from . import db'],
    ['services/__init__.py', 'from services.db import A', 'from .db import A'],
    ['services/deep/a.py', 'from services.db import A', 'from ..db import A'],
    ['services/deep/a.py', 'from helper import A', 'from ...helper import A'],
    ['services/deep/a.py', 'import helper', 'from ... import helper'],
    ['plain/y.py', 'from services.db import A', 'from ..services.db import A'],
    ['a.py', 'def f():\n  import helper', 'from . import helper'],
    ['a.py', 'class A:\n  async def f(self):\n    from helper import x', 'from .helper import x'],
    ['a.py', 'try: import helper\nexcept ImportError: pass', 'from . import helper'],
    ['a.py', 'try:\n  from .helper import x\nexcept ImportError:\n  from helper import x', 'from .helper import x'],
    ['a.py', 'x = 1; import helper', 'from . import helper'],
    ['a.py', 'if not TYPE_CHECKING:\n  import helper', 'from . import helper'],
    ['a.py', 'if TYPE_CHECKING:\n  pass\nelse:\n  import helper', 'from . import helper'],
    ['a.py', 'if TYPE_CHECKING or x: import helper', 'from . import helper'],
    ['a.py', 'import \\\n  helper', 'from . import helper'],
    ['a.py', 'import ｈelper  # noqa', 'from . import helper'],
    ['a.py', 'from my_bundle.services.db import A', 'from .services.db import A'],
    ['services/a.py', 'from my_bundle import helper', 'from .. import helper'],
    ['a.py', 'import my_bundle.helper as h', 'from . import helper as h'],
    ['a.py', 'from bundles.my_bundle.helper import A', 'from .helper import A'],
  ])('%s: %s', (path, source, hint) => {
    const [problem, ...more] = check(path, source);
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ code: 'absolute-import', hint: `write   ${hint}` });
  });

  it('recognizes the bundle by its id and by its folder in the image', () => {
    expect(check('a.py', 'from flow import x', 'flow', 'bundles/other')).toHaveLength(1);
    expect(check('a.py', 'from flow_1_0 import x', 'flow@1.0', 'bundles/flow@1.0')[0]!.hint).toBe('write   from . import x');
  });

  it('reports each import with its line', () => {
    const problems = check('services/a.py', 'import os\nimport helper, sys, services.db\n\n\nfrom plain.x import y');
    expect(problems.map(({ at }) => at)).toEqual([
      { file: 'bundles/my_bundle/services/a.py', line: 2 },
      { file: 'bundles/my_bundle/services/a.py', line: 2 },
      { file: 'bundles/my_bundle/services/a.py', line: 5 },
    ]);
  });

  it('reports the same problem of one line once', () => {
    expect(check('a.py', 'import helper, helper; import helper')).toHaveLength(1);
  });

  it('truncates a long hint', () => {
    expect(check('a.py', `from helper import ${'a'.repeat(5000)}`)[0]!.hint).toHaveLength(300);
  });

  it.each([
    ['a.py', 'from .. import other', 'one dot stands for'],
    ['a.py', 'from ..other.flow import X', 'one dot stands for'],
    ['services/a.py', 'from ...other import X', '2 dots stand for'],
    ['__init__.py', 'from .. import X', 'one dot stands for'],
    ['a.py', 'from ....... import X', 'one dot stands for'],
  ])('%s: %s leaves the bundle', (path, source, text) => {
    const [problem, ...more] = check(path, source);
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ code: 'absolute-import', message: expect.stringContaining('leaves the bundle') });
    expect(problem!.message).toContain(text);
  });

  it.each([
    ['a.py', 'from __future__ import annotations'],
    ['a.py', 'from . import helper\nfrom .services.db import A'],
    ['services/a.py', 'from .. import helper\nfrom ..plain.x import y'],
    ['a.py', 'import json, os, redis, kdcube_ai_app.x\nfrom json import dumps'],
    ['a.py', 'import helpers\nfrom my_bundles import x\nimport bundles'],
    ['a.py', 'import db'],
    ['tests/test_a.py', 'import helper\nfrom services.db import A\nfrom .. import helper\nfrom ... import x'],
    ['services/tests/test_a.py', 'import helper'],
    ['a.py', 'if TYPE_CHECKING:\n  import helper'],
    ['a.py', 'if TYPE_CHECKING: import helper; from services import db'],
    ['a.py', 'import typing as t\nif (t.TYPE_CHECKING):\n  def f():\n    import helper'],
    ['a.py', 'from typing import TYPE_CHECKING as TC\nif TC and x:\n  import helper'],
    ['a.py', 'if x: pass\nelif TYPE_CHECKING:\n  import helper'],
    ['a.py', 'if not TYPE_CHECKING:\n  pass\nelse:\n  import helper'],
    ['a.py', 'if not (not TYPE_CHECKING):\n  import helper'],
    ['a.py', '"""\nimport helper\n"""'],
    ['a.py', "x = f'''\nimport helper\n{\n1}'''"],
    ['a.py', '# import helper\nx = "\\\nimport helper\\\n"'],
    ['a.py', 'x = [\nimport_helper,\n]'],
    ['a.py', 'raise X from helper'],
    ['a.py', 'def f():\n  yield from helper'],
    ['a.py', 'import helper\nx = "'],
    ['a.py', 'import helper\nx = )'],
  ])('%s: %s is fine', (path, source) => {
    expect(check(path, source)).toEqual([]);
  });
});

// A file whose text has none of the bundle's names is not read: each of these must be.
describe('a file that imports from the bundle is found by its text', () => {
  it.each([
    ['a folder without Python at its top', 'from services.deep.er import A'],
    ['a name in a longer statement', 'import os, helper as h, sys'],
    ['a name after a line that goes on', 'import os, \\\n  helper'],
    ['a name directly after a semicolon', 'x=1;import helper;y=2'],
    ['a name outside ASCII that Python reads as one of ours', 'import ｈelper'],
    ['a name outside ASCII behind one inside', 'é = 1\nimport helper'],
    ['dots without a space', 'from....x import A'],
    ['dots on the next line', 'from \\\n  .... import A'],
    ['dots after a form feed', 'from\f.... import A'],
    ['the id of the bundle', 'import my_bundle.services'],
    ['the path of its folder', 'from bundles.my_bundle import helper'],
  ])('%s', (_, source) => {
    expect(check('services/a.py', source).map(({ code }) => code)).toEqual(['absolute-import']);
  });

  it('but not a file that only mentions a part of a name, or nothing', () => {
    for (const source of ['import helpers, xhelper', 'from servicesx import A', 'import os', 'x = "from . import y"', ''])
      expect(check('services/a.py', source)).toEqual([]);
  });
});
