// A stand-in for Amazon ECR: the token service (AWS JSON 1.1, HTTP) and the registry (HTTPS, with its host name at Amazon). Tokens expire, repositories must be
// created first, and tags are immutable.
import http from 'node:http';
import { refuse } from './protocol.mjs';
import { start } from './registry.mjs';

const SERVICE = 'AmazonEC2ContainerRegistry_V20150921.';

/**
 * Starts both and resolves to { name, host, api, registry, repositories, settings, policies, denied, calls, tokens, close() }. `name` is the registry's for clients, `host` where it listens;
 * `calls` are the operations that the service was asked for.
 *
 * dir               a folder to keep the content in. Default: memory.
 * account, region   default 123456789012 and eu-central-1
 * repositories      those that exist. Default: none. The returned array may change at any time, and CreateRepository adds to it. Their settings are in the returned
 *                   map `settings` (CreateRepository's input), their lifecycle policies in `policies` (texts).
 * denied            operations that IAM denies. Default: none. The returned array may change at any time.
 * immutable         see registry.mjs. Default: true.
 * mount             whether blobs can be mounted. Default: no, as Amazon has it until an account switches it on.
 * referrers         whether the registry has the referrers API. Default: no.
 * lasts             requests that the next token is good for, after which it has expired; those after it are good for any number. Default: any number. The returned
 *                   object's `lasts` may be set again at any time.
 */
