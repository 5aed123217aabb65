/** The exit code of a reload that ends before it writes to Redis: proc reads its bundles from elsewhere. */
export const NOT_STARTED = 5;

interface ReloadRequest {
  prefix: string;
  /** Ids that the platform must find. */
  bundles: readonly string[];
  /** Running tasks of proc. Each of them listens. */
  replicas: number;
}

/**
 * What the platform's own route does (kdcube/kdcube 0a2b187f1, apps/chat/proc/rest/integrations/integrations.py, `_do_reload_bundles_from_authority`), with the same two functions, which exist since
 * 2026-04-19: it loads Redis from the authority, and publishes `bundles.update`, to which every worker of every proc is subscribed (apps/chat/processor.py, `_config_listener_loop`). The route itself asks for
 * the session of a super-admin, or answers on localhost only.
 */
const SCRIPT = `
import asyncio, datetime, json, sys
from kdcube_ai_app.apps.chat.sdk.config import get_settings
from kdcube_ai_app.infra.plugin import bundle_store as store
from kdcube_ai_app.infra.redis.client import get_async_redis_client

def stop(code, text):
    print("kdcube-reload: " + text, flush=True)
    sys.exit(code)

async def main(prefix, wanted, replicas):
    settings = get_settings()
    tenant, project = settings.TENANT, settings.PROJECT
    read = store.describe_authoritative_bundle_store(tenant, project)
    if read.get("kind") != "aws-sm" or (read.get("detail") or "").strip("/") != prefix:
        stop(${NOT_STARTED}, "proc reads its bundles from %s %s, not from Secrets Manager %s" % (read.get("label"), read.get("detail"), prefix))
    redis = get_async_redis_client(settings.REDIS_URL)
    registry = await store.reload_registry_from_authority(redis, tenant, project)
    missing = [one for one in wanted if one not in registry.bundles]
    if missing:
        stop(4, "the platform does not load " + ", ".join(missing))
    bundles = {id: entry.model_dump() for id, entry in registry.bundles.items()}
    message = {"type": "bundles.update", "op": "replace", "bundles": bundles, "changed_bundle_ids": sorted(bundles),
               "default_bundle_id": registry.default_bundle_id, "tenant": tenant, "project": project,
               "updated_by": "kdcube-nx", "ts": datetime.datetime.utcnow().isoformat() + "Z"}
    reached = await redis.publish(store.update_channel(tenant, project), json.dumps(message))
    if reached < replicas:
        stop(3, "%d listeners for %d tasks: not every task was told" % (reached, replicas))
    stop(0, "%d bundles, %d listeners for %d tasks" % (len(bundles), reached, replicas))

asyncio.run(main(sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])))
`.trim();

/** The command of a one-off task of proc. ECS limits the overrides of a task to 8192 characters: more ids than fit are not checked. */
export function reloadCommand({ prefix, bundles, replicas }: ReloadRequest): string[] {
  const ids = JSON.stringify(bundles);
  return ['python', '-c', SCRIPT, prefix, ids.length > MAX_IDS ? '[]' : ids, String(replicas)];
}

const MAX_IDS = 4_000;
