"""Prints packages/release/src/secrets/gitleaks-rules.ts from a gitleaks.toml (Python 3.11 or newer):

    python3 tools/secrets/gitleaks.py gitleaks.toml v8.30.1 > packages/release/src/secrets/gitleaks-rules.ts

Go's expressions become JavaScript's. What JavaScript's matcher could be made to run on for minutes is left out, and so is what is about a kind of file.
"""

import json
import re
import sys
import tomllib

LEFT_OUT = {
    # Nested repetitions without a limit: linear in Go, exponential or worse here.
    'curl-auth-header', 'curl-auth-user', 'kubernetes-secret-yaml',
    # About a kind of file: file-names.ts has those.
    'freemius-secret-key', 'hashicorp-tf-password', 'nuget-config-password', 'pkcs12-file',
    # Rules of our own in detect.ts, without a part that is quadratic, or with the names that our schemas use.
    'private-key', 'generic-api-key', 'jwt-base64',
}
# An assignment to a name that holds one of these words, as gitleaks prints it for every vendor.
ASSIGNED = re.compile(
    r"""^(?:\(\?i\))?\[\\w\.-\]\{0,50\}\?(?:\(\?i:\[\\w\.-\]\{0,50\}\?)?\(\?:(?P<name>.*?)\)\(\?:\[ \\t\\w\.-\]\{0,20\}\)\[\\s'"\]\{0,3\}\)?"""
    r"""\(\?:=\|>\|:\{1,3\}=\|\\\|\\\|\|:\|=>\|\\\?=\|,\)\[\\x60'"\\s=\]\{0,5\}\((?P<secret>.*)\)\(\?:\[\\x60'"\\s;\]\|\\\\\[nr\]\|\$\)$"""
)
END = r"""(?:[\x60'"\s;]|\\[nr]|$)"""


LICENSE = '''MIT License. Copyright (c) 2019 Zachary Rice

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject
to the following conditions: The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN
NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.'''


def to_js(source):
    """A Go expression for a RegExp, and its flags. `(?i)` inside of it holds for all of it: that only finds more."""
    flags = 'i' if '(?i' in source else ''
    source = re.sub(r'\(\?-?i\)', '', source)
    source = re.sub(r'\(\?-?i:', '(?:', source)
    source = re.sub(r'\(\?P<\w+>', '(?:', source)
    source = source.replace('[[:alnum:]]', '[a-zA-Z0-9]').replace(r'\z', '$').replace('(?s:.)', r'[\s\S]')
    if source.endswith(END):
        source = source[: -len(END)] + '~'
    return source, flags


def main():
    path, version = sys.argv[1:]
    with open(path, 'rb') as file:
        rules = tomllib.load(file)['rules']
    assigned, marked = [], []
    for rule in rules:
        if rule['id'] in LEFT_OUT:
            continue
        source = re.sub(r'^(\(\?i\))?\[\\w\.-\]\{0,50\}\?', r'\1', rule['regex']) if '|\\b(' in rule['regex'] else rule['regex']
        entropy = rule.get('entropy', 0)
        keywords = ' '.join(word.lower() for word in rule['keywords'])
        allow = [to_js(each)[0] for a in rule.get('allowlists', []) if a.get('regexTarget', 'secret') == 'secret' for each in a.get('regexes', [])]
        # The keys of Amazon's own documentation: in a bundle they stand where a key belongs.
        if rule['id'] == 'aws-access-token':
            allow = []
        named = ASSIGNED.match(source)
        if named and '|\\b(' not in source:
            assigned.append([rule['id'], to_js(named['name'])[0], to_js(named['secret'])[0], entropy, keywords])
        else:
            marked.append([rule['id'], *to_js(source), entropy, keywords] + (['|'.join(allow)] if allow else []))
    print(f'/*! The rules of gitleaks {version} (https://github.com/gitleaks/gitleaks), printed by tools/secrets/gitleaks.py.\n\n{LICENSE} */\n')
    print('// prettier-ignore')
    print('/** The rule, the name that a secret is assigned to, the secret, its least entropy (bits for each character), the words of which one must occur. */')
    print('export const ASSIGNED_SECRETS: readonly [id: string, name: string, secret: string, entropy: number, keywords: string][] = [')
    for row in assigned:
        print(f'  {json.dumps(row)},')
    print('];\n')
    print('// prettier-ignore')
    print('/** The rule, the expression (`~` at its end: and then the end of a word), its flags, entropy, words, and what of it is no secret. */')
    print('export const MARKED_SECRETS: readonly [id: string, source: string, flags: string, entropy: number, keywords: string, allowed?: string][] = [')
    for row in marked:
        print(f'  {json.dumps(row)},')
    print('];')


main()