export async function startEcr(options = {}) {
  const { account = '123456789012', region = 'eu-central-1', immutable = true, mount = false } = options;
  const tokens = new Map();
  const repositories = [...(options.repositories ?? [])];
  const registry = await start({
    dir: options.dir,
    tls: true,
    immutable,
    uploads: { mount },
    referrers: options.referrers,
    auth: (request) => authorize(request),
  });
  const name = `${account}.dkr.ecr.${region}.amazonaws.com`;
  const ecr = { name, host: registry.host, api: '', registry, repositories, calls: [], tokens, lasts: options.lasts ?? Infinity };
  const { settings, policies, denied } = Object.assign(ecr, {
    settings: new Map(),
    policies: new Map(),
    denied: [...(options.denied ?? [])],
  });
  const service = http.createServer((incoming, outgoing) => void serve(incoming, outgoing));
  await new Promise((resolve) => service.listen(0, '127.0.0.1', resolve));
  ecr.api = `http://127.0.0.1:${service.address().port}`;
  ecr.close = async () => {
    service.closeAllConnections();
    await Promise.all([registry.close(), new Promise((resolve) => service.close(resolve))]);
  };
  return ecr;

  /** The response to a request that is not allowed; undefined if it is allowed. */
  function authorize({ headers, name: repository }) {
    const token = tokenOf(headers);
    if (!tokens.has(token)) {
      const challenge = { 'www-authenticate': `Basic realm="https://${name}/",service="ecr.amazonaws.com"` };
      return refuse(401, 'UNAUTHORIZED', 'Not Authorized', challenge);
    }
    const { used, lasts } = tokens.get(token);
    tokens.set(token, { used: used + 1, lasts });
    if (used >= lasts) return refuse(403, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.');
    if (repository === undefined || repositories.includes(repository)) return undefined;
    const message = `The repository with name '${repository}' does not exist in the registry with id '${account}'`;
    return refuse(404, 'NAME_UNKNOWN', message);
  }

  async function serve(incoming, outgoing) {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const operation = String(incoming.headers['x-amz-target'] ?? '').replace(SERVICE, '');
    ecr.calls.push(operation);
    const signed = String(incoming.headers.authorization ?? '').includes(`/${region}/ecr/aws4_request`);
    const [status, body] = signed ? answer(operation, JSON.parse(Buffer.concat(chunks) || '{}')) : unsigned();
    outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  }

  function answer(operation, input) {
    const { repositoryName } = input;
    if (denied.includes(operation)) return [400, { __type: 'AccessDeniedException', message: denial(operation, repositoryName) }];
    if (operation === 'DescribeRepositories') return describeRepositories(input);
    if (operation === 'GetLifecyclePolicy') return getLifecyclePolicy(input);
    if (operation === 'GetAuthorizationToken') return [200, { authorizationData: [newToken()] }];
    if (operation === 'DescribeImages' || operation === 'BatchDeleteImage') {
      const missing = `The repository with name '${repositoryName}' does not exist in the registry with id '${account}'`;
      if (!repositories.includes(repositoryName)) return [400, { __type: 'RepositoryNotFoundException', message: missing }];
      return operation === 'DescribeImages' ? describeImages(input) : deleteImages(input);
    }
    if (operation !== 'CreateRepository') return [400, { __type: 'UnknownOperationException', message: operation }];
    return createRepository(input);
  }

  function denial(operation, repository) {
    return `User: arn:aws:iam::${account}:user/ci is not authorized to perform: ecr:${operation} on resource: arn:aws:ecr:${region}:${account}:repository/${repository ?? '*'} because no identity-based policy allows the ecr:${operation} action`;
  }

  /** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html */
  function createRepository({ registryId, ...input }) {
    const { repositoryName, imageTagMutability = 'MUTABLE', imageTagMutabilityExclusionFilters: filters } = input;
    // Another account's repositories cannot be created.
    if (registryId !== undefined && registryId !== account)
      return [400, { __type: 'AccessDeniedException', message: denial('CreateRepository', repositoryName) }];
    if (repositories.includes(repositoryName)) {
      const message = `The repository with name '${repositoryName}' already exists in the registry with id '${account}'`;
      return [400, { __type: 'RepositoryAlreadyExistsException', message }];
    }
    const isValid = imageTagMutability.endsWith('_WITH_EXCLUSION')
      ? filters?.length > 0 && filters.length <= 5 && filters.every(({ filter }) => /^[0-9a-zA-Z._*-]{1,128}$/.test(filter))
      : filters === undefined;
    if (!isValid)
      return [400, { __type: 'InvalidParameterException', message: 'Invalid image tag mutability exclusion filters' }];
    repositories.push(repositoryName);
    settings.set(repositoryName, input);
    return [200, { repository: repositoryOf(repositoryName) }];
  }

  function repositoryOf(repositoryName) {
    const {
      imageTagMutability = 'IMMUTABLE',
      imageTagMutabilityExclusionFilters,
      imageScanningConfiguration,
    } = settings.get(repositoryName) ?? {};
    return {
      registryId: account,
      repositoryName,
      repositoryArn: `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`,
      repositoryUri: `${name}/${repositoryName}`,
      imageTagMutability,
      ...(imageTagMutabilityExclusionFilters && { imageTagMutabilityExclusionFilters }),
      imageScanningConfiguration: imageScanningConfiguration ?? { scanOnPush: false },
    };
  }

  /** Fails if one of the names does not exist. */
  function describeRepositories({ repositoryNames }) {
    const missing = repositoryNames?.find((one) => !repositories.includes(one));
    if (missing === undefined) return [200, { repositories: (repositoryNames ?? repositories).map(repositoryOf) }];
    const message = `The repository with name '${missing}' does not exist in the registry with id '${account}'`;
    return [400, { __type: 'RepositoryNotFoundException', message }];
  }

  function getLifecyclePolicy({ repositoryName }) {
    const lifecyclePolicyText = policies.get(repositoryName);
    if (lifecyclePolicyText !== undefined) return [200, { registryId: account, repositoryName, lifecyclePolicyText }];
    const message = `Lifecycle policy does not exist for the repository with name '${repositoryName}' in the registry with id '${account}'`;
    return [400, { __type: 'LifecyclePolicyNotFoundException', message }];
  }

  /** Pages of at most `maxResults`, 100 by default. */
  function describeImages({ repositoryName, maxResults = 100, nextToken = '0' }) {
    const all = registry.images(repositoryName);
    const end = Number(nextToken) + maxResults;
    const imageDetails = all.slice(Number(nextToken), end).map(({ digest, tags, pushedAt }) => ({
      registryId: account,
      repositoryName,
      imageDigest: digest,
      ...(tags.length > 0 && { imageTags: tags }),
      imagePushedAt: pushedAt / 1000,
    }));
    return [200, { imageDetails, ...(end < all.length && { nextToken: String(end) }) }];
  }

  function deleteImages({ repositoryName, imageIds }) {
    const result = { imageIds: [], failures: [] };
    for (const imageId of imageIds) {
      const found = registry.images(repositoryName).find(({ digest }) => digest === imageId.imageDigest);
      if (!found) {
        const failureReason = 'Requested image not found';
        result.failures.push({ imageId, failureCode: 'ImageNotFound', failureReason });
        continue;
      }
      registry.remove(repositoryName, found.digest);
      const ids = found.tags.length > 0 ? found.tags.map((imageTag) => ({ ...imageId, imageTag })) : [imageId];
      result.imageIds.push(...ids);
    }
    return [200, result];
  }

  function newToken() {
    const token = `token-of-amazon-${tokens.size + 1}`;
    tokens.set(token, { used: 0, lasts: ecr.lasts });
    ecr.lasts = Infinity;
    const authorizationToken = Buffer.from(`AWS:${token}`).toString('base64');
    // Always 12 hours: a client cannot know that the token expires earlier.
    return { authorizationToken, expiresAt: Date.now() / 1000 + 12 * 3600, proxyEndpoint: `https://${name}` };
  }
}

function unsigned() {
  return [400, { __type: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' }];
}

/** Of `Basic AWS:<token>`; undefined for anything else. */
function tokenOf({ authorization = '' }) {
  const encoded = /^Basic (.+)$/i.exec(authorization)?.[1] ?? '';
  return /^AWS:(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8'))?.[1];
}
