#!/usr/bin/env python3
"""Checks journals of the double against the AWS models that botocore ships: python3 validate.py JOURNAL.ndjson …, or - and their names on the standard input.

Every line is one call: {service, op, request, status, response, errorType}. Found are: operations that do not exist, members that are unknown,
required ones that are missing, values of the wrong type, strings that are not in their enum, errors that the operation does not know.
Exit code 1 when anything was found. Written from the models' own shapes, so that it shares nothing with the double.
"""
import json
import sys

try:
    import botocore.session as session_module
except ImportError:  # awscli 1.x may carry its own copy
    from awscli.botocore import session as session_module

# Errors of every operation: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html
COMMON = {
    'AccessDeniedException', 'ExpiredTokenException', 'IncompleteSignature', 'InternalFailure', 'MalformedHttpRequestException', 'NotAuthorized',
    'OptInRequired', 'RequestAbortedException', 'RequestEntityTooLargeException', 'RequestExpired', 'RequestTimeoutException', 'SerializationException',
    'ServiceUnavailable', 'ThrottlingException', 'UnrecognizedClientException', 'UnknownOperationException', 'ValidationError', 'ValidationException',
}
NUMBERS = {'integer': int, 'long': int, 'float': (int, float), 'double': (int, float), 'timestamp': (int, float)}
DEEPEST = 60


def check(shape, value, place, found, depth=0):
    if shape is None:
        if value:
            found.append(f'{place}: nothing is expected here')
        return
    kind = shape.type_name
    if depth > DEEPEST:
        found.append(f'{place}: nested too deeply')
    elif kind == 'structure':
        check_structure(shape, value, place, found, depth)
    elif kind == 'list':
        if isinstance(value, list):
            for index, item in enumerate(value):
                check(shape.member, item, f'{place}[{index}]', found, depth + 1)
        else:
            found.append(f'{place}: {value!r} is no list')
    elif kind == 'map':
        if isinstance(value, dict):
            for key, item in value.items():
                check(shape.key, key, f'{place}.{key} (key)', found, depth + 1)
                check(shape.value, item, f'{place}.{key}', found, depth + 1)
        else:
            found.append(f'{place}: {value!r} is no map')
    else:
        check_scalar(shape, value, place, found)


def check_structure(shape, value, place, found, depth):
    if getattr(shape, 'is_document_type', False):
        return
    if not isinstance(value, dict):
        found.append(f'{place}: {value!r} is no structure')
        return
    for name in shape.required_members:
        if name not in value:
            found.append(f'{place}.{name}: is required and missing')
    for name, item in value.items():
        if name not in shape.members:
            found.append(f'{place}.{name}: is unknown')
        else:
            check(shape.members[name], item, f'{place}.{name}', found, depth + 1)


def check_scalar(shape, value, place, found):
    kind = shape.type_name
    if kind in NUMBERS:
        good = isinstance(value, NUMBERS[kind]) and not isinstance(value, bool)
    elif kind == 'boolean':
        good = isinstance(value, bool)
    else:
        good = isinstance(value, str)
    if not good:
        found.append(f'{place}: {value!r} is no {kind}')
        return
    enum = getattr(shape, 'enum', None)
    if enum and value not in enum:
        found.append(f'{place}: {value!r} is not one of {", ".join(enum)}')
    least, most = shape.metadata.get('min'), shape.metadata.get('max')
    size = value if kind in NUMBERS else len(value) if isinstance(value, str) else None
    if size is not None and least is not None and size < least:
        found.append(f'{place}: {value!r} is less than {least}')
    if size is not None and most is not None and size > most:
        found.append(f'{place}: {value!r} is more than {most}')


def check_entry(models, entry):
    found = []
    model = models(entry['service'])
    if entry['op'] not in model.operation_names:
        return [f'{entry["service"]} has no operation {entry["op"]}']
    operation = model.operation_model(entry['op'])
    if entry['status'] < 400:
        check(operation.input_shape, entry['request'], 'request', found)
        check(operation.output_shape, entry['response'], 'response', found)
    else:
        known = COMMON | {shape.name for shape in operation.error_shapes} | {shape.error_code for shape in operation.error_shapes}
        if entry.get('errorType') not in known:
            found.append(f'the error {entry.get("errorType")} is not one of {entry["op"]}')
    return found


def main(files):
    session = session_module.get_session()
    cache = {}
    seen = set()
    passed = failed = 0

    def models(service):
        if service not in cache:
            cache[service] = session.get_service_model(service)
        return cache[service]

    for file in files:
        with open(file, encoding='utf-8') as journal:
            for number, line in enumerate(journal, 1):
                entry = json.loads(line)
                found = check_entry(models, entry)
                passed, failed = (passed, failed + 1) if found else (passed + 1, failed)
                for problem in found:
                    # Report each kind of problem once.
                    message = f'{entry["service"]}.{entry["op"]} {problem}'
                    if message not in seen:
                        print(f'{file}:{number} {message}')
                    seen.add(message)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.stdin.read().splitlines() if sys.argv[1:] == ['-'] else sys.argv[1:]))
